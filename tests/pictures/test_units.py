"""Numbers as OpenObserve writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.pictures import Unit
from llmcost_infra.pictures.ticks import nice_ticks, time_label, time_ticks
from llmcost_infra.pictures.units import UNKNOWN, labels_of, numeric

NUMBERS = st.floats(min_value=-1e18, max_value=1e18, allow_nan=False)


@pytest.mark.parametrize(
    ("unit", "value", "shown"),
    [
        (Unit(), 3, "3.00"),
        (Unit("nobody knows it", 1), 3, "3.0"),
        (Unit("numbers"), 1_893_211, "1.89M"),
        (Unit("numbers"), 293_280, "293.28K"),
        (Unit("numbers"), 999_999, "1.00M"),
        (Unit("numbers"), 0, "0.00"),
        (Unit("numbers"), 4.2e21, "4200000.00Q"),
        (Unit("locale", 0), 1_234_567, "1,234,567"),
        (Unit("locale", 2), 1.5, "1.50"),
        (Unit("currency-dollar"), 1_234.567, "$1,234.57"),
        (Unit("currency-dollar"), -1_234.5, "-$1,234.50"),
        (Unit("currency-dollar"), -0.0004, "$0.00"),
        (Unit("currency-dollar", 4), 0.0004, "$0.0004"),
        (Unit("currency-dollar"), 1e21, "$1.00e+21"),
        (Unit("currency-euro", 0), 5, "€5"),
        (Unit("percent"), 12.345, "12.35%"),
        (Unit("percent-1", 1), 0.5, "50.0%"),
        (Unit("bytes"), 2048, "2.00KB"),
        (Unit("kilobytes"), 2048, "2.00MB"),
        (Unit("bps", 0), 3, "3B/s"),
        (Unit("microseconds"), 376_170, "376.17ms"),
        (Unit("milliseconds"), 1_394.19, "1.39s"),
        (Unit("seconds"), 90, "1.50m"),
        (Unit("seconds"), 0, "0.00s"),
        (Unit("nanoseconds"), 0.2, "0.20ns"),
        (Unit("custom", 1, " calls"), 2, "2.0 calls"),
        (Unit("numbers"), None, "null"),
    ],
)
def test_a_number_has_its_unit(unit: Unit, value: float | None, shown: str) -> None:
    """Units, decimals and signs stand where OpenObserve puts them."""
    assert unit.shown(value) == shown


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (Decimal("1.5"), 1.5),
        ("2.5", 2.5),
        (0, 0.0),
        (None, None),
        (True, None),
        ("text", None),
        (float("nan"), None),
        (float("inf"), None),
        ([1], None),
    ],
)
def test_what_is_no_number_is_not_known(value: Any, number: float | None) -> None:
    """Nothing becomes 0 that was not 0."""
    assert numeric(value) == number


@given(value=NUMBERS, unit=st.sampled_from(["", "numbers", "locale", "currency-dollar", "bytes"]))
def test_the_sign_is_said_once(value: float, unit: str) -> None:
    """A number and its opposite differ by one minus, or show nothing but zeros."""
    above, below = Unit(unit).shown(abs(value)), Unit(unit).shown(-abs(value))
    assert below in {above, f"-{above}"}
    assert UNKNOWN not in {above, below}


@given(low=NUMBERS, high=NUMBERS)
def test_an_axis_covers_what_it_shows(low: float, high: float) -> None:
    """Ticks reach from the least to the greatest value, evenly, and are few."""
    low, high = sorted((low, high))
    ticks = nice_ticks(low, high)
    slack = (ticks[-1] - ticks[0]) * 1e-6
    assert 2 <= len(ticks) <= 8
    assert ticks == sorted(set(ticks))
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack


def test_ticks_are_round() -> None:
    """Steps are what people count in."""
    assert nice_ticks(0, 1.2) == [0, 0.3, 0.6, 0.9, 1.2]
    assert nice_ticks(0, 100) == [0, 20, 40, 60, 80, 100]
    assert nice_ticks(-3, 3) == [-4, -2, 0, 2, 4]
    assert nice_ticks(0, 0) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert nice_ticks(7, 7) == [0, 2, 4, 6, 8]


def test_ticks_of_small_numbers_are_told_apart() -> None:
    """An axis takes more decimals than the panel where its labels would be equal."""
    ticks = [0, 0.0005, 0.001]
    assert labels_of(ticks, Unit("currency-dollar")) == ["$0.0000", "$0.0005", "$0.0010"]


def test_a_tick_is_never_rounded_to_another_number() -> None:
    """Half of five is no two, and 1,500 is no two thousand."""
    assert labels_of([0, 2.5, 5], Unit("locale", 0)) == ["0", "2.5", "5"]
    assert labels_of([0, 500, 1000, 1500], Unit("numbers", 0)) == ["0.0", "500.0", "1.0K", "1.5K"]
    assert labels_of([0, 100, 200], Unit("percent", 0)) == ["0%", "100%", "200%"]


def test_ticks_that_no_decimals_tell_apart_are_still_told_apart() -> None:
    """The last resort is the number itself."""
    assert labels_of([0, 1e-14], Unit()) == ["0", "1e-14"]


def test_times_are_round_and_utc() -> None:
    """Ticks stand at whole hours, and midnight shows the day."""
    day = 1_795_392_000  # 2026-11-23 00:00 UTC
    ticks = time_ticks(day - 3_600, day + 3_600 * 5, 6)
    assert [time_label(tick, within=21_600) for tick in ticks] == [
        "23:00",
        "11-23",
        "01:00",
        "02:00",
        "03:00",
        "04:00",
        "05:00",
    ]
    assert time_label(day + 90, within=120) == "00:01:30"
    assert time_label(day, within=400 * 86_400) == "2026-11-23"


@given(start=st.integers(0, 4_000_000_000), length=st.integers(1, 400_000_000))
def test_a_time_axis_has_few_ticks_all_inside(start: int, length: int) -> None:
    """However long the range is, its labels have room."""
    ticks = time_ticks(start, start + length, 8)
    assert len(ticks) <= 9
    assert all(start <= tick <= start + length for tick in ticks)
