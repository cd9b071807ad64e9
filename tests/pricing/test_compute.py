"""A call costs what the table says, to the last digit, or the reason is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmcost_infra.errors import PricingError
from llmcost_infra.pricing import Call, Price, Unpriced, load_table, price_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.pricing import PriceTable

TABLE = load_table()
TODAY = datetime(2026, 11, 23, tzinfo=UTC)
LAST, VECTORS = "acme/one@2025-06-01", "acme/vectors@2025-01-01"
TOKENS = st.integers(0, 10**9)
MODELS = st.sampled_from(
    [
        (provider, min(model.pattern.literals))
        for provider, models in TABLE.providers.items()
        for model in models
        if not model.needs_split and model.row_at(int(TODAY.timestamp()) * 1_000_000)
    ]
)


def cost(table: PriceTable, call: Call) -> Decimal:
    """Return what a call costs; it has to have a price."""
    price = price_of(call, table)
    assert isinstance(price, Price), price
    return price.cost_usd


@pytest.mark.parametrize(
    ("model", "usage", "usd", "row"),
    [
        (
            "gpt-4o-mini-2024-07-18",
            {"input_tokens": 1200, "output_tokens": 85},
            "0.000231",
            "openai/gpt-4o-mini@2024-10-01",
        ),
        (
            "gpt-4o-2024-08-06",
            {"input_tokens": 2006, "cache_read_tokens": 1920, "output_tokens": 300},
            "0.005615",
            "openai/gpt-4o@2024-10-01",
        ),
        (
            "gpt-4o-2024-08-06",
            {"input_tokens": 2006, "output_tokens": 300},
            "0.008015",
            "openai/gpt-4o@2024-10-01",
        ),
        (
            "o3-mini-2025-01-31",
            {
                "input_tokens": 412,
                "output_tokens": 640,
                "reasoning_tokens": 512,
                "service_tier": "flex",
            },
            "0.0032692",
            "openai/o3-mini@2025-01-31+flex",
        ),
        (
            "gpt-4o-2024-08-06",
            {
                "input_tokens": 328,
                "cache_read_tokens": 128,
                "output_tokens": 52,
                "reasoning_tokens": 32,
            },
            "0.00118",
            "openai/gpt-4o@2024-10-01",
        ),
        (
            "text-embedding-3-small",
            {"input_tokens": 16},
            "0.00000032",
            "openai/text-embedding-3-small@2024-10-01",
        ),
        (
            "gpt-4o-mini",
            {"input_tokens": 10, "output_tokens": 1},
            "0.0000021",
            "openai/gpt-4o-mini@2024-10-01",
        ),
        (
            "gpt-4o",
            {"input_tokens": 1_000_000, "output_tokens": 1_000_000, "batch": True},
            "6.25",
            "openai/gpt-4o@2024-10-01+batch",
        ),
        (
            "gpt-4o",
            {"input_tokens": 1000, "output_tokens": 0, "service_tier": "PRIORITY"},
            "0.00425",
            "openai/gpt-4o@2024-10-01+priority",
        ),
    ],
)
def test_known_bills_of_openai(model: str, usage: dict[str, Any], usd: str, row: str) -> None:
    """Calls whose bill is known cost exactly that, by the row that says so."""
    price = price_of(Call(provider="openai", model=model, at=TODAY, **usage), TABLE)

    assert isinstance(price, Price)
    assert price.cost_usd == Decimal(usd)
    assert price.row == row
    assert price.version == TABLE.version


@pytest.mark.parametrize(("tokens", "usd"), [(200_000, "0.600015"), (200_001, "1.2000285")])
def test_a_request_above_the_limit_is_repriced_as_a_whole(tokens: int, usd: str) -> None:
    """One token above a context limit moves the whole request, output included."""
    call = Call(
        provider="anthropic",
        model="claude-sonnet-4-5-20250929",
        at=TODAY,
        input_tokens=tokens,
        output_tokens=1,
    )

    assert cost(TABLE, call) == Decimal(usd)


def test_the_limit_counts_cached_input_too() -> None:
    """What came from the cache counts towards the context limit."""
    call = Call(
        provider="anthropic",
        model="claude-sonnet-4-5",
        at=TODAY,
        input_tokens=1,
        cache_read_tokens=200_000,
        output_tokens=0,
        cache_inside_input=False,
    )

    price = price_of(call, TABLE)

    assert isinstance(price, Price)
    assert price.row == "anthropic/claude-sonnet-4-5@2025-09-29>200000"
    assert price.cost_usd == Decimal("0.120006")


def test_cache_inside_and_outside_the_input_cost_the_same() -> None:
    """A bill does not depend on whether the telemetry counts cached tokens in the input."""
    usage: dict[str, Any] = {
        "cache_read_tokens": 30_000,
        "cache_write_tokens": 2_000,
        "cache_write_1h_tokens": 500,
        "output_tokens": 700,
    }
    given_: dict[str, Any] = {"provider": "anthropic", "model": "claude-haiku-4-5", "at": TODAY}
    inside = Call(input_tokens=32_600, **usage, **given_)
    outside = Call(input_tokens=100, cache_inside_input=False, **usage, **given_)

    assert price_of(inside, TABLE) == price_of(outside, TABLE)
    assert cost(TABLE, inside) == Decimal("0.0001") + Decimal("0.003") + Decimal(
        "0.0025"
    ) + Decimal("0.001") + Decimal("0.0035")


def test_input_and_output_make_the_whole() -> None:
    """Cache reads and writes belong to the input, reasoning to the output; nothing is left over."""
    call = Call(
        provider="openai",
        model="gpt-4o",
        at=TODAY,
        input_tokens=100,
        cache_read_tokens=40,
        cache_write_tokens=10,
        output_tokens=30,
        reasoning_tokens=20,
    )

    price = price_of(call, TABLE)

    assert isinstance(price, Price)
    assert set(price.by_class) == {"input", "cache_read", "cache_write", "output", "reasoning"}
    assert price.input_usd == Decimal("0.0002")
    assert price.output_usd == Decimal("0.0003")
    assert price.cost_usd == price.input_usd + price.output_usd


def test_reasoning_has_its_own_rate_where_it_is_sold_so(
    acme: PriceTable, call: Callable[..., Call]
) -> None:
    """Reasoning tokens pay their own rate if the row has one."""
    assert cost(acme, call(input_tokens=1, output_tokens=10, reasoning_tokens=10)) == Decimal(
        "0.000061"
    )


@pytest.mark.parametrize("tier", ["", "default", "standard", "auto", "Default", "flex"])
def test_a_tier_of_the_standard_price_costs_that(
    acme: PriceTable, call: Callable[..., Call], tier: str
) -> None:
    """What providers call everybody's tier, and a tier declared as standard, cost the same."""
    assert cost(acme, call(service_tier=tier)) == cost(acme, call())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model": "two"}, ("unpriced_model", "acme two is not in the table", "")),
        ({"provider": "other"}, ("unpriced_model", "other one", "")),
        (
            {"at": datetime(2024, 12, 31, tzinfo=UTC)},
            ("missing_rate", "no rates at 2024-12-31", ""),
        ),
        ({"service_tier": "scale"}, ("missing_rate", "no rates for tier scale", LAST)),
        (
            {"batch": True, "cache_read_tokens": 1},
            ("missing_rate", "no rate for cache_read", f"{LAST}+batch"),
        ),
        (
            {"input_tokens": 2000, "batch": True},
            ("missing_rate", "no rates for tier batch", f"{LAST}>1000"),
        ),
        ({"cache_write_1h_tokens": 1}, ("missing_rate", "for cache_write_1h", LAST)),
        ({"model": "vectors"}, ("missing_rate", "no rate for output", VECTORS)),
        (
            {"model": "vectors", "reasoning_tokens": 10},
            ("missing_rate", "no rate for reasoning", VECTORS),
        ),
        ({"input_tokens": None}, ("no_usage", "input tokens are missing", "")),
        ({"output_tokens": None}, ("no_usage", "output tokens are missing", LAST)),
        ({"input_tokens": -1}, ("no_usage", "contradict", "")),
        ({"output_tokens": -1}, ("no_usage", "contradict", "")),
        ({"cache_read_tokens": 101}, ("no_usage", "101 cached of 100 input", "")),
        ({"cache_read_tokens": 60, "cache_write_tokens": 41}, ("no_usage", "101 cached", "")),
        ({"cache_read_tokens": -1}, ("no_usage", "contradict", "")),
        ({"reasoning_tokens": 11}, ("no_usage", "11 reasoning of 10 output", "")),
    ],
)
def test_a_call_without_a_price_says_why(
    acme: PriceTable,
    call: Callable[..., Call],
    changes: dict[str, Any],
    told: tuple[str, str, str],
) -> None:
    """What cannot be priced is never 0: it has a reason, and names the row that lacks a rate."""
    unpriced = price_of(call(**changes), acme)

    assert isinstance(unpriced, Unpriced)
    reason, detail, row = told
    assert (unpriced.reason, unpriced.row) == (reason, row)
    assert detail in unpriced.detail


def test_no_tokens_at_all_cost_nothing(acme: PriceTable, call: Callable[..., Call]) -> None:
    """A call that was counted and used nothing costs 0, which is not the same as unknown."""
    price = price_of(call(input_tokens=0, output_tokens=0), acme)

    assert isinstance(price, Price)
    assert price.cost_usd == 0
    assert not price.by_class


def test_a_time_without_a_zone_is_refused(acme: PriceTable, call: Callable[..., Call]) -> None:
    """The day of a price is a UTC day, so a time has to say its zone."""
    with pytest.raises(PricingError, match="has no zone") as refused:
        price_of(call(at=datetime(2025, 7, 1)), acme)  # noqa: DTZ001 - that is the point

    assert refused.value.hint


def test_a_day_begins_in_utc(acme: PriceTable, call: Callable[..., Call]) -> None:
    """A call just before midnight UTC has the old price, whatever the caller's own clock says."""
    tokyo = timezone(timedelta(hours=9))
    before = datetime(2025, 6, 1, 8, 59, 59, 999_999, tzinfo=tokyo)

    old, new = (price_of(call(at=at), acme) for at in (before, before + timedelta(microseconds=1)))

    assert isinstance(old, Price)
    assert isinstance(new, Price)
    assert (old.row, new.row) == ("acme/one@2025-01-01", "acme/one@2025-06-01")


@given(MODELS, TOKENS, TOKENS, TOKENS, TOKENS)
def test_a_cost_is_the_sum_of_its_classes(
    model: tuple[str, str], plain: int, read: int, visible: int, reasoning: int
) -> None:
    """Below a context limit a call costs what calls with each of its classes alone would cost."""
    found = TABLE.model(*model)
    assert found is not None
    row = found.row_at(Call(provider="", model="", at=TODAY).at_us)
    assert row is not None
    rates = row.cards[0].tiers["standard"]
    read = read if rates.cache_read is not None else 0
    visible, reasoning = (visible, reasoning) if rates.output is not None else (0, 0)
    assume(len(row.cards) == 1 or plain + read <= row.cards[1].over_input_tokens)

    def usd(plain: int = 0, read: int = 0, visible: int = 0, reasoning: int = 0) -> Decimal:
        return cost(
            TABLE,
            Call(
                provider=model[0],
                model=model[1],
                at=TODAY,
                input_tokens=plain + read,
                cache_read_tokens=read,
                output_tokens=visible + reasoning,
                reasoning_tokens=reasoning,
            ),
        )

    parts = usd(plain) + usd(read=read) + usd(visible=visible) + usd(reasoning=reasoning)
    assert usd(plain, read, visible, reasoning) == parts


@given(MODELS, TOKENS, TOKENS, TOKENS, TOKENS)
def test_more_tokens_never_cost_less(
    model: tuple[str, str], input_tokens: int, output: int, more_input: int, more_output: int
) -> None:
    """A cost grows with input and with output, across context limits too."""
    found = TABLE.model(*model)
    assert found is not None
    if found.rows[-1].cards[0].tiers["standard"].output is None:
        output = more_output = 0

    def usd(input_tokens: int, output: int) -> Decimal:
        call = Call(
            provider=model[0],
            model=model[1],
            at=TODAY,
            input_tokens=input_tokens,
            output_tokens=output,
        )
        return cost(TABLE, call)

    base = usd(input_tokens, output)
    assert usd(input_tokens + more_input, output) >= base
    assert usd(input_tokens, output + more_output) >= base


@given(MODELS, st.data())
def test_every_row_starts_at_its_first_microsecond(
    model: tuple[str, str], data: st.DataObject
) -> None:
    """A microsecond before a row's first day another row is valid, or none."""
    found = TABLE.model(*model)
    assert found is not None
    row = data.draw(st.sampled_from(found.rows))
    first = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=row.from_us)

    def applied(at: datetime) -> str | None:
        call = Call(provider=model[0], model=model[1], at=at, input_tokens=1, output_tokens=0)
        price = price_of(call, TABLE)
        return price.row if isinstance(price, Price) else None

    assert applied(first) == row.id
    assert applied(first - timedelta(microseconds=1)) != row.id
    assert (first.hour, first.minute, first.second, first.microsecond) == (0, 0, 0, 0)


@given(st.integers(0, 2**63))
def test_no_amount_is_rounded(tokens: int) -> None:
    """A product of tokens and rate keeps every digit, however many tokens there are."""
    call = Call(
        provider="openai", model="gpt-5-nano", at=TODAY, input_tokens=tokens, output_tokens=0
    )

    assert cost(TABLE, call) * 20_000_000 == tokens


AUDIO = {"input_tokens": 100, "output_tokens": 50, "model": "voice"}


def test_audio_and_images_pay_their_own_rates(acme: PriceTable, call: Callable[..., Call]) -> None:
    """What is told apart leaves the class that it was counted in, and nothing is paid twice."""
    price = price_of(
        call(
            **AUDIO,
            cache_read_tokens=30,
            input_audio_tokens=40,
            cache_read_audio_tokens=10,
            input_image_tokens=5,
            output_audio_tokens=20,
            output_image_tokens=1,
            reasoning_tokens=4,
        ),
        acme,
    )

    assert isinstance(price, Price)
    assert {name: usd * 1_000_000 for name, usd in price.by_class.items()} == {
        "input": 35 * 2,
        "cache_read": 20 * Decimal("0.2"),
        "input_audio": 30 * 20,
        "cache_read_audio": 10,
        "input_image": 5 * 2,
        "output": 25 * 9,
        "reasoning": 4 * 9,
        "output_audio": 20 * 80,
        "output_image": 60,
    }
    assert price.cost_usd == price.input_usd + price.output_usd
    assert price.output_usd * 1_000_000 == 25 * 9 + 4 * 9 + 20 * 80 + 60


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (AUDIO, "no_usage"),
        (AUDIO | {"input_audio_tokens": 101}, "no_usage"),
        (AUDIO | {"output_image_tokens": 51}, "no_usage"),
        (AUDIO | {"input_audio_tokens": 1, "cache_read_audio_tokens": 2}, "no_usage"),
        ({"input_audio_tokens": 1}, "missing_rate"),
        ({"output_image_tokens": 1}, "missing_rate"),
    ],
)
def test_audio_that_cannot_be_priced_says_why(
    acme: PriceTable, call: Callable[..., Call], changes: dict[str, Any], reason: str
) -> None:
    """A voice model without a split, counts that contradict, and unsold classes have no price."""
    unpriced = price_of(call(**changes), acme)

    assert isinstance(unpriced, Unpriced)
    assert unpriced.reason == reason


@pytest.mark.parametrize(
    "part", ["input_audio_tokens", "output_audio_tokens", "input_image_tokens"]
)
def test_one_part_that_is_told_is_a_split(
    acme: PriceTable, call: Callable[..., Call], part: str
) -> None:
    """Instrumentation leaves out parts that are 0, so one of them is enough."""
    assert isinstance(price_of(call(**AUDIO, **{part: 0}), acme), Price)
