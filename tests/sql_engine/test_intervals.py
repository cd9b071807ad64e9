"""How wide the buckets of a histogram are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.errors import EngineError
from llmcost_infra.sql_engine.intervals import DAY, TimeRange, bucket_seconds, default_bucket

MINUTE, HOUR = 60, 3600


def _span(seconds: int) -> TimeRange:
    return TimeRange(0, seconds * 1_000_000)


@pytest.mark.parametrize(
    ("seconds", "width"),
    [
        (60 * DAY, DAY),
        (60 * DAY - 1, 12 * HOUR),
        (30 * DAY - 1, 6 * HOUR),
        (28 * DAY - 1, 3 * HOUR),
        (21 * DAY - 1, 2 * HOUR),
        (15 * DAY - 1, HOUR),
        (6 * HOUR, HOUR),
        (6 * HOUR - 1, MINUTE),
        (2 * HOUR, MINUTE),
        (2 * HOUR - 1, 30),
        (HOUR - 1, 15),
        (30 * MINUTE - 1, 10),
        (1, 10),
    ],
)
def test_the_time_range_decides(seconds: int, width: int) -> None:
    """A longer range has wider buckets, as on the server."""
    assert default_bucket(_span(seconds)) == width


def test_no_time_range_means_an_hour() -> None:
    """The server reads 0 to 0 as no range at all."""
    assert default_bucket(TimeRange(0, 0)) == HOUR


@pytest.mark.parametrize(
    ("written", "width"),
    [
        ("5 minutes", 300),
        ("5minute", 300),
        ("1 hour", HOUR),
        ("30 s", 30),
        (" 1  day ", DAY),
        ("90 minutes", 5400),
        ("5 hours", 6 * HOUR),
        ("45 sec", 45),
        ("70 seconds", 300),
        ("7 days", DAY),
    ],
)
def test_a_written_width_is_taken_or_rounded_up(written: str, width: int) -> None:
    """What does not divide a day becomes the next width that does."""
    assert bucket_seconds(written, _span(HOUR)) == width


def test_zero_leaves_it_to_the_time_range() -> None:
    """A width of nothing is none."""
    assert bucket_seconds("0 seconds", _span(HOUR)) == 30


def test_no_width_leaves_it_to_the_time_range() -> None:
    """`histogram(ts)` takes the width of the range."""
    assert bucket_seconds(None, _span(6 * HOUR)) == HOUR


@pytest.mark.parametrize("written", ["", "week", "1 week", "1.5 hours", "-1 hour", "five minutes"])
def test_an_unreadable_width_is_refused(written: str) -> None:
    """The error names the width and what to write instead."""
    with pytest.raises(EngineError, match="cannot be read") as caught:
        bucket_seconds(written, _span(HOUR))

    assert "'5 minutes'" in caught.value.hint


@given(st.integers(1, 10**7), st.sampled_from(["second", "minutes", "h", "d"]))
def test_every_width_divides_a_day(number: int, unit: str) -> None:
    """Buckets begin at the same time every day."""
    assert DAY % bucket_seconds(f"{number} {unit}", _span(HOUR)) == 0


@given(st.integers(1, 400 * DAY), st.integers(1, 400 * DAY))
def test_a_longer_range_never_has_narrower_buckets(one: int, other: int) -> None:
    """Widths grow with the range."""
    shorter, longer = sorted((one, other))

    assert default_bucket(_span(shorter)) <= default_bucket(_span(longer))
