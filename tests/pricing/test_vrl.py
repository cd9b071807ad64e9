"""The pipeline's prices are Python's prices: same row, same reason, same USD."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost_infra.pricing import (
    Call,
    Price,
    PriceTable,
    Unpriced,
    compile_vrl,
    load_table,
    price_of,
)
from llmcost_infra.pricing.pattern import Pattern
from llmcost_infra.pricing.table import Card, Model, Rates, Row
from llmcost_infra.pricing.vrl import INPUTS, OUTPUTS
from llmcost_infra.sql_engine.vrl import Program

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXTS = ("call_provider", "call_model", "call_tier", "call_account", "call_region")
_DEFAULTS = dict.fromkeys(_TEXTS, '""')
_BOOLEANS = {"call_batch": "false", "call_cache_inside": "true"}
_COUNTS = ("cache_read", "cache_write", "cache_write_1h", "reasoning", "cache_read_audio")
_PARTS = ("input_audio", "output_audio", "input_image", "output_image")


def as_function(table: PriceTable) -> Program:
    """Return a function that sets the compiler's variables from columns and keeps what it says."""
    before = [
        f"{name} = string(.{name}) ?? {_DEFAULTS[name]}"
        if name in _DEFAULTS
        else f"{name} = bool(.{name}) ?? {_BOOLEANS[name]}"
        if name in _BOOLEANS
        else f"{name} = int(.{name}) ?? 0"
        for name in INPUTS
    ]
    after = [f".{name} = {name}" for name in OUTPUTS]
    return Program("\n".join([*before, compile_vrl(table), *after, "."]))


def as_row(call: Call) -> dict[str, Any]:
    """Return a call as the columns that `as_function` reads."""
    return {
        "call_provider": call.provider,
        "call_model": call.model,
        "call_at": call.at_us,
        "call_input": -1 if call.input_tokens is None else call.input_tokens,
        "call_output": -1 if call.output_tokens is None else call.output_tokens,
        **{f"call_{name}": getattr(call, f"{name}_tokens") for name in _COUNTS},
        **{
            f"call_{name}": -1 if (count := getattr(call, f"{name}_tokens")) is None else count
            for name in _PARTS
        },
        "call_tier": call.service_tier.lower(),
        "call_account": call.account,
        "call_region": call.region,
        "call_batch": call.batch,
        "call_cache_inside": call.cache_inside_input,
    }


def assert_same(answer: dict[str, Any], expected: Price | Unpriced) -> None:
    """Hold the pipeline's answer to Python's."""
    if isinstance(expected, Unpriced):
        assert answer["price_status"] == expected.reason
        return
    assert (answer["price_status"], answer["price_row"]) == ("priced", expected.row)
    for name, usd in (("input", expected.input_usd), ("output", expected.output_usd)):
        assert_close(answer[f"price_{name}_usd"], usd)
    assert answer["price_contract"] == expected.contract
    if expected.contract_usd is None:
        assert answer["price_contract_usd"] == -1.0
    else:
        assert_close(answer["price_contract_usd"], expected.contract_usd)


def assert_close(told: float, usd: Decimal) -> None:
    """Hold a float to an exact amount."""
    assert abs(Decimal(told) - usd) <= Decimal("1e-9") + usd * Decimal("1e-12")


def test_ten_thousand_calls_cost_the_same_in_both_languages(
    acme: PriceTable, corpus: Callable[[PriceTable, int], list[Call]]
) -> None:
    """On calls of every model, date, tier and class the pipeline and Python agree to 1e-9 USD."""
    function = as_function(acme)
    calls = corpus(acme, 10_000)

    prices = [price_of(call, acme) for call in calls]
    for call, price in zip(calls, prices, strict=True):
        assert_same(function.run(as_row(call)), price)

    reasons = {price.reason for price in prices if isinstance(price, Unpriced)}
    assert reasons == {"unpriced_model", "missing_rate", "no_usage"}
    priced = [price for price in prices if isinstance(price, Price)]
    assert len(priced) > 1_500
    assert {price.contract for price in priced} == {"", "everybody", "europe", "first-project"}
    assert any(price.contract_usd is None for price in priced)
    assert any(price.row.endswith("~eu") for price in priced)


RATE = st.decimals("0.000001", "999", places=6).map(lambda usd: usd.scaleb(-6))
RATES = st.builds(
    Rates,
    input=RATE,
    output=st.none() | RATE,
    cache_read=st.none() | RATE,
    cache_write=st.none() | RATE,
    cache_write_1h=st.none() | RATE,
    reasoning=st.none() | RATE,
)


@settings(max_examples=40)
@given(cards=st.lists(st.tuples(RATES, RATES, RATES), min_size=1, max_size=3), chance=st.randoms())
def test_any_table_compiles_to_itself(
    cards: list[tuple[Rates, Rates, Rates]],
    chance: random.Random,
    some_call: Callable[[random.Random, str, Model], Call],
) -> None:
    """Whatever a table says, its compiled form says the same."""
    day = timedelta(days=1) // timedelta(microseconds=1)
    rows = tuple(
        Row(
            id=f"acme/m@{index}",
            from_us=(1 + index) * day,
            cards=(
                Card(0, {"standard": base, "flex": flex}),
                Card(1_000, {"standard": large}),
            ),
            source="",
            verified=_EPOCH.date(),
            review_by=_EPOCH.date(),
        )
        for index, (base, flex, large) in enumerate(cards)
    )
    table = PriceTable({"acme": (Model("acme/m", Pattern(r"^m(-\d{2})?$"), rows),)})
    function = as_function(table)

    for _ in range(20):
        call = some_call(chance, "acme", table.providers["acme"][0])
        assert_same(function.run(as_row(call)), price_of(call, table))


def test_an_empty_table_prices_nothing() -> None:
    """Without prices every call with usage is of an unknown model."""
    answer = as_function(PriceTable({})).run({"call_input": 1, "call_model": "gpt-4o"})

    assert answer["price_status"] == "unpriced_model"


def test_the_text_names_the_version(table: PriceTable) -> None:
    """Whoever reads the function on the server sees which table it was made from."""
    assert f"version {table.version}" in compile_vrl(table).splitlines()[0]


def test_a_price_change_is_one_line_of_the_function(
    project: Callable[[str], Any], acme_yaml: str
) -> None:
    """A reviewer of the preview sees the changed rate and the version, and nothing else."""
    old = compile_vrl(load_table(project(acme_yaml))).splitlines()
    new = compile_vrl(load_table(project(acme_yaml.replace('"8.00"', '"7.00"')))).splitlines()

    changed = [(a.strip(), b.strip()) for a, b in zip(old, new, strict=True) if a != b]
    ((was, is_now),) = changed[1:]
    assert was.startswith('"+standard":{"input":2.0,"output":8.0,')
    assert is_now == was.replace('"output":8.0', '"output":7.0')
    assert changed[0][0].startswith("# Prices, version ")


def test_three_hundred_rows_stay_small(table: PriceTable) -> None:
    """A table of 300 rows compiles to less than the 200 kB that a server is known to take."""
    rows = sum(len(model.rows) for models in table.providers.values() for model in models)

    assert len(compile_vrl(table)) / rows * 300 < 200_000


def test_an_id_meets_few_patterns(table: PriceTable) -> None:
    """Models of one family stand under their common beginning, which rules most of them out."""
    lines = compile_vrl(table).splitlines()
    begin = lines.index(' } else if call_provider == "openai" {')
    depths = [len(line) - len(line.lstrip()) for line in lines[begin + 1 :] if "match(" in line]

    assert 'starts_with(call_model, "gpt-5' in "\n".join(lines[begin:])
    assert sum(depth == 2 for depth in depths) < len(table.providers["openai"]) / 4


@pytest.mark.parametrize("forbidden", ["!(", "abort", "get_env_var"])
def test_nothing_in_the_text_can_fail(table: PriceTable, forbidden: str) -> None:
    """The compiled text has no call that could stop the function on a row."""
    assert forbidden not in compile_vrl(table)
