"""When a cron expression with seconds is next due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from llmcost_infra.utc import at_microseconds, microseconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

__all__ = ["Cron"]

_RANGES = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2100))
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_NAMES = {name: number for names in (_MONTHS, _DAYS) for number, name in enumerate(names, 1)}
_LENGTHS = (6, 7)
_HORIZON_DAYS = 366 * 5


class Cron:
    """A schedule: second, minute, hour, day, month, weekday (1 is Sunday) and perhaps year.

    Args:
        expression: six or seven fields of `*`, numbers, names, ranges, lists and steps.

    Raises:
        ValueError: it cannot be read.
    """

    def __init__(self, expression: str) -> None:
        fields = expression.split()
        if len(fields) not in _LENGTHS:
            raise ValueError(f"Invalid cron expression: {expression}")
        fields += ["*"] * (len(_RANGES) - len(fields))
        try:
            self._fields = [
                _numbers(field, *limits) for field, limits in zip(fields, _RANGES, strict=True)
            ]
        except ValueError:
            raise ValueError(f"Invalid cron expression: {expression}") from None

    def after(self, moment: int, zone: tzinfo = UTC) -> int | None:
        """Return the next due time after a moment, both in microseconds, or None.

        Args:
            moment: the earliest time, not included.
            zone: whose clock the fields mean.
        """
        start = at_microseconds(moment).astimezone(zone) + timedelta(seconds=1)
        for offset in range(_HORIZON_DAYS):
            day = start + timedelta(days=offset)
            if not self._on(day):
                continue
            earliest = (start.hour, start.minute, start.second) if offset == 0 else (0, 0, 0)
            found = self._time(earliest)
            if found:
                hour, minute, second = found
                due = day.replace(hour=hour, minute=minute, second=second, microsecond=0)
                return microseconds(due)
        return None

    def _on(self, day: datetime) -> bool:
        _, _, _, days, months, weekdays, years = self._fields
        weekday = day.isoweekday() % 7 + 1
        return day.day in days and day.month in months and weekday in weekdays and day.year in years

    def _time(self, earliest: tuple[int, int, int]) -> tuple[int, int, int] | None:
        seconds, minutes, hours = self._fields[:3]
        for hour in hours:
            for minute in minutes:
                if (hour, minute) < earliest[:2]:
                    continue
                for second in seconds:
                    if (hour, minute, second) >= earliest:
                        return hour, minute, second
        return None


def _numbers(field: str, low: int, high: int) -> Sequence[int]:
    """Return the numbers that a field means, sorted."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span in {"*", "?"}:
            first, last = low, high
        else:
            start, dash, end = span.partition("-")
            first = _number(start)
            last = _number(end) if dash else (high if step else first)
        if not (low <= first <= last <= high):
            raise ValueError(field)
        found.update(range(first, last + 1, max(1, int(step or "1"))))
    return sorted(found)


def _number(text: str) -> int:
    name = text.upper()[:3]
    return _NAMES[name] if name in _NAMES else int(text)
