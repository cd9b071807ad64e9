"""When each call counts: what a condition says about the clock, as a span of evaluation times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
from sqlglot import exp
from sqlglot.optimizer.simplify import simplify

from llmcost_infra.backtest.shape import DIALECT, UNKNOWN, conjuncts, reads_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

__all__ = ["Active", "Activity", "Moment", "Read", "moment_of", "reads", "summand"]

_SECOND: Final = 1_000_000
_UNITS: Final = {"MONTH": "datetime64[M]", "DAY": "datetime64[D]"}
_COMPARED: Final = (exp.LT, exp.LTE, exp.GT, exp.GTE)


@dataclass(frozen=True, slots=True)
class Moment:
    """A condition on one call that changes once, as the clock goes on.

    Args:
        of: expression over the call.
        since: whether it holds from then on; else until then.
        seconds: from the expression's value, in seconds, to the change; None when it holds until
            the unit of time ends in which the value, in µs, lies.
        unit: that unit: MONTH or DAY.
    """

    of: exp.Expr
    since: bool
    seconds: int | None = None
    unit: str = ""

    def change(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return when it changes for each call, in µs; the first time at which it has."""
        known = np.nan_to_num(values).astype(np.int64)
        if self.seconds is not None:
            return (known + self.seconds) * _SECOND
        ends = known.astype("datetime64[us]").astype(_UNITS[self.unit]) + 1
        return ends.astype("datetime64[us]").astype(np.int64)


def moment_of(condition: exp.Expr) -> Moment | None:
    """Return what a comparison with the clock says, or None when it is of another form."""
    if not isinstance(condition, _COMPARED):
        return None
    left, right = condition.left.unnest(), condition.right.unnest()
    if unit := _start_of_unit(right):
        ours = isinstance(condition, exp.GTE) and not reads_clock(left)
        return Moment(left, since=False, unit=unit) if ours else None
    seconds = _whole(right)
    if (
        seconds is None
        or not isinstance(left, exp.Sub)
        or not _is_now_in_seconds(left.left.unnest())
    ):
        return None
    if reads_clock(left.right):
        return None
    since = isinstance(condition, exp.GT | exp.GTE)
    # Ages are whole seconds: to be above 5 is to be 6 or more.
    later = isinstance(condition, exp.GT | exp.LTE)
    return Moment(left.right.unnest(), since=since, seconds=seconds + later)


def summand(aggregate: exp.Expr) -> tuple[exp.Expr, tuple[exp.Expr, ...]] | None:
    """Return what a SUM or COUNT adds up and which conditions its calls have to meet."""
    conditions: tuple[exp.Expr, ...] = ()
    if isinstance(aggregate, exp.Filter):
        conditions = conjuncts(aggregate.expression.this)
        aggregate = aggregate.this
    if not isinstance(aggregate, exp.Sum | exp.Count) or aggregate.expressions:
        return None
    of = aggregate.this.unnest() if not isinstance(aggregate.this, exp.Star) else aggregate.this
    if isinstance(of, exp.Case) and of.this is None and len(of.args["ifs"]) == 1:
        default = of.args.get("default")
        zero = isinstance(aggregate, exp.Sum) and _whole(default) == 0
        if default is None or zero:
            branch = of.args["ifs"][0]
            conditions += conjuncts(branch.this)
            of = branch.args["true"].unnest()
    return (of, conditions) if not isinstance(of, exp.Distinct) else None


class Read(NamedTuple):
    """What has to be known of each call before a condition can be bounded.

    Args:
        of: expression over the call.
        role: whether it is added up, counted, compared with the clock, or true or not.
        moment: when it is compared with the clock: how.
    """

    of: exp.Expr
    role: Literal["summed", "counted", "moment", "condition"]
    moment: Moment | None = None


def reads(condition: exp.Expr) -> Iterator[Read]:
    """Yield what has to be known of each call before a condition can be bounded."""
    aggregates = [
        node for node in condition.walk() if isinstance(node, exp.Filter | exp.Sum | exp.Count)
    ]
    if not aggregates:
        yield from _of_calls((condition,))
    for aggregate in aggregates:
        if isinstance(aggregate.parent, exp.Filter):
            continue
        if found := summand(aggregate):
            of, conditions = found
            if not isinstance(of, exp.Star) and _is_plain(of):
                counted = isinstance(aggregate.find(exp.Sum, exp.Count), exp.Count)
                yield Read(of, "counted" if counted else "summed")
            yield from _of_calls(conditions)


def _of_calls(conditions: Iterable[exp.Expr]) -> Iterator[Read]:
    for condition in conditions:
        if moment := moment_of(condition):
            yield Read(moment.of, "moment", moment)
        elif _is_plain(condition):
            yield Read(condition, "condition")


def _is_plain(expression: exp.Expr) -> bool:
    return not reads_clock(expression) and UNKNOWN not in expression.sql(DIALECT)


def _is_now_in_seconds(expression: exp.Expr) -> bool:
    if isinstance(expression, exp.Anonymous):
        return expression.name.lower() == "to_unixtime" and reads_clock(expression)
    return False


def _start_of_unit(expression: exp.Expr) -> str:
    """Return MONTH or DAY for the start of now's in µs: CAST(date_trunc(…) AS BIGINT) / 1000."""
    if not isinstance(expression, exp.Div) or _whole(expression.right) != 1000:  # noqa: PLR2004 - ns
        return ""
    cast = expression.left.unnest()
    if not isinstance(cast, exp.Cast) or not cast.is_type("bigint"):
        return ""
    cut = cast.this.unnest()
    if not isinstance(cut, exp.TimestampTrunc | exp.DateTrunc) or not reads_clock(cut.this):
        return ""
    unit = str(cut.args["unit"].name).upper()
    return unit if unit in _UNITS else ""


def _whole(expression: exp.Expr | None) -> int | None:
    if expression is None or expression.find(exp.Column) or reads_clock(expression):
        return None
    folded = simplify(expression.copy()).unnest()
    return int(folded.name) if isinstance(folded, exp.Literal) and folded.is_int else None


@dataclass(frozen=True)
class Active:
    """Spans of evaluation times in which calls count.

    Args:
        activity: knows the calls.
        since: first time at which each counts, in µs.
        until: first time at which it does not any more.
        loose: whether there is a condition more, so that each counts or not.
    """

    activity: Activity
    since: NDArray[np.int64]
    until: NDArray[np.int64]
    loose: bool = False

    def where(self, conditions: Iterable[exp.Expr]) -> Active:
        """Return the spans in which conditions hold, too."""
        since, until, loose = self.since, self.until, self.loose
        for condition in conditions:
            if moment := moment_of(condition):
                values = self.activity.values(moment.of)
                change = moment.change(values)
                if moment.since:
                    since = np.maximum(since, change)
                else:
                    until = np.minimum(until, change)
                until = np.where(np.isnan(values), since, until)
            elif _is_plain(condition):
                holds = self.activity.values(condition) == 1
                until = np.where(holds, until, since)
            else:
                loose = True
        return Active(self.activity, since, np.maximum(since, until), loose)


class Activity:
    """Calls of some groups, and sums over those that count, at every step.

    Args:
        calls: columns by expression, one value a call.
        groups: number of each call's group.
        count: of groups.
        times: of the steps, in µs, ascending.
        counts: where a row stands for several calls, how many, and by expression how many of them
            have a value.
    """

    def __init__(
        self,
        calls: Mapping[str, Any],
        groups: NDArray[np.int64],
        count: int,
        times: NDArray[np.int64],
        counts: Mapping[str, NDArray[np.float64]] | None = None,
    ) -> None:
        self._calls, self._groups, self._times = calls, groups, times
        self._counts = counts or {}
        self.shape = (count, len(times))

    def values(self, expression: exp.Expr) -> NDArray[np.float64]:
        """Return the value of an expression for each call, null as NaN."""
        found: NDArray[np.float64] = self._calls[expression.sql(DIALECT)]
        return found

    def count_of(self, expression: exp.Expr) -> NDArray[np.float64]:
        """Return for each row how many calls of it have a value of an expression; of * all."""
        text = expression.sql(DIALECT)
        if text in self._counts:
            return self._counts[text]
        if isinstance(expression, exp.Star):
            return np.ones(len(self._groups))
        return np.where(np.isnan(self.values(expression)), 0.0, 1.0)

    def within(self, since: NDArray[np.int64], until: NDArray[np.int64]) -> Active:
        """Return spans of evaluation times."""
        return Active(self, since, until)

    def counted(self, active: Active) -> NDArray[np.float64]:
        """Return how many calls count, by group and step."""
        return self.summed(active, self.count_of(exp.Star()))

    def summed(self, active: Active, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum over the calls that count, by group and step."""
        count, steps = self.shape
        width = steps + 1
        enters = np.searchsorted(self._times, active.since)
        leaves = np.searchsorted(self._times, active.until)
        change = np.bincount(self._groups * width + enters, values, count * width).astype(
            np.float64
        )
        change -= np.bincount(self._groups * width + leaves, values, count * width)
        sums = np.cumsum(change.reshape(count, width), axis=1, dtype=np.float64)
        return np.asarray(sums[:, :steps], np.float64)
