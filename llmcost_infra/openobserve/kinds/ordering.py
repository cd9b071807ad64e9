"""Order numbers of things that the server keeps in arrays: kept while the order is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["in_order", "numbered"]

_STEP = 10
_Value = TypeVar("_Value")


def in_order(items: Mapping[str, _Value], orders: Mapping[str, float]) -> list[tuple[str, _Value]]:
    """Return the entries by order number, those without one last; equal ones by name."""
    return sorted(items.items(), key=lambda item: (orders.get(item[0], float("inf")), item[0]))


def numbered(names: Sequence[str], known: Mapping[str, float]) -> dict[str, float]:
    """Return an order number for each name, increasing along the sequence.

    As many known numbers as possible stay, so that only what moved gets another one. New numbers
    are 10, 20, 30 … or, between two that stay, whole numbers while there are any.

    Args:
        names: in the order that the server has.
        known: order numbers of the last state.
    """
    keep = _longest_run([(name, known[name]) for name in names if name in known])
    numbers: dict[str, float] = {}
    waiting: list[str] = []
    last: float | None = None
    for name in names:
        if name not in keep:
            waiting.append(name)
            continue
        numbers |= zip(waiting, _between(last, known[name], len(waiting)), strict=True)
        numbers[name] = last = known[name]
        waiting = []
    start = last or 0
    return numbers | {name: start + _STEP * (i + 1) for i, name in enumerate(waiting)}


def _longest_run(numbers: Sequence[tuple[str, float]]) -> set[str]:
    """Return the names of a longest strictly increasing run."""
    runs: list[list[str]] = []
    for index, (name, number) in enumerate(numbers):
        before = [runs[i] for i in range(index) if numbers[i][1] < number]
        runs.append([*_longest(before), name])
    return set(_longest(runs))


def _longest(runs: Sequence[list[str]]) -> list[str]:
    return max(runs, key=len) if runs else []


def _between(low: float | None, high: float, count: int) -> list[float]:
    """Return so many numbers between two, evenly spread, whole ones if there is room."""
    if low is None:
        low = 0 if high > 0 else high - _STEP * (count + 1)
    gap = high - low
    if gap >= count + 1 and low == int(low):
        return [int(low + gap * (i + 1) // (count + 1)) for i in range(count)]
    return [low + gap * (i + 1) / (count + 1) for i in range(count)]
