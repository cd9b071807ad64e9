"""Rows of an answer as the series of a chart, put together as OpenObserve's UI does it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.pictures.letters import plain
from llmcost_infra.pictures.units import UNKNOWN, numeric

if TYPE_CHECKING:
    from llmcost_infra.pictures.bodies import Axis, Panel

__all__ = ["Chart", "PanelData", "Row", "Series", "TimeRange", "chart_of", "pick", "seconds_of"]

Row = Mapping[str, Any]
"""One row of an answer: output column to value."""

_ISO: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_MICROS: Final = re.compile(r"\d{16}")
_LOOKED_AT: Final = 20
_MOST_SERIES: Final = 100
_MOST_BUCKETS: Final = 20_000
_OTHERS: Final = "others"


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The time that a picture shows.

    Args:
        start: aware; in it.
        end: aware; not in it.
    """

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class PanelData:
    """What a server answered to a panel's statement.

    Args:
        rows: the answer's hits, in its order.
        interval: seconds of a bucket of ``histogram()``, when the answer says so
            (``histogram_interval``); missing buckets are filled only then.
        refusal: why there are no rows, when the statement was refused.
        withheld: why nothing is shown, when it was not asked.
    """

    rows: Sequence[Row] = ()
    interval: float | None = None
    refusal: str = ""
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one colour of bars.

    Args:
        name: what the legend calls it.
        values: one for each place of the x axis; None where it is not known.
    """

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart with axes shows.

    Args:
        places: of the x axis, as text; seconds since 1970 when `timed`.
        timed: whether the x axis is time.
        series: in the legend's order.
        interval: seconds from a place to the next, when `timed`.
        span: start and end in seconds, when `timed`.
        firings: spans in seconds that are marked, when `timed`.
    """

    places: tuple[Any, ...]
    timed: bool
    series: tuple[Series, ...]
    interval: float = 0
    span: tuple[float, float] = (0, 0)
    firings: tuple[tuple[float, float], ...] = ()


@dataclass(slots=True)
class _Gathered:
    places: list[Any] = field(default_factory=list[Any])
    values: dict[str, dict[Any, float | None]] = field(
        default_factory=dict[str, dict[Any, "float | None"]]
    )


def pick(row: Row, alias: str) -> Any:
    """Return a row's value of a column, which a server may have written in lower case."""
    return row[alias] if alias in row else row.get(alias.lower())


def seconds_of(value: Any) -> float | None:
    """Return the seconds since 1970 of a bucket's start, or None when it is no time."""
    written = str(value)
    if _MICROS.fullmatch(written):
        return int(written) / 1e6
    if not _ISO.fullmatch(written):
        return None
    try:
        return datetime.fromisoformat(written).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def chart_of(panel: Panel, data: PanelData, time_range: TimeRange | None) -> Chart:
    """Return the series of a panel.

    Args:
        panel: what columns mean.
        data: what was answered.
        time_range: what a time axis shows; what the rows cover, if absent.
    """
    x = panel.x[0]
    shown = [pick(row, x.alias) for row in data.rows]
    first = [value for value in shown if value is not None][:_LOOKED_AT]
    timed = (
        bool(first)
        and panel.kind not in {"h-bar", "h-stacked"}
        and all(seconds_of(value) is not None for value in first)
    )
    gathered = _gather(panel, data.rows, timed=timed)
    places = gathered.places
    interval = data.interval or 0.0
    span = (0.0, 0.0)
    if timed:
        places = sorted(places)
        interval = interval or _narrowest(places)
        span = _span(places, interval, time_range)
        if data.interval:
            places = _filled(places, interval, span)
    blank = numeric(panel.config.get("no_value_replacement") or None) if data.interval else None
    series = [
        Series(name, tuple(_value(values, place, blank, timed=timed) for place in places))
        for name, values in gathered.values.items()
    ]
    return Chart(tuple(places), timed, tuple(_top(panel, series)), interval, span)


def _value(
    values: Mapping[Any, float | None], place: Any, blank: float | None, *, timed: bool
) -> float | None:
    # A bucket without a row is filled; a row without a value says that it is not known.
    return values.get(place, blank if timed else None)


def _gather(panel: Panel, rows: Iterable[Row], *, timed: bool) -> _Gathered:
    gathered = _Gathered()
    known: set[Any] = set()
    for row in rows:
        found = pick(row, panel.x[0].alias)
        place = seconds_of(found) if timed else named(found)
        if place is None:
            continue
        if place not in known:
            known.add(place)
            gathered.places.append(place)
        for axis in panel.y:
            values = gathered.values.setdefault(_name(panel, axis, row), {})
            values[place] = numeric(pick(row, axis.alias))
    return gathered


def named(value: Any) -> str:
    """Return what a category is called."""
    return UNKNOWN if value is None else plain(value) or "(empty)"


def _name(panel: Panel, axis: Axis, row: Row) -> str:
    if not panel.breakdown:
        return axis.label
    name = named(pick(row, panel.breakdown[0].alias))
    return name if len(panel.y) == 1 else f"{name} ({axis.label})"


def _narrowest(places: Sequence[float]) -> float:
    gaps = [later - earlier for earlier, later in itertools.pairwise(places)]
    return min(gaps, default=60.0)


def _span(
    places: Sequence[float], interval: float, time_range: TimeRange | None
) -> tuple[float, float]:
    if time_range is None:
        return places[0], places[-1] + interval
    return (
        min(time_range.start.timestamp(), places[0]),
        max(time_range.end.timestamp(), places[-1]),
    )


def _filled(places: Sequence[float], interval: float, span: tuple[float, float]) -> list[float]:
    before = int((places[0] - span[0]) // interval)
    buckets = before + int((span[1] - places[0]) // interval) + 1
    if buckets > _MOST_BUCKETS:
        return list(places)
    first = places[0] - before * interval
    return sorted({*places, *(first + place * interval for place in range(buckets))})


def _top(panel: Panel, series: list[Series]) -> list[Series]:
    wanted = int(panel.number("top_results", 0)) if panel.breakdown else 0
    most = min(wanted or _MOST_SERIES, _MOST_SERIES)
    if len(series) <= most:
        return series
    largest = {one.name for one in sorted(series, key=_weight, reverse=True)[:most]}
    kept = [one for one in series if one.name in largest]
    if not (wanted and panel.config.get("top_results_others")):
        return kept
    rest = [one for one in series if one.name not in largest]
    return [*kept, Series(_OTHERS, _sum(rest))]


def _weight(series: Series) -> float:
    return sum(value for value in series.values if value is not None)


def _sum(series: Sequence[Series]) -> tuple[float | None, ...]:
    columns = zip(*(one.values for one in series), strict=True)
    return tuple(
        sum(known) if (known := [value for value in column if value is not None]) else None
        for column in columns
    )
