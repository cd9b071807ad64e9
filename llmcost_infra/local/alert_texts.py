"""What a destination receives: a template with the alert, its window and its rows filled in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost_infra.utc import at_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Occasion", "filled", "lines"]

_NAME = re.compile(r'("?)\{(\w+)(?::(\d+))?\}("?)')


@dataclass(frozen=True)
class Occasion:
    """One run of an alert that found something.

    Args:
        org: the organization.
        alert: the alert's body.
        rows: what it found.
        start: of the window, in microseconds.
        end: of the window.
        at: when it ran.
        url: of the rows in the web interface.
    """

    org: str
    alert: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    start: int
    end: int
    at: int
    url: str


def filled(template: str, occasion: Occasion) -> str:
    """Return a template with its variables replaced; unknown ones stay as they are."""
    values = _basics(occasion)
    columns = _columns(occasion.rows)
    texts = lines(occasion)

    def value_of(name: str, limit: int | None) -> str | None:
        if name in values:
            return values[name][:limit]
        return columns[name][:limit] if name in columns else None

    def replaced(found: re.Match[str]) -> str:
        before, name, digits, after = found.groups()
        limit = int(digits) if digits else None
        if name == "rows":
            return _rows(occasion.alert, texts[:limit], before, after)
        value = value_of(name, limit)
        return found.group() if value is None else f"{before}{value}{after}"

    return _NAME.sub(replaced, template)


def lines(occasion: Occasion) -> list[str]:
    """Return how each row reads."""
    values = _basics(occasion)
    return [_row_text(occasion.alert["row_template"], row, values) for row in occasion.rows]


def _rows(alert: Mapping[str, Any], lines: Sequence[str], before: str, after: str) -> str:
    """Write the rows: as a JSON array where the template has them as a whole quoted value."""
    if not alert["row_template"]:
        return f"{before}{after}"
    if alert["row_template_type"] == "Json" and before and after:
        return f"[{','.join(lines)}]"
    return f"{before}{_escaped(chr(10).join(lines))}{after}"


def _row_text(template: str, row: Mapping[str, Any], values: Mapping[str, str]) -> str:
    known: dict[str, str] = {**values, **{name: _text(value) for name, value in row.items()}}
    replaced: Callable[[re.Match[str]], str] = lambda found: (  # noqa: E731 - typed for the regex
        f"{found[1]}{known.get(found[2], '{' + found[2] + '}')}{found[4]}"
    )
    return _NAME.sub(replaced, template)


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the distinct values of each column, in the order of the rows."""
    seen: dict[str, dict[str, None]] = {}
    for row in rows:
        for name, value in row.items():
            seen.setdefault(name, {})[_text(value)] = None
    return {name: ", ".join(values) for name, values in seen.items()}


def _text(value: Any) -> str:
    return _escaped(value) if isinstance(value, str) else json.dumps(value)


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _basics(occasion: Occasion) -> dict[str, str]:
    alert, trigger = occasion.alert, occasion.alert["trigger_condition"]
    context: Mapping[str, str] = alert.get("context_attributes", {})
    return {
        **{key: _escaped(text) for key, text in context.items()},
        "org_name": occasion.org,
        "stream_type": alert["stream_type"],
        "stream_name": alert["stream_name"],
        "alert_name": alert["name"],
        "alert_type": "realtime" if alert["is_real_time"] else "scheduled",
        "alert_period": str(trigger["period"]),
        "alert_operator": trigger["operator"],
        "alert_threshold": str(trigger["threshold"]),
        "alert_count": str(len(occasion.rows)),
        "alert_start_time": _local(occasion.start),
        "alert_end_time": _local(occasion.end),
        "alert_url": occasion.url,
        "alert_trigger_time": str(occasion.at),
        "alert_trigger_time_millis": str(occasion.at // 1000),
        "alert_trigger_time_seconds": str(occasion.at // 1_000_000),
        "alert_trigger_time_str": _local(occasion.at),
        # Inserted as it stands: a quote in a description breaks a JSON template.
        "alert_description": alert["description"] or "",
    }


def _local(clock: int) -> str:
    return f"{at_microseconds(clock):%Y-%m-%dT%H:%M:%S}"
