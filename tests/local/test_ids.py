"""Ids: in the server's forms, never twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.local.ids import Snowflakes, is_ksuid, ksuid
from llmcost_infra.local.objects import Objects

if TYPE_CHECKING:
    from pathlib import Path

RECORDED_NOW = 1_795_467_036_920_308


def test_a_snowflake_carries_its_time_like_the_recorded_ones(tmp_path: Path) -> None:
    """19 digits whose upper bits are milliseconds."""
    objects = Objects(tmp_path / "o.sqlite")

    made = Snowflakes(objects, lambda: RECORDED_NOW)()

    assert len(made) == len("7530734574825897984")
    assert int(made) >> 22 == RECORDED_NOW // 1000
    objects.close()


def test_snowflakes_grow_when_the_clock_stands_still_or_goes_back(tmp_path: Path) -> None:
    """Also after a restart with an earlier clock."""
    path = tmp_path / "o.sqlite"
    objects = Objects(path)
    times = iter([RECORDED_NOW, RECORDED_NOW, RECORDED_NOW - 10_000_000])
    made = [Snowflakes(objects, lambda: next(times))() for _ in range(3)]
    objects.close()

    again = Objects(path)
    made.append(Snowflakes(again, lambda: RECORDED_NOW - 60_000_000)())
    again.close()

    assert made == sorted(made, key=int)
    assert len(set(made)) == 4


@given(st.integers(min_value=1_400_000_000_000_000, max_value=5_600_000_000_000_000))
def test_a_ksuid_is_one_and_differs_from_the_next(clock: int) -> None:
    """Two ids of the same moment are different."""
    first, second = ksuid(clock), ksuid(clock)

    assert is_ksuid(first)
    assert first != second


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3MWWw5JW2azggZiHzau3Ef3ES18", True),
        ("2tyMc8jGzhLVFYHTVmqHsq4AAAA", True),
        ("nope", False),
        ("", False),
        ("3MWWw5JW2azggZiHzau3Ef3ES1-", False),
        ("zzzzzzzzzzzzzzzzzzzzzzzzzzz", False),
    ],
)
def test_only_a_ksuid_is_taken_for_one(text: str, *, expected: bool) -> None:
    """27 letters and digits that fit into 160 bits."""
    assert is_ksuid(text) is expected


def test_ksuids_sort_by_their_second() -> None:
    """An id of a later second is greater."""
    assert ksuid(RECORDED_NOW) < ksuid(RECORDED_NOW + 2_000_000)
