"""When an alert is looked at, and when what it finds is a hit: the server's rules, without it."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from llmcost_infra.local.comparisons import COMPARISONS
from llmcost_infra.local.cron import Cron

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

__all__ = ["MINUTE", "after_match", "first_run", "is_hit", "next_run", "window"]

MINUTE: Final = 60_000_000
"""Microseconds in a minute."""


def first_run(alert: Mapping[str, Any], now: int) -> int:
    """Return when a saved alert is first looked at: at once, or when its cron expression says."""
    by_cron = alert["trigger_condition"]["frequency_type"] == "cron"
    return next_run(alert, now) if by_cron else now


def next_run(alert: Mapping[str, Any], now: int) -> int:
    """Return when an alert that did not match is looked at again."""
    trigger = alert["trigger_condition"]
    frequency: int = trigger["frequency"] * MINUTE
    if trigger["frequency_type"] == "cron":
        due = Cron(trigger["cron"]).after(now, _zone(trigger.get("timezone"), alert["tz_offset"]))
        return due if due is not None else now + MINUTE
    if not trigger["align_time"]:
        return now + frequency
    return (now + frequency) // frequency * frequency


def after_match(alert: Mapping[str, Any], now: int) -> int:
    """Return when an alert that matched is looked at again: nothing is seen while it is silent."""
    silence = alert["trigger_condition"]["silence"] * MINUTE
    return max(now + silence, next_run(alert, now)) if silence else next_run(alert, now)


def window(alert: Mapping[str, Any], due: int, now: int) -> tuple[int, int]:
    """Return start and end, not included, of what a run looks at."""
    trigger = alert["trigger_condition"]
    end = due if trigger["align_time"] else now
    return end - trigger["period"] * MINUTE, end


def is_hit(alert: Mapping[str, Any], rows: int) -> bool:
    """Tell whether an alert matches when it finds so many rows."""
    trigger = alert["trigger_condition"]
    return COMPARISONS[trigger["operator"]](rows, trigger["threshold"])


def _zone(name: str | None, offset: int) -> tzinfo:
    try:
        return ZoneInfo(name) if name else timezone(timedelta(minutes=offset))
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
