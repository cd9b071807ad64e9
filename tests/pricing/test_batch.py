"""A batch of calls costs what each call costs."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.errors import PricingError
from llmcost_infra.pricing import Call, Price, PriceTable, price_of
from llmcost_infra.pricing.batch import COLUMNS, price_batch
from llmcost_infra.pricing.charge import Key, charge_of

if TYPE_CHECKING:
    from collections.abc import Callable

AT = datetime(2025, 7, 1, tzinfo=UTC)


def batch_of(calls: list[Call]) -> pa.RecordBatch:
    """Return calls as columns."""
    rows = [call._asdict() for call in calls]
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in COLUMNS}
    columns["at"] = pa.array(columns["at"], pa.timestamp("us", tz="UTC"))
    for name in COLUMNS:
        if name.endswith("_tokens"):
            columns[name] = pa.array(columns[name], pa.int64())
    return pa.RecordBatch.from_pydict(columns)


def assert_same(calls: list[Call], table: PriceTable) -> list[str]:
    """Hold a batch to what each of its calls costs; return the statuses."""
    rows = price_batch(batch_of(calls), table).to_pylist()
    for call, row in zip(calls, rows, strict=True):
        expected = price_of(call, table)
        if isinstance(expected, Price):
            assert (row["status"], row["row"]) == ("priced", expected.row), call
            assert row["contract"] == expected.contract
            assert_close(row["input_usd"], expected.input_usd)
            assert_close(row["output_usd"], expected.output_usd)
            assert_close(row["cost_usd"], expected.cost_usd)
            assert_close(row["contract_usd"], expected.contract_usd)
        else:
            assert row == dict.fromkeys(row) | {"status": expected.reason}, call
    return [row["status"] for row in rows]


def assert_close(told: float | None, usd: Decimal | None) -> None:
    """Hold a double to an exact amount."""
    if told is None or usd is None:
        assert (told, usd) == (None, None)
    else:
        assert abs(Decimal(told) - usd) <= Decimal("1e-9") + usd * Decimal("1e-12")


def test_ten_thousand_calls_cost_the_same_one_by_one(
    acme: PriceTable, corpus: Callable[[PriceTable, int], list[Call]]
) -> None:
    """On calls of every model, date, tier and class a batch agrees with single calls to 1e-9."""
    statuses = assert_same(corpus(acme, 10_000), acme)

    assert set(statuses) == {"priced", "no_usage", "missing_rate", "unpriced_model"}
    assert statuses.count("priced") > 1_500


COUNT = st.integers(0, 3_000)
CALLS = st.builds(
    Call,
    provider=st.sampled_from(["acme", "openai", "azure", "nobody"]),
    model=st.sampled_from(["one", "acme/one", "one-2025", "vectors", "voice", "gpt-4o", "none"]),
    at=st.datetimes(datetime(2024, 12, 1), datetime(2025, 10, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is the next argument
    input_tokens=st.none() | st.integers(-1, 9_000),
    output_tokens=st.none() | st.integers(-1, 3_000),
    cache_read_tokens=COUNT,
    cache_write_tokens=st.just(0) | COUNT,
    cache_write_1h_tokens=st.just(0) | COUNT,
    reasoning_tokens=st.just(0) | COUNT,
    input_audio_tokens=st.none() | COUNT,
    cache_read_audio_tokens=st.just(0) | COUNT,
    output_audio_tokens=st.none() | COUNT,
    input_image_tokens=st.none() | COUNT,
    output_image_tokens=st.none() | COUNT,
    service_tier=st.sampled_from(["", "Auto", "flex", "priority", "batch", "x"]),
    batch=st.booleans(),
    cache_inside_input=st.booleans(),
    account=st.sampled_from(["", "proj-1", "proj-2"]),
    region=st.sampled_from(["", "eu", "us"]),
)


@pytest.fixture(scope="session")
def hold(acme: PriceTable) -> Callable[[list[Call]], object]:
    """Return `assert_same` with a table; the table itself is too long for hypothesis to print."""
    return lambda calls: assert_same(calls, acme)


@given(calls=st.lists(CALLS, max_size=12))
def test_any_batch_is_priced_as_its_calls_are(
    calls: list[Call], hold: Callable[[list[Call]], object]
) -> None:
    """Whatever stands beside a call in its batch, the call costs the same."""
    hold(calls)


def test_a_batch_needs_no_more_than_who_when_and_how_much(acme: PriceTable) -> None:
    """Columns that are left out, and nulls in them, mean what they mean for one call."""
    batch = pa.RecordBatch.from_pydict(
        {
            "provider": ["acme", "acme"],
            "model": ["one", "one"],
            "at": pa.array([AT, AT], pa.timestamp("ms", tz="Asia/Tokyo")),
            "input_tokens": pa.array([100, None], pa.int32()),
            "output_tokens": [10, 10],
            "service_tier": ["flex", None],
            "cache_inside_input": [None, False],
        }
    )

    answer = price_batch(batch, acme)

    assert answer.column("status").to_pylist() == ["priced", "no_usage"]
    assert answer.column("cost_usd").to_pylist() == [pytest.approx(0.00014), None]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"modle": ["one"]}, "'modle' is no column of a call"),
        ({"model": None}, "'model' is missing or has nulls"),
        ({"provider": pa.array([None], pa.string())}, "'provider' is missing or has nulls"),
        ({"at": [datetime(2025, 7, 1)]}, "not a time with a zone"),  # noqa: DTZ001 - that is the point
        ({"at": [1]}, "not a time with a zone"),
        ({"input_tokens": [1.5]}, "'input_tokens' is no int64"),
        ({"batch": ["perhaps"]}, "'batch' is no bool"),
    ],
)
def test_a_batch_that_no_price_can_be_told_from_is_refused(
    acme: PriceTable, change: dict[str, Any], said: str
) -> None:
    """A wrong column is an error with its name, before anything is computed."""
    columns: dict[str, Any] = {
        "provider": ["acme"],
        "model": ["one"],
        "at": pa.array([AT], pa.timestamp("us", tz="UTC")),
    }
    columns = {name: one for name, one in (columns | change).items() if one is not None}

    with pytest.raises(PricingError, match=said) as refused:
        price_batch(pa.RecordBatch.from_pydict(columns), acme)

    assert refused.value.hint


def test_a_charge_is_looked_up_once_for_all_calls_that_are_alike(
    acme: PriceTable, call: Callable[..., Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work in Python depends on how many kinds of calls there are, not on how many calls."""
    asked: list[Key] = []

    def noted(key: Key, table: PriceTable) -> object:
        asked.append(key)
        return charge_of(key, table)

    monkeypatch.setattr("llmcost_infra.pricing.batch.charge_of", noted)
    calls = [call(input_tokens=count, account=f"a-{count}") for count in range(500)]
    calls += [call(input_tokens=1_100 + count) for count in range(500)]

    price_batch(batch_of(calls), acme)

    assert [key.sent > 1_000 for key in asked] == [False, True]


def test_nothing_of_a_batch_is_loaded_without_one() -> None:
    """Whoever prices one call needs no Arrow."""
    package = importlib.util.find_spec("llmcost_infra.pricing")
    assert package is not None
    assert package.origin is not None

    with open(package.origin, encoding="utf-8") as module:  # noqa: PTH123 - a path as text
        assert "batch" not in module.read()
