"""A picture of an alert over time: the value, its limit, and when it would have fired."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from llmcost_infra.backtest.prefilter import prefilter_of
from llmcost_infra.backtest.replay import evaluate, looks
from llmcost_infra.backtest.rows import SortedStreams
from llmcost_infra.errors import EngineError
from llmcost_infra.local.schedule import MINUTE
from llmcost_infra.pictures import TimeRange, Unit, draw_time_series
from llmcost_infra.sql_engine.sql import query
from llmcost_infra.utc import at_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from llmcost_infra.backtest.data import Rows
    from llmcost_infra.backtest.measure import Measure, Measured
    from llmcost_infra.backtest.report import Report
    from llmcost_infra.pictures import Picture

__all__ = ["draw", "picture_of"]

_POINTS: Final = 1_000
"""Most points of a line: more are no wider than a pixel."""
_EVALUATED: Final = 100
"""Looks, and firings, at which the engine is asked for a value."""
_SCALE: Final = 2
_SPENT: Final = """
SELECT hour, SUM(usd) AS usd
FROM (
  SELECT
    MIN(_timestamp) / 3600000000 AS hour,
    {feature} AS feature,
    MAX(llmcost_cost_usd) AS usd
  FROM "{stream}"
  GROUP BY trace_id, span_id
) AS calls
WHERE usd IS NOT NULL {chosen}
GROUP BY hour
ORDER BY hour
"""


def draw(
    report: Report, rows: Mapping[str, Rows], out: Path, *, progress: Callable[[int], object] = int
) -> list[Path]:
    """Write a picture as SVG and PNG, and return the files."""
    picture = picture_of(report, rows, progress=progress)
    svg, png = (out / f"{report.rule.name}.{suffix}" for suffix in ("svg", "png"))
    svg.write_text(picture.svg, encoding="utf-8")
    png.write_bytes(picture.png(scale=_SCALE))
    return [svg, png]


def picture_of(
    report: Report, rows: Mapping[str, Rows], *, progress: Callable[[int], object] = int
) -> Picture:
    """Return the picture of an alert.

    Where only the engine can tell the value and the declaration does not say what to draw, the
    spend an hour stands in its place: of the features for which it fired, or of all.

    Args:
        report: what it would have done.
        rows: of each stream that it reads.
        progress: told the time that has been reached, in µs.
    """
    streams = SortedStreams({name: one.batch for name, one in rows.items()})
    measure = report.rule.measure
    line = None if measure and measure.drawn.looser else _summed(report, streams)
    if line is None and measure is not None:
        line = _measured(report, measure, streams, progress)
    line = line or _spent(report, streams)
    reach = report.time_range
    return draw_time_series(
        report.rule.name,
        [(at_microseconds(at), value) for at, value in line.points],
        limit=line.limit,
        limits=line.limits,
        limit_name=line.limit_name,
        firings=[
            TimeRange(at_microseconds(one.at), at_microseconds(one.at))
            for one in report.replay.firings
        ],
        name=line.name,
        unit=line.unit,
        time_range=TimeRange(at_microseconds(reach.start), at_microseconds(reach.end)),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A value over time, and what it is held against."""

    name: str
    points: Sequence[tuple[int, float | None]]
    unit: Unit = field(default_factory=Unit)
    limit: float | None = None
    limits: Sequence[float | None] = ()
    limit_name: str = "limit"


def _measured(
    report: Report, measure: Measure, streams: SortedStreams, progress: Callable[[int], object]
) -> _Line:
    """Return what the declaration wants drawn, at looks of the alert and where it fired."""
    rule = report.rule
    condition = {**rule.body["query_condition"], "sql": measure.sql}
    loose = replace(rule, body={**rule.body, "query_condition": condition})
    steps, fired = list(looks(rule, report.time_range)), [one.at for one in report.replay.firings]
    told: list[tuple[int, Measured]] = []
    for at in sorted({*_some(steps), *_some(fired)}):
        progress(at)
        told.append((at, measure.of(evaluate(loose, streams, at))))
    return _Line(
        measure.drawn.name,
        [(at, one.value) for at, one in told],
        measure.unit,
        limit=None if measure.moves else measure.limit,
        limits=[one.limit for _, one in told] if measure.moves else (),
        limit_name=_words(measure.drawn.limit) if measure.moves else "limit",
    )


def _some(times: Sequence[int]) -> Sequence[int]:
    return times[:: max(1, -(-len(times) // _EVALUATED))]


def _words(column: str | None) -> str:
    """Return what a column is called: usual, of usual_usd."""
    return str(column).removesuffix("_usd").replace("_", " ")


def _summed(report: Report, streams: SortedStreams) -> _Line | None:
    """Return what the rule compares, where sums over windows tell it."""
    reach = report.time_range
    width = max(5 * MINUTE, (reach.end - reach.start) // _POINTS // MINUTE * MINUTE)
    steps = list(range(reach.start, reach.end, width))
    prefilter = prefilter_of(report.rule, streams)
    found = prefilter.series(steps) if prefilter else None
    if found is None:
        return None
    values, limits = found
    measure = report.rule.measure
    name, unit = (measure.drawn.name, measure.unit) if measure else ("value", Unit())
    points = list(zip(steps, values, strict=True))
    return _Line(name, points, unit, limit=max(limits, default=None))


def _spent(report: Report, streams: SortedStreams) -> _Line:
    """Return what was spent an hour, in USD, on the features that were told, or on all."""
    rows = [row for one in report.replay.firings for row in one.rows]
    told = sorted({str(row["feature"]) for row in rows if "feature" in row})
    quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in told)
    statement = _SPENT.format(
        feature="MAX(llmcost_feature)" if told else "NULL",
        stream=report.rule.stream,
        chosen=f"AND feature IN ({quoted})" if told else "",
    )
    name = f"spent an hour: {', '.join(told)}" if told else "spent an hour"
    try:
        answer = query(statement, streams, report.time_range, size=24 * 3_660)
    except EngineError:
        return _Line(name, [])  # rows of another shape
    points = [(int(row["hour"]) * 60 * MINUTE, row["usd"]) for row in answer.rows]
    return _Line(name, points, Unit("currency-dollar"))
