"""UTC days: of a month, which of them are closed, and which a source tells of."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from llmcost_infra.errors import ExitCode, ProviderError, ReconcileError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "SETTLED_AFTER",
    "Buckets",
    "Month",
    "WrongMonth",
    "midnight",
    "month_of",
    "previous_month",
]

SETTLED_AFTER: Final = timedelta(hours=24)
"""Providers still add to a day for some hours after its end, and so do exporters."""

_MONTH: Final = re.compile(r"(?P<year>20\d\d)-(?P<month>0[1-9]|1[0-2])")


class WrongMonth(ReconcileError):  # noqa: N818 - it names what is wrong
    """A month that cannot be compared."""

    exit_code = ExitCode.USAGE


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

    def closed(self, now: datetime) -> tuple[date, ...]:
        """Return the days that nobody adds to any more."""
        return tuple(
            day for day in self.days if midnight(day) + timedelta(1) + SETTLED_AFTER <= now
        )


def midnight(day: date) -> datetime:
    """Return when a UTC day begins."""
    return datetime.combine(day, time(), tzinfo=UTC)


def previous_month(now: datetime) -> Month:
    """Return the month before the current one."""
    return Month((now.astimezone(UTC).date().replace(day=1) - timedelta(days=1)).replace(day=1))


def month_of(text: str, now: datetime) -> Month:
    """Return a month that has begun.

    Args:
        text: like `2026-10`.
        now: the time, with a zone.

    Raises:
        WrongMonth: it is none, or none of its days is closed yet.
    """
    found = _MONTH.fullmatch(text)
    if found is None:
        raise WrongMonth(f"{text!r} is no month.", hint="Write it like 2026-10.")
    month = Month(date(int(found["year"]), int(found["month"]), 1))
    if midnight(month.first) > now:
        raise WrongMonth(
            f"{month} lies in the future.",
            hint=f"The last month that is over is {previous_month(now)}.",
        )
    if not month.closed(now):
        raise WrongMonth(
            f"No day of {month} is closed yet.",
            hint="A day is compared a day after its end; "
            f"the last month that is over is {previous_month(now)}.",
        )
    return month


@dataclass
class Buckets:
    """The days that a report tells of.

    Args:
        wanted: days that were asked for.
        label: what the report is called in errors.
    """

    wanted: Sequence[date]
    label: str
    _seen: set[date] = field(default_factory=set[date])

    def day(self, start: datetime) -> date:
        """Return the day of a bucket.

        Raises:
            ProviderError: it is no whole UTC day, was not asked for, or came before.
        """
        day = start.astimezone(UTC).date()
        if midnight(day) != start:
            raise ProviderError(f"{self.label}: a bucket starts at {start}, not at a UTC midnight.")
        if day in self._seen:
            raise ProviderError(
                f"{self.label}: {day} came twice.",
                hint="Nothing was compared, because its amounts would count twice. Run it again.",
            )
        if day not in self.wanted:
            raise ProviderError(f"{self.label}: {day} came, which nobody asked for.")
        self._seen.add(day)
        return day

    def missing(self) -> list[date]:
        """Return the days that did not come; one without any charge comes empty."""
        return [day for day in self.wanted if day not in self._seen]
