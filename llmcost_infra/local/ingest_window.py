"""Which times are taken in: nothing older than five hours, nothing more than a day ahead."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FUTURE", "SPANS_REJECTED", "TOO_OLD", "Window"]

_HOUR = 3_600_000_000
_PAST_HOURS = 5
_AHEAD_HOURS = 24

TOO_OLD = (
    "Too old data, only last 5 hours data can be ingested. Data discarded. You can adjust "
    "ingestion max time by setting the environment variable ZO_INGEST_ALLOWED_UPTO=<max_hours>"
)
FUTURE = (
    "Too far data, only future 24 hours data can be ingested. Data discarded. You can adjust "
    "ingestion max time by setting the environment variable "
    "ZO_INGEST_ALLOWED_IN_FUTURE=<max_hours>"
)
SPANS_REJECTED = "Some spans were rejected due to exceeding the allowed retention period"


@dataclass(frozen=True, slots=True)
class Window:
    """The times that are taken at some moment.

    Args:
        now: microseconds since 1970.
    """

    now: int

    def takes(self, time: int) -> bool:
        """Tell whether a row of a time is taken."""
        return not self.refusal(time)

    def refusal(self, time: int) -> str:
        """Return why a row of a time is not taken, or an empty text."""
        if time < self.now - _PAST_HOURS * _HOUR:
            return TOO_OLD
        return FUTURE if time > self.now + _AHEAD_HOURS * _HOUR else ""
