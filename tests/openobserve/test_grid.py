"""The laws of the grid and of order numbers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.openobserve.kinds.layout import COLUMNS, Box, floating, flow, overlapping
from llmcost_infra.openobserve.kinds.ordering import in_order, numbered

SIZES = st.lists(
    st.tuples(st.integers(1, COLUMNS), st.integers(1, 40))
    | st.sampled_from([(48, 9), (64, 18), (96, 18), (128, 18), (192, 18)]),
    max_size=14,
)
NAMES = st.lists(st.sampled_from("abcdefghij"), unique=True)
ORDERS = st.dictionaries(
    st.sampled_from("abcdefghij"),
    st.integers(-50, 200) | st.floats(-50, 200, allow_nan=False).map(lambda x: round(x, 3)),
)


def named(boxes: list[Box]) -> dict[str, Box]:
    """Give boxes names."""
    return {f"p{index}": box for index, box in enumerate(boxes)}


@given(SIZES)
def test_flow_never_overlaps_and_leaves_no_gap(sizes: list[tuple[int, int]]) -> None:
    """Panels share no cell and none can fall upwards, so that the UI has nothing to save."""
    boxes = named(flow(sizes))
    assert overlapping(boxes) == []
    assert floating(boxes) == []
    assert all(box.x >= 0 and box.x + box.width <= COLUMNS and box.y >= 0 for box in boxes.values())
    assert [(box.width, box.height) for box in boxes.values()] == sizes


@given(SIZES)
def test_flow_reads_from_left_to_right(sizes: list[tuple[int, int]]) -> None:
    """A panel is right of the one before it, or starts a row."""
    for before, after in pairwise(flow(sizes)):
        assert after.x in {0, before.x + before.width}
        if after.x == 0 and before.x + before.width + after.width <= COLUMNS:
            assert before.x + before.width == COLUMNS


@given(SIZES)
def test_adding_a_last_panel_moves_no_other(sizes: list[tuple[int, int]]) -> None:
    """What is placed stays when something follows."""
    assert flow([*sizes, (96, 18)])[: len(sizes)] == flow(sizes)


def test_flow_of_the_recorded_dashboard() -> None:
    """Four tiles, a wide and a narrow chart, two halves, a full row: as drawn by the real UI."""
    sizes = [*[(48, 9)] * 4, (128, 18), (64, 18), (96, 18), (96, 18), (192, 18)]
    places = [(box.x, box.y) for box in flow(sizes)]
    assert places == [
        *[(0, 0), (48, 0), (96, 0), (144, 0)],
        *[(0, 9), (128, 9), (0, 27), (96, 27), (0, 45)],
    ]


def test_a_short_neighbour_does_not_hold_the_next_row_down() -> None:
    """Each panel is as far up as what is above it allows, as in the UI."""
    places = [(box.x, box.y) for box in flow([(128, 18), (64, 9), (128, 9), (64, 9)])]
    assert places == [(0, 0), (128, 0), (0, 18), (128, 9)]


def test_overlaps_and_gaps_are_found() -> None:
    """A shared cell is an overlap; nothing right above is a gap."""
    boxes = {
        "a": Box(0, 0, 96, 18),
        "b": Box(95, 17, 10, 10),
        "c": Box(150, 5, 10, 10),
        "d": Box(0, 18, 10, 10),
    }
    assert overlapping(boxes) == [("a", "b")]
    assert floating(boxes) == ["c"]


def longest_run(numbers: list[float]) -> int:
    """Return the length of a longest strictly increasing run, the slow way."""
    best = [0] * len(numbers)
    for index, number in enumerate(numbers):
        best[index] = 1 + max((best[i] for i in range(index) if numbers[i] < number), default=0)
    return max(best, default=0)


@given(NAMES, ORDERS)
def test_numbers_increase_and_as_many_as_possible_stay(
    names: list[str], known: dict[str, float]
) -> None:
    """The order is that of the server, and only what moved gets another number."""
    numbers = numbered(names, known)
    assert [name for name, _ in in_order(dict.fromkeys(names), numbers)] == names
    assert len(set(numbers.values())) == len(names)
    kept = sum(numbers[name] == known.get(name) for name in names)
    assert kept >= longest_run([known[name] for name in names if name in known])


@given(NAMES)
def test_without_known_numbers_they_are_tens(names: list[str]) -> None:
    """An import counts in tens."""
    assert list(numbered(names, {}).values()) == [10 * (i + 1) for i in range(len(names))]


@given(NAMES, ORDERS)
def test_numbering_twice_changes_nothing(names: list[str], known: dict[str, float]) -> None:
    """Numbers that were given stay."""
    numbers = numbered(names, known)
    assert numbered(names, numbers) == numbers


@pytest.mark.parametrize(
    ("names", "known", "numbers"),
    [
        ("xab", {"a": 10, "b": 20}, {"x": 5, "a": 10, "b": 20}),
        ("axb", {"a": 10, "b": 20}, {"a": 10, "x": 15, "b": 20}),
        ("axyb", {"a": 10, "b": 13}, {"a": 10, "x": 11, "y": 12, "b": 13}),
        ("axb", {"a": 10, "b": 11}, {"a": 10, "x": 10.5, "b": 11}),
        ("abx", {"a": 10, "b": 20}, {"a": 10, "b": 20, "x": 30}),
        ("xya", {"a": -5}, {"x": -25, "y": -15, "a": -5}),
        ("bcda", {"a": 10, "b": 20, "c": 30, "d": 40}, {"b": 20, "c": 30, "d": 40, "a": 50}),
        ("bacd", {"a": 10, "b": 20, "c": 30, "d": 40}, {"b": 20, "a": 25, "c": 30, "d": 40}),
    ],
)
def test_new_numbers_fit_between(
    names: str, known: dict[str, float], numbers: dict[str, float]
) -> None:
    """New numbers are whole while there is room, and the others keep theirs."""
    assert numbered(list(names), known) == numbers


def test_entries_without_a_number_come_last() -> None:
    """Equal numbers are ordered by name, so that the result is never chance."""
    assert [name for name, _ in in_order(dict.fromkeys("dcba"), {"d": 1, "b": 1})] == list("bdac")
