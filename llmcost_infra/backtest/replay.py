"""Replays an alert over rows of the past: every decision that its schedule would have made."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import EngineError
from llmcost_infra.local.alert_query import rows_of
from llmcost_infra.local.schedule import after_match, is_hit, next_run, window
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import plan, query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmcost_infra.backtest.rows import SortedStreams
    from llmcost_infra.backtest.rules import Rule
    from llmcost_infra.backtest.screen import Beforehand

__all__ = [
    "Firing",
    "Replay",
    "Row",
    "evaluate",
    "first_step",
    "found_by",
    "looks",
    "replay",
    "replay_by",
]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Firing:
    """One notification that would have been sent.

    Args:
        at: when, in µs since 1970 UTC.
        rows: what the alert found.
    """

    at: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """What an alert would have done.

    Args:
        firings: notifications in order of time.
        steps: how often it would have been looked at.
        evaluated: how many of those needed the SQL engine.
        stretches: starts and ends, in µs, of times in which every look found something.
    """

    firings: tuple[Firing, ...]
    steps: int
    evaluated: int
    stretches: tuple[tuple[int, int], ...]


def replay(
    rule: Rule,
    streams: SortedStreams,
    time_range: TimeRange,
    *,
    known: Beforehand | None = None,
    progress: Callable[[int], object] = int,
) -> Replay:
    """Return what an alert would have done, had it been saved at the start of a range.

    A run takes no time and none is missed. An alert that cannot be evaluated is an error here,
    although the server keeps silent about it.

    Args:
        rule: the alert.
        streams: the rows; they reach back by the alert's period before the range.
        time_range: when it runs.
        known: knows steps at which nothing can be found; without one every step is evaluated.
        progress: told the time that has been reached, in µs.

    Raises:
        EngineError: the statement is refused, or a step failed.
    """
    plan(rule.sql, streams)

    def look(at: int) -> list[Row]:
        return evaluate(rule, streams, at)

    return replay_by(rule, look, time_range, known=known, progress=progress)


def replay_by(
    rule: Rule,
    look: Callable[[int], list[Row]],
    time_range: TimeRange,
    *,
    known: Beforehand | None = None,
    progress: Callable[[int], object] = int,
) -> Replay:
    """Return what an alert would have done, wherever it is evaluated.

    Args:
        rule: the alert.
        look: what the alert finds when it runs at a time, in µs.
        time_range: when it runs.
        known: knows steps at which nothing can be found; without one every step is evaluated.
        progress: told the time that has been reached, in µs.

    Raises:
        EngineError: a step failed.
    """
    walk = _Walk(rule, look, time_range.end)
    grid = _Grid.starting(first_step(rule, time_range.start), rule, time_range.end, known)
    place = 0
    while place < len(grid.steps):
        at = grid.steps[place]
        progress(at)
        if not walk.hits(at, possible=grid.possible[place]):
            place += 1
            continue
        due = after_match(rule.body, at)
        place = bisect_left(grid.steps, due)
        if due < time_range.end and due not in grid.steps[place : place + 1]:
            # A silence that is no multiple of the frequency: later runs are at other times.
            grid, place = _Grid.starting(due, rule, time_range.end, known), 0
    return walk.told()


def looks(rule: Rule, time_range: TimeRange) -> Iterator[int]:
    """Return when an alert runs in a range while it finds nothing, in µs."""
    return _runs(rule, first_step(rule, time_range.start), time_range.end)


def _runs(rule: Rule, at: int, end: int) -> Iterator[int]:
    while at < end:
        yield at
        at = next_run(rule.body, at)


def first_step(rule: Rule, start: int) -> int:
    """Return when an alert first runs from a time on, in µs."""
    trigger = rule.body["trigger_condition"]
    by_cron = trigger["frequency_type"] == "cron"
    return next_run(rule.body, start - 1) if by_cron or trigger["align_time"] else start


@dataclass(frozen=True, slots=True)
class _Grid:
    """Runs that follow each other while nothing is found.

    Args:
        steps: when, in µs.
        possible: whether anything can be found then.
    """

    steps: list[int]
    possible: list[bool]

    @classmethod
    def starting(cls, at: int, rule: Rule, end: int, known: Beforehand | None) -> _Grid:
        steps = list(_runs(rule, at, end))
        # An alert that waits for the absence of rows has to be looked at whenever it runs.
        if known is None or is_hit(rule.body, 0):
            return cls(steps, [True] * len(steps))
        return cls(steps, known.possible(steps))


class _Walk:
    """Goes from run to run, and remembers what was found."""

    def __init__(self, rule: Rule, look: Callable[[int], list[Row]], end: int) -> None:
        self._rule, self._look, self._end = rule, look, end
        self._firings: list[Firing] = []
        self._stretches: list[tuple[int, int]] = []
        self._steps = self._evaluated = 0
        self._since: int | None = None

    def hits(self, at: int, *, possible: bool) -> bool:
        """Tell whether the alert matches at a time."""
        self._steps += 1
        self._evaluated += possible
        rows = self._look(at) if possible else []
        hit = is_hit(self._rule.body, len(rows))
        if hit and rows:
            self._firings.append(Firing(at, tuple(rows)))
        if hit and self._since is None:
            self._since = at
        if not hit and self._since is not None:
            self._stretches.append((self._since, at))
            self._since = None
        return hit

    def told(self) -> Replay:
        """Return all that happened."""
        if self._since is not None:
            self._stretches.append((self._since, self._end))
        return Replay(tuple(self._firings), self._steps, self._evaluated, tuple(self._stretches))


def evaluate(rule: Rule, streams: SortedStreams, at: int) -> list[Row]:
    """Return what an alert finds when it runs at a time, in µs.

    Raises:
        EngineError: the statement failed.
    """

    def asked(reach: TimeRange, size: int) -> list[Row]:
        answer = query(rule.sql, streams, reach, size=size, now=at)
        if answer.fault:
            raise EngineError(answer.fault)
        return answer.rows

    return found_by(rule, at, asked)


def found_by(rule: Rule, at: int, asked: Callable[[TimeRange, int], list[Row]]) -> list[Row]:
    """Return what an alert finds when it runs at a time.

    Args:
        rule: the alert.
        at: when, in µs.
        asked: runs its statement as of then over a range, and returns at most so many rows.

    Raises:
        EngineError: its function or an offset of its windows failed.
    """
    start, end = window(rule.body, at, at)

    def looked(shift: int, size: int) -> list[Row]:
        return asked(TimeRange(start - shift, end - shift), size)

    rows = rows_of(rule.body, looked)
    if rows is None:
        looked(0, 1)  # says why
        raise EngineError(f"alert {rule.name}: its function or an offset of its windows failed")
    return rows
