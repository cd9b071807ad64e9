"""The pipeline's prices are Python's prices: same row, same reason, same USD."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost_infra.catalog import load_pipeline, render_pipeline
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
from llmcost_infra.pricing.table import CLASSES, Card, Model, Rates, Row
from llmcost_infra.pricing.vrl import INPUTS, OUTPUTS, without_rows
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.vrl import Program, compile_error
from tests.pricing.full_table import ROWS, full_table

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
    assert was == "rates = s'[2.0,8.0,0.2,2.5]'"
    assert is_now == "rates = s'[2.0,7.0,0.2,2.5]'"
    assert changed[0][0].startswith("# Prices, version ")


def test_three_hundred_full_rows_fit_into_a_function(table: PriceTable) -> None:
    """With 300 rows that leave out nothing, a server gets no more than the 200 kB known to work."""
    full = full_table(table)
    rendered = render_pipeline(load_pipeline("llm_cost"), Settings(environment="prod"), full)

    assert sum(len(one.rows) for models in full.providers.values() for one in models) == ROWS
    assert len(rendered.functions["normalise"].text.encode()) <= 200_000


def test_a_table_of_three_hundred_full_rows_prices_right(table: PriceTable) -> None:
    """The compact form loses nothing: every row and class, in each tier, costs what Python says."""
    full = full_table(table)
    function = as_function(full)
    calls = [
        Call(
            provider=provider,
            model=min(model.pattern.examples),
            at=_EPOCH + timedelta(microseconds=row.from_us),
            input_tokens=tokens,
            cache_read_tokens=11_000,
            cache_write_tokens=2_000,
            cache_write_1h_tokens=3_000,
            output_tokens=70_000,
            reasoning_tokens=5_000,
            input_audio_tokens=7_000,
            cache_read_audio_tokens=1_000,
            output_audio_tokens=13_000,
            input_image_tokens=17_000,
            output_image_tokens=19_000,
            region="eu",
            batch=batch,
        )
        for provider, models in full.providers.items()
        for model in models
        for row in model.rows
        for tokens, batch in ((100_000, False), (300_000, True))
    ]

    prices = [price_of(call, full) for call in calls]
    for call, price in zip(calls, prices, strict=True):
        assert isinstance(price, Price)
        assert price.by_class.keys() == set(CLASSES)
        assert_same(function.run(as_row(call)), price)
    assert len(prices) == 2 * ROWS


def test_an_id_meets_few_patterns(table: PriceTable) -> None:
    """Models of one family stand under their common beginning, which rules most of them out."""
    lines = compile_vrl(table).splitlines()
    begin = lines.index(' if call_provider == "openai" {')
    end = lines.index(" }", begin + 5)
    tests = ("if match(", "if call_model ==")
    depths = [
        len(line) - len(line.lstrip())
        for line in lines[begin + 1 : end]
        if line.lstrip().startswith(tests)
    ]

    assert 'starts_with(call_model, "gpt-5' in "\n".join(lines[begin:])
    assert sum(depth == 2 for depth in depths) < len(table.providers["openai"]) / 4


def test_without_its_rows_a_program_compiles_with_the_same_words(
    project: Callable[[str], Any], acme_yaml: str
) -> None:
    """Every other line keeps its number, so what the compiler says is about the whole program."""
    whole = as_function(load_table(project(acme_yaml))).source
    rest = without_rows(whole)

    assert len(rest) < len(whole)
    assert "acme" in whole
    assert "acme" not in rest
    assert compile_error(rest) is None
    assert compile_error(f"{rest}\n.x = y") == compile_error(f"{whole}\n.x = y") is not None
    assert without_rows(".\n") == ".\n"


@pytest.mark.parametrize("forbidden", ["!(", "abort", "get_env_var"])
def test_nothing_in_the_text_can_fail(table: PriceTable, forbidden: str) -> None:
    """The compiled text has no call that could stop the function on a row."""
    assert forbidden not in compile_vrl(table)
