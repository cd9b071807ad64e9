"""What a first run says of the alerts: which find something, in the words that routes get."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.catalog import load_alert, render_alert
from llmcost_infra.first_run.alerts import AlertAnswer, ask_alerts
from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from llmcost_infra.openobserve import Client

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SETTINGS = Settings.from_mapping({"environment": "local"})


@dataclass
class Asked:
    """A server that answers every statement with the same rows, and remembers it."""

    rows: list[dict[str, Any]]
    looked_at: int = 0
    organization: str = "default"
    searches: list[Any] = field(default_factory=list[Any])

    def search(self, sql: str, start: datetime, end: datetime, **how: Any) -> Any:
        """Answer a statement."""
        self.searches.append((sql, end - start, how["stream_type"]))
        return SimpleNamespace(hits=self.rows)

    def get(self, path: str) -> Any:
        """List the only alert."""
        assert path.endswith("/default/alerts")
        return {"list": [{"name": "no_usage", "last_triggered_at": self.looked_at}]}


def ask(server: Asked, name: str = "no_usage") -> AlertAnswer:
    """Return the answer of an alert."""
    alerts = render_alert(load_alert(name), SETTINGS)
    (answer,) = ask_alerts(cast("Client", server), alerts, NOW)
    return answer


def test_a_line_is_what_a_route_gets() -> None:
    """Columns and limits filled in, one line a row."""
    rows = [{"service": "bot", "percent": 5.0, "llm_calls": 20, "utc_date": "2026-11-24"}]
    answer = ask(Asked(rows))
    assert answer.lines == (
        "bot: 5.0 % of 20 calls in the last hour reported no tokens, limit 2 %",
    )
    assert (answer.name, answer.severity) == ("no_usage", "warn")


def test_an_alert_is_asked_as_the_server_asks_it() -> None:
    """Over its whole period, on its stream's type."""
    server = Asked([])
    assert ask(server).lines == ()
    ((sql, period, kind),) = server.searches
    (alert,) = render_alert(load_alert("no_usage"), SETTINGS)
    assert sql == alert.inputs["query_condition"]["sql"]
    assert (period, kind) == (timedelta(minutes=125), "traces")


def test_when_the_server_looked_is_said_if_it_did() -> None:
    """0 is what a server says of an alert that it has never run."""
    assert ask(Asked([])).looked_at is None
    moment = int(NOW.timestamp() * 1_000_000)
    assert ask(Asked([], looked_at=moment)).looked_at == NOW
