"""Asks every alert of the stack what it finds now, and says it in the words that routes get."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from llmcost_infra.catalog.alerts import VARIABLE
from llmcost_infra.openobserve.paths import api_path_v2
from llmcost_infra.utc import at_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from llmcost_infra.catalog import RenderedAlert
    from llmcost_infra.openobserve import Client

__all__ = ["AlertAnswer", "ask_alerts"]

_MOST_ROWS = 20
"""As many lines as a notification has."""


@dataclass(frozen=True, slots=True)
class AlertAnswer:
    """What an alert finds.

    Args:
        name: of the alert.
        severity: decides who is told.
        lines: what is told, a line a row; none when all is well.
        looked_at: when the server last looked by itself; None when it has not yet.
    """

    name: str
    severity: str
    lines: tuple[str, ...]
    looked_at: datetime | None


def ask_alerts(
    client: Client, alerts: Sequence[RenderedAlert], now: datetime
) -> Iterator[AlertAnswer]:
    """Yield what each alert of a stack finds, by name.

    Args:
        client: of the server that has the stack.
        alerts: those of the stack.
        now: end of what they look at.

    Raises:
        OpenObserveError: a statement is refused, or its answer is partial.
    """
    looked_at = _looked_at(client)
    for alert in sorted(alerts, key=lambda one: one.name):
        inputs = alert.inputs
        period = timedelta(minutes=inputs["trigger_condition"]["period"])
        sql, kind = inputs["query_condition"]["sql"], inputs["stream_type"]
        found = client.search(sql, now - period, now, stream_type=kind, size=_MOST_ROWS)
        text = json.loads(inputs["row_template"])["text"].strip()
        lines = tuple(_line(text, row) for row in found.hits)
        yield AlertAnswer(alert.name, alert.severity, lines, looked_at.get(alert.name))


def _looked_at(client: Client) -> dict[str, datetime]:
    """Return when the server last looked, by the alert's name."""
    path = api_path_v2(client.organization, "alerts")
    times = {one["name"]: one.get("last_triggered_at") for one in client.get(path)["list"]}
    return {name: at_microseconds(moment) for name, moment in times.items() if moment}


def _line(text: str, row: Mapping[str, Any]) -> str:
    return VARIABLE.sub(lambda found: str(row.get(found[1], found[0])), text)
