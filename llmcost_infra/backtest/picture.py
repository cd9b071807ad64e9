"""A picture of an alert over time: the value, its limit, and when it would have fired."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from llmcost_infra.backtest.prefilter import prefilter_of
from llmcost_infra.backtest.rows import SortedStreams
from llmcost_infra.errors import EngineError
from llmcost_infra.local.schedule import MINUTE
from llmcost_infra.pictures import TimeRange, Unit, draw_time_series
from llmcost_infra.sql_engine.sql import query

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmcost_infra.backtest.data import Rows
    from llmcost_infra.backtest.report import Report
    from llmcost_infra.pictures import Picture

__all__ = ["draw", "picture_of"]

_POINTS: Final = 1_000
"""Most points of a line: more are no wider than a pixel."""
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


def draw(report: Report, rows: Mapping[str, Rows], out: Path) -> list[Path]:
    """Write a picture as SVG and PNG, and return the files."""
    picture = picture_of(report, rows)
    svg, png = (out / f"{report.rule.name}.{suffix}" for suffix in ("svg", "png"))
    svg.write_text(picture.svg, encoding="utf-8")
    png.write_bytes(picture.png(scale=_SCALE))
    return [svg, png]


def picture_of(report: Report, rows: Mapping[str, Rows]) -> Picture:
    """Return the picture of an alert.

    Where only the engine can tell the value, the spend an hour stands in its place: of the features
    for which it fired, or of all.
    """
    reach = report.time_range
    streams = SortedStreams({name: one.batch for name, one in rows.items()})
    width = max(5 * MINUTE, (reach.end - reach.start) // _POINTS // MINUTE * MINUTE)
    steps = list(range(reach.start, reach.end, width))
    prefilter = prefilter_of(report.rule, streams)
    found = prefilter.series(steps) if prefilter else None
    limit, name, unit = None, "value", Unit()
    if found:
        points = list(zip(steps, found[0], strict=True))
        limit = max(found[1], default=None)
    else:
        name, points = _spent(report, streams)
        unit = Unit("currency-dollar")
    return draw_time_series(
        report.rule.name,
        [(_moment(at), value) for at, value in points],
        limit=limit,
        firings=[TimeRange(_moment(one.at), _moment(one.at)) for one in report.replay.firings],
        name=name,
        unit=unit,
        time_range=TimeRange(_moment(reach.start), _moment(reach.end)),
    )


def _spent(report: Report, streams: SortedStreams) -> tuple[str, list[tuple[int, float]]]:
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
        return name, []  # rows of another shape
    return name, [(int(row["hour"]) * 60 * MINUTE, row["usd"]) for row in answer.rows]


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1_000_000, UTC)
