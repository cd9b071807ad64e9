"""Changed prices, and what they come to in recorded calls."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.errors import DeclarationError
from llmcost_infra.pricing import Call, Price, PriceTable, load_table, price_of
from llmcost_infra.pricing.pattern import Pattern
from llmcost_infra.pricing.table import Card, Model, Rates, Row
from llmcost_infra.review.prices import price_changes, spend_effect
from llmcost_infra.review.sample import sample_rows
from llmcost_infra.review.usage import read_spend

if TYPE_CHECKING:
    from pathlib import Path

MILLION = Decimal(1_000_000)
START, LATER = 1_700_000_000_000_000, 1_800_000_000_000_000
CALL = {
    "_timestamp": START + 1, "trace_id": "t", "span_id": "s", "llmcost_is_call": True,
    "llmcost_provider": "openai", "llmcost_model": "gpt-4o", "llmcost_input_tokens": 1000,
    "llmcost_output_tokens": 100, "llmcost_cost_usd": 0.0035,
}  # fmt: skip


def row(day: str, at_us: int, **usd: str) -> Row:
    """A row of the table, with rates in USD per million tokens."""
    rates = Rates(**{name: Decimal(one) / MILLION for name, one in usd.items()})
    seen = date(2026, 11, 23)
    return Row(f"openai/gpt-4o@{day}", at_us, (Card(0, {"standard": rates}),), "", seen, seen)


def table(*rows: Row) -> PriceTable:
    """A table with one model."""
    return PriceTable({"openai": (Model("openai/gpt-4o", Pattern("^gpt-4o$"), rows),)})


FIRST = row("2023-11-14", START, input="2.50", output="10.00")
CHEAPER = row("2027-01-15", LATER, input="2.00", output="10.00")


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A file with one call, which was sent twice."""
    path = tmp_path / "calls.ndjson"
    path.write_text(f"{json.dumps(CALL)}\n\n{json.dumps(CALL)}\n")
    return path


def test_an_appended_row_is_compared_with_the_one_before_it() -> None:
    """What a new row changes is told, and what it leaves as it was is not."""
    (change,) = price_changes(table(FIRST), table(FIRST, CHEAPER))

    assert change.sentence == "input 2.50 → 2.00 from 2027-01-15"
    assert not change.edited


def test_a_row_that_was_there_is_told_as_edited() -> None:
    """Rates of the past must not change in silence."""
    (change,) = price_changes(table(FIRST), table(row("2023-11-14", START, input="2", output="10")))

    assert (change.edited, change.sentence) == (True, "input 2.50 → 2.00 in the row of 2023-11-14")


def test_the_same_table_changes_nothing() -> None:
    """A table has no difference to itself."""
    shipped = load_table()

    assert list(price_changes(shipped, shipped)) == []


def test_a_cheaper_rate_is_told_in_dollars_of_what_was_spent(calls: Path) -> None:
    """A rate that begins later is applied to the recorded calls, each counted once."""
    spend = read_spend(calls)
    after = table(FIRST, CHEAPER)

    (effect,) = spend_effect(price_changes(table(FIRST), after), spend.usage, after)

    assert (effect.usd, spend.usd) == (Decimal("-0.0005"), Decimal("0.0035"))


def test_reasoning_pays_the_rate_of_output_where_it_has_none(tmp_path: Path) -> None:
    """Every output token pays a changed output rate, and none pays it twice."""
    path = tmp_path / "calls.ndjson"
    path.write_text(json.dumps({**CALL, "llmcost_reasoning_tokens": 60}))
    after = table(FIRST, row("2027-01-15", LATER, input="2.50", output="20.00"))

    (effect,) = spend_effect(
        price_changes(table(FIRST), after), read_spend(path).usage, after
    )  # fmt: skip

    assert effect.usd == Decimal("0.001")


@given(
    st.integers(0, 10**6), st.integers(0, 10**6), st.decimals("0.01", "99", places=2),
    st.decimals("0.01", "99", places=2),
)  # fmt: skip
def test_effects_are_the_difference_of_two_prices(
    tokens: int, output: int, before: Decimal, after: Decimal
) -> None:
    """What a changed rate comes to is what the call costs now, less what it cost before."""
    old = table(row("2023-11-14", START, input=str(before), output="1"))
    new = table(row("2023-11-14", START, input=str(after), output="1"))
    at = datetime.fromtimestamp(START / 1e6 + 1, UTC)
    call = Call(provider="openai", model="gpt-4o", at=at, input_tokens=tokens, output_tokens=output)
    prices = [price_of(call, one) for one in (old, new)]
    assert all(isinstance(one, Price) for one in prices)
    change = list(price_changes(old, new))

    usage = read_usage(tokens, output)

    told = sum((one.usd for one in spend_effect(change, usage, new)), Decimal(0))
    costs = [one.cost_usd for one in prices if isinstance(one, Price)]
    assert told == costs[1] - costs[0]


def read_usage(tokens: int, output: int) -> list[Any]:
    """One call, as prices see it."""
    from llmcost_infra.review.usage import Usage  # noqa: PLC0415 - only the law above makes one

    return [
        Usage("openai", "gpt-4o", "standard", tokens, START + 1_000_000,
              {"input": tokens, "output": output})
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no row has _timestamp"),
        ("{", "calls.ndjson:1: is no JSON"),
        ("[]", "calls.ndjson:1: is no object"),
        (json.dumps({**CALL, "llmcost_model": None} | {"x": 1}).replace("llmcost_model", "y"),
         "no row has llmcost_model"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_used_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """A broken line is named with its number, a missing column by its name."""
    path = tmp_path / "calls.ndjson"
    path.write_text(text)

    with pytest.raises(DeclarationError) as refused:
        read_spend(path)

    assert message in str(refused.value)


def test_parquet_and_ndjson_give_the_same_spend(tmp_path: Path) -> None:
    """The form of a file decides nothing."""
    arrow: Any = pytest.importorskip("pyarrow")
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    rows = list(sample_rows(load_table()))
    lines, columns = tmp_path / "calls.ndjson", tmp_path / "calls.parquet"
    lines.write_text("\n".join(map(json.dumps, rows)))
    names = dict.fromkeys(name for one in rows for name in one)
    table_ = arrow.table({name: [one.get(name) for one in rows] for name in names})
    parquet.write_table(table_, columns)

    assert read_spend(lines) == read_spend(columns)
    assert read_spend(lines).usd > 0
