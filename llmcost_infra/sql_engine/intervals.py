"""Widths of `histogram` buckets: as asked for, or as OpenObserve chooses them by time range."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmcost_infra.errors import EngineError

__all__ = ["DAY", "TimeRange", "bucket_seconds", "default_bucket"]

_MINUTE = 60
_HOUR = 60 * _MINUTE
DAY = 24 * _HOUR
"""Seconds in a day."""

_MICROS = 1_000_000
# From this many seconds of time range on, this bucket width in seconds.
_BY_RANGE = (
    (60 * DAY, DAY),
    (30 * DAY, 12 * _HOUR),
    (28 * DAY, 6 * _HOUR),
    (21 * DAY, 3 * _HOUR),
    (15 * DAY, 2 * _HOUR),
    (6 * _HOUR, _HOUR),
    (2 * _HOUR, _MINUTE),
    (_HOUR, 30),
    (30 * _MINUTE, 15),
)
_SHORTEST = 10
# What an asked-for width that does not divide a day is rounded up to.
_ROUND = (1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 28800, 43200, DAY)
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), _MINUTE),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), _HOUR),
    **dict.fromkeys(("d", "day", "days"), DAY),
}
_WRITTEN = re.compile(r"\s*(\d+)\s*([A-Za-z]+)\s*")


@dataclass(frozen=True, slots=True)
class TimeRange:
    """What a query looks at: `start` is in, `end` is out.

    Args:
        start: microseconds since 1970.
        end: microseconds since 1970.
    """

    start: int
    end: int


def default_bucket(time_range: TimeRange) -> int:
    """Return the bucket width, in seconds, for a query that names none."""
    if time_range == TimeRange(0, 0):
        return _HOUR
    seconds = (time_range.end - time_range.start) / _MICROS
    return next((width for least, width in _BY_RANGE if seconds >= least), _SHORTEST)


def bucket_seconds(written: str | None, time_range: TimeRange) -> int:
    """Return the bucket width, in seconds, of a `histogram` call.

    Args:
        written: the second argument, such as `5 minutes`; None when the call has only one.
        time_range: of the query.

    Raises:
        EngineError: the width cannot be read.
    """
    if written is None:
        return default_bucket(time_range)
    found = _WRITTEN.fullmatch(written)
    unit = _UNITS.get(found.group(2).lower()) if found else None
    if found is None or unit is None:
        raise EngineError(
            f"histogram interval '{written}' cannot be read",
            hint="write a number and second, minute, hour or day: '5 minutes'",
        )
    seconds = int(found.group(1)) * unit
    if seconds == 0:
        return default_bucket(time_range)
    if DAY % seconds == 0:
        return seconds
    return next((width for width in _ROUND if width >= seconds), DAY)
