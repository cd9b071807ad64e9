"""Tells, for all steps at once, at which an alert can find nothing.

Between two steps calls enter or leave a window, so that sums over windows are running sums over
the steps at which calls come and go. They bound what the engine computes from below and above:
where a condition cannot hold within the bounds no row can be found. All other steps are the
engine's, so that its answer decides whenever there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlglot import exp

from llmcost_infra.backtest.activity import Activity, reads
from llmcost_infra.backtest.bounds import Bounds, holds
from llmcost_infra.backtest.rows import of_all_rows
from llmcost_infra.backtest.shape import (
    DIALECT,
    LAST,
    STARTED,
    UNKNOWN,
    reads_clock,
    shape_of,
)
from llmcost_infra.errors import EngineError
from llmcost_infra.local.schedule import MINUTE
from llmcost_infra.sql_engine.arrow import arrow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from llmcost_infra.backtest.rows import SortedStreams
    from llmcost_infra.backtest.rules import Rule
    from llmcost_infra.backtest.shape import Shape

__all__ = ["Prefilter", "group_numbers", "numbers", "prefilter_of"]

_CELLS: Final = 4_000_000
"""Groups times steps that are looked at together: 32 MB for each number that is bounded."""


class Prefilter:
    """Knows of one alert at which steps it can find nothing.

    Args:
        shape: of its statement.
        period: how far back it looks, in µs.
        calls: columns by expression, one value a call.
        counts: where a row stands for several calls, how many, in all and by expression.
    """

    def __init__(
        self,
        shape: Shape,
        period: int,
        calls: dict[str, Any],
        counts: Mapping[str, NDArray[np.float64]] | None = None,
    ) -> None:
        self._shape, self._period = shape, period
        groups = calls.pop("group") if shape.keys else None
        started: NDArray[np.int64] = calls[STARTED]
        self._groups: NDArray[np.int64] = (
            np.zeros(len(started), np.int64) if groups is None else groups
        )
        order = np.argsort(self._groups, kind="stable")
        self._groups = self._groups[order]
        self._calls = {name: column[order] for name, column in calls.items()}
        self._counts = {name: column[order] for name, column in (counts or {}).items()}
        self._count = int(self._groups[-1]) + 1 if len(order) else 0

    def possible(self, steps: Sequence[int]) -> list[bool]:
        """Tell for each step, in µs and ascending, whether anything can be found."""
        times = np.asarray(steps, np.int64)
        found = np.zeros(len(times), np.bool_)
        if not self._shape.keys and self._shape.grouped:
            found = self._some(times, 0, max(1, self._count))
            return [bool(one) for one in found]
        width = max(1, _CELLS // (len(times) + 1))
        for first in range(0, self._count, width):
            found |= self._some(times, first, min(first + width, self._count))
        possible: list[bool] = found.tolist()
        return possible

    def _some(self, times: NDArray[np.int64], first: int, end: int) -> NDArray[np.bool_]:
        """Tell for each step whether a group of some can be found."""
        bounds, alive = self._looked(times, first, end)
        for condition in self._shape.having:
            alive &= holds(bounds, condition)
        return np.asarray(alive.any(axis=0), np.bool_)

    def series(self, steps: Sequence[int]) -> tuple[list[float], list[float]] | None:
        """Return what the first condition compares, by step: the greatest value, and its limit."""
        conditions = [one for one in self._shape.having if isinstance(one, exp.GT | exp.GTE)]
        times = np.asarray(steps, np.int64)
        if not conditions or self._count * (len(times) + 1) > _CELLS:
            return None
        bounds, alive = self._looked(times, 0, max(1, self._count))
        (low, high), (_, limit) = bounds.of(conditions[0].left), bounds.of(conditions[0].right)
        if not (np.isfinite(low).all() and np.isfinite(limit).all()):
            return None
        middle = np.where(alive, (low + high) / 2, 0.0)
        limits = np.broadcast_to(limit, middle.shape)
        greatest = np.argmax(middle - limits, axis=0)
        places = np.arange(len(times))
        return middle[greatest, places].tolist(), limits[greatest, places].tolist()

    def _looked(
        self, times: NDArray[np.int64], first: int, end: int
    ) -> tuple[Bounds, NDArray[np.bool_]]:
        """Return bounds for some groups, and at which steps each is there."""
        low, high = np.searchsorted(self._groups, [first, end])
        part = {name: column[low:high] for name, column in self._calls.items()}
        counts = {name: column[low:high] for name, column in self._counts.items()}
        activity = Activity(part, self._groups[low:high] - first, end - first, times, counts)
        started: NDArray[np.int64] = part[STARTED]
        seen = activity.within(started + 1, started + self._period + 1)
        seen = seen.where(self._shape.where)
        bounds = Bounds(activity, seen)
        alive = (
            np.ones((end - first, len(times)), np.bool_)
            if self._shape.grouped and not self._shape.keys
            else activity.counted(seen) > 0
        )
        return bounds, np.asarray(alive, np.bool_)


def prefilter_of(rule: Rule, streams: SortedStreams) -> Prefilter | None:
    """Return the prefilter of an alert, or None when its statement is of another shape.

    Args:
        rule: the alert.
        streams: all rows that it may see.
    """
    condition = rule.body["query_condition"]
    if condition.get("multi_time_range") or condition.get("vrl_function"):
        return None
    shape = shape_of(rule.sql)
    if shape is None:
        return None
    calls = _calls(shape, streams)
    if calls is None:
        return None
    return Prefilter(shape, int(rule.body["trigger_condition"]["period"]) * MINUTE, calls)


def _calls(shape: Shape, streams: SortedStreams) -> dict[str, Any] | None:
    """Return each call once, with all that conditions need to know of it."""
    wanted: dict[str, exp.Expr] = {}
    for one in (*shape.where, *(shape.having if shape.grouped else ())):
        wanted |= {part.of.sql(DIALECT): part.of for part in reads(one)}
    if any(UNKNOWN in text for text in wanted) or any(reads_clock(key) for key in shape.keys):
        return None
    texts = list(wanted)
    selected = [STARTED, LAST, *(f"{text} AS c{at}" for at, text in enumerate(texts))]
    selected += [f"{key.sql(DIALECT)} AS k{at}" for at, key in enumerate(shape.keys)]
    inner = shape.calls.sql(DIALECT)
    statement = f"SELECT {', '.join(selected)} FROM ({inner}) AS calls"  # noqa: S608 - of an alert
    try:
        answer = of_all_rows(statement, streams)
    except EngineError:
        return None
    if answer.fault:
        return None
    if not answer.batches:
        return None
    table = arrow.Table.from_batches(answer.batches)
    return _columns(table, texts, len(shape.keys))


def _columns(table: Any, texts: Sequence[str], keys: int) -> dict[str, Any] | None:
    started, last = (table.column(name).to_numpy() for name in (STARTED, LAST))
    if (started != last).any():
        return None  # copies of a call that lie in different windows count in some of them
    found: dict[str, Any] = {STARTED: started}
    for at, text in enumerate(texts):
        found[text] = numbers(table.column(f"c{at}").combine_chunks())
    if keys:
        found["group"] = group_numbers([table.column(f"k{at}") for at in range(keys)])
    return found


def numbers(column: Any) -> NDArray[Any] | NDArray[np.float64]:
    """Return a column as floats, null as NaN; text says only whether it is there."""
    if arrow.types.is_boolean(column.type) or arrow.types.is_integer(column.type):
        column = column.cast(arrow.float64(), safe=False)
    if arrow.types.is_floating(column.type):
        return np.asarray(column.cast(arrow.float64()).to_numpy(zero_copy_only=False), np.float64)
    there = column.is_valid().to_numpy(zero_copy_only=False)
    return np.where(there, 0.0, np.nan)


def group_numbers(columns: Sequence[Any]) -> NDArray[np.int64]:
    """Return for each row the number of its group, by columns that are equal within one."""
    numbers = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
        codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int64)
        numbers = numbers * (len(encoded.dictionary) + 1) + codes
        numbers = np.unique(numbers, return_inverse=True)[1].astype(np.int64)
    return numbers
