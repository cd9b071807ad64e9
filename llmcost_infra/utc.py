"""UTC days and months, and times as the server counts them."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

__all__ = ["Month", "at_microseconds", "microseconds", "midnight", "month_named"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MONTH: Final = re.compile(r"(?P<year>20\d\d)-(?P<month>0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Month:
    """A month in UTC.

    Args:
        first: its first day.
    """

    first: date

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def days(self) -> tuple[date, ...]:
        """Its days, the first one first."""
        count = calendar.monthrange(self.first.year, self.first.month)[1]
        return tuple(self.first + timedelta(days=back) for back in range(count))


def month_named(text: str) -> Month | None:
    """Return the month of a text like `2026-10`; None when it names none."""
    found = _MONTH.fullmatch(text)
    return found and Month(date(int(found["year"]), int(found["month"]), 1))


def midnight(day: date) -> datetime:
    """Return when a UTC day begins."""
    return datetime.combine(day, time(), tzinfo=UTC)


def at_microseconds(micros: int) -> datetime:
    """Return the time of whole µs since 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def microseconds(moment: datetime) -> int:
    """Return a time, with a zone, in whole µs since 1970."""
    return (moment - _EPOCH) // _MICROSECOND
