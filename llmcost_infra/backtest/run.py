"""A backtest from end to end: rules and rows in, reports out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra.backtest.replay import replay
from llmcost_infra.backtest.report import Report, moment
from llmcost_infra.backtest.rows import SortedStreams
from llmcost_infra.backtest.screen import known_beforehand
from llmcost_infra.errors import EngineError, LlmCostError
from llmcost_infra.local.schedule import MINUTE
from llmcost_infra.sql_engine.intervals import TimeRange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from llmcost_infra.backtest.data import Rows
    from llmcost_infra.backtest.rules import Rule

__all__ = ["backtest", "notes_of", "range_before"]


def range_before(end: int, days: float) -> TimeRange:
    """Return the range of so many days before a time in µs, which is rounded up to a minute."""
    end = -(-end // MINUTE) * MINUTE
    return TimeRange(end - int(days * 24 * 60) * MINUTE, end)


def backtest(
    rule: Rule,
    rows: Mapping[str, Rows],
    time_range: TimeRange,
    *,
    step_by_step: bool = False,
    progress: Callable[[int], object] = int,
) -> Report:
    """Return what an alert would have done, had it been saved at the start of a range.

    Args:
        rule: the alert.
        rows: of each stream that it reads; they should reach back by its period before the range.
        time_range: when it runs.
        step_by_step: evaluate every step with the SQL engine, whatever is known beforehand.
        progress: told the time that has been reached, in µs.

    Raises:
        LlmCostError: there are no rows of its stream, or none in the range.
        EngineError: the statement is refused.
    """
    found = rows.get(rule.stream)
    if found is None:
        raise LlmCostError(
            f"{rule.name} reads the stream {rule.stream}, of which no rows are given.",
            hint=f"Name a file of them: --data {rule.stream}=FILE",
        )
    notes = notes_of(rule, found.span, found.absent, time_range)
    streams = SortedStreams({name: one.batch for name, one in rows.items()})
    try:
        known = None if step_by_step else known_beforehand(rule, streams)
        done = replay(rule, streams, time_range, known=known, progress=progress)
    except EngineError as error:
        raise EngineError(f"{rule.name}: {error.message}", hint=error.hint) from error
    return Report(rule, done, time_range, notes)


def notes_of(
    rule: Rule, span: tuple[int, int] | None, absent: Sequence[str], time_range: TimeRange
) -> tuple[str, ...]:
    """Return what a reader has to know of the rows of a stream.

    Args:
        rule: the alert that reads them.
        span: times of the first and the last row, in µs; None without rows.
        absent: columns that no row has.
        time_range: when the alert runs.

    Raises:
        LlmCostError: no row lies in the range.
    """
    first, last = span or (0, 0)
    if span is None or last < time_range.start or first >= time_range.end:
        between = f"they are from {moment(first)} to {moment(last)}" if span else "there is none"
        raise LlmCostError(
            f"No row of {rule.stream} lies between {moment(time_range.start)} and "
            f"{moment(time_range.end)}: {between}.",
            hint="Name another range with --from and --to.",
        )
    notes: list[str] = []
    reach = time_range.start - int(rule.body["trigger_condition"]["period"]) * MINUTE
    # A stream may be quiet for a while at either end; more than an hour is told.
    if first > reach + 60 * MINUTE:
        notes.append(
            f"rows begin {moment(first)}, and the alert looks back to {moment(reach)}: "
            "early on it sees less than it would have"
        )
    if last < time_range.end - 60 * MINUTE:
        notes.append(f"rows end {moment(last)}, before the range does")
    read = [name for name in absent if name in rule.sql]
    if read:
        notes.append(f"no row has {', '.join(read)}: taken for unknown")
    return tuple(notes)
