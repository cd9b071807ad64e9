"""UTC days: of a month, which of them are closed, and which a source tells of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from llmcost_infra.errors import ExitCode, ProviderError, ReconcileError
from llmcost_infra.utc import Month, midnight, month_named

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "SETTLED_AFTER",
    "Buckets",
    "WrongMonth",
    "month_of",
    "previous_month",
    "settled_days",
]

SETTLED_AFTER: Final = timedelta(hours=24)
"""Providers still add to a day for some hours after its end, and so do exporters."""


class WrongMonth(ReconcileError):  # noqa: N818 - it names what is wrong
    """A month that cannot be compared."""

    exit_code = ExitCode.USAGE


def settled_days(month: Month, now: datetime) -> tuple[date, ...]:
    """Return the days of a month that nobody adds to any more."""
    return tuple(day for day in month.days if midnight(day) + timedelta(1) + SETTLED_AFTER <= now)


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
    month = month_named(text)
    if month is None:
        raise WrongMonth(f"{text!r} is no month.", hint="Write it like 2026-10.")
    if midnight(month.first) > now:
        raise WrongMonth(
            f"{month} lies in the future.",
            hint=f"The last month that is over is {previous_month(now)}.",
        )
    if not settled_days(month, now):
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
