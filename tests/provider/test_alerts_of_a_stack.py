"""The shipped alerts on any server, by its own clock: what comes true within minutes.

What needs a history of days is proved by a clock that tests turn, in `tests/alerts`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.openobserve.objects import stores
from llmcost_infra.openobserve.paths import api_path_v2
from tests.alerts.conftest import (  # noqa: F401 - fixtures
    ROUTES,
    declared,
    declared_before,
    make,
)
from tests.alerts.scenario import REFUSED
from tests.local.telemetry import span, spans_body
from tests.provider.names import named, prefix
from tests.resources.conftest import registered  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmcost_infra.openobserve import Client
    from tests.alerts.conftest import Declared
    from tests.provider.world import World

TRIES, APART_S = 60, 5.0
"""A server of others takes seconds to show what it was sent, and minutes to look."""

Json = dict[str, Any]


@dataclass
class Watched:
    """A stack on a server, and the alerts of it that a test is about.

    Args:
        world: the server.
        client: the way to it.
        alerts: ids of the alerts, by name without the stack's prefix.
    """

    world: World
    client: Client
    alerts: dict[str, str] = field(default_factory=dict[str, str])

    def call(
        self,
        *,
        usd: float = 0.0,
        failed: str = "",
        usage: bool = True,
        copies: int = 1,
        **more: Any,
    ) -> None:
        """Send calls of gpt-4o that ended just now and cost so much each."""
        tokens = {"gen_ai.usage.input_tokens": 1, "gen_ai.usage.output_tokens": round(usd * 1e5)}
        given: Json = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.model": "gpt-4o",
            "feature": "chat",
        }
        given |= tokens if usage and not failed else {}
        given |= {name.replace("__", "."): value for name, value in more.items()}
        end = int(self.world.clock() * 1_000_000)
        status: Json = {"status": {"code": 2, "message": failed}} if failed else {}
        spans = [
            span("chat", end - 900_000, given, endTimeUnixNano=str(end * 1000), **status)
            for _ in range(copies)
        ]
        resource = {"service.name": "shop", "deployment.environment.name": "prod"}
        self.client.export("traces", spans_body(*spans, resource=resource), named("llm_ingest"))

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait until something is true."""
        for _ in range(TRIES):
            self.world.look()
            if true():
                return
            self.world.clock.sleep(APART_S)
        pytest.fail(f"{what}: not within {TRIES * APART_S:.0f} s")

    def stored(self, calls: int) -> bool:
        """Tell whether the server shows so many calls."""
        now = datetime.fromtimestamp(self.world.clock(), UTC)
        sql = f'SELECT COUNT(*) AS calls FROM "{named("llm_calls")}"'  # noqa: S608 - our own name
        hits = self.client.search(sql, now - timedelta(hours=1), now + timedelta(minutes=1)).hits
        return bool(hits) and int(hits[0]["calls"]) >= calls

    def shown(self, alert: str) -> Json:
        """Return an alert as the server has it."""
        path = api_path_v2(self.world.place.organization, "alerts", self.alerts[alert])
        shown: Json = self.client.get(path)
        return shown

    def looked(self) -> dict[str, bool]:
        """Let every alert be looked at; return which of them found something."""
        started = int(self.world.clock() * 1_000_000)
        for alert, id_ in self.alerts.items():
            path = api_path_v2(self.world.place.organization, "alerts", id_)
            # Saved alerts are due at once.
            self.client.put(path, self.shown(alert))
        for alert in self.alerts:
            self.until(partial(self._looked_at, alert, started), f"{alert} is looked at")
        found = {alert: self.shown(alert).get("last_satisfied_at") or 0 for alert in self.alerts}
        return {alert: at >= started for alert, at in found.items()}

    def _looked_at(self, alert: str, since: int) -> bool:
        return int(self.shown(alert).get("last_triggered_at") or 0) >= since


@pytest.fixture
def watched(
    world: World,
    declared: Callable[[Json], list[Declared]],  # noqa: F811 - the fixture above
) -> Iterator[Callable[..., Watched]]:
    """Return what puts a stack on the server, with the alerts that a test names."""
    with world.client() as client:

        def put(*alerts: str) -> Watched:
            values = {"environment": "prod", "prefix": prefix(), "folder": named("LLM Cost")}
            resources = declared(values | {"routes": {"hook": ROUTES["hook"]}})
            every = stores(client, clock=world.clock, sleep=world.clock.sleep)
            # Nobody listens there: who is told does not matter here, what is found does.
            made = make(every, resources, alerts, "http://127.0.0.1:9/", prefix())
            assert made.keys() == set(alerts)
            return Watched(world, client, made)

        yield put


NOW_TRUE = (
    "daily_budget",
    "burn_rate_fast",
    "burn_rate_slow",
    "runaway_call",
    "rate_limit",
    "unpriced_model",
    "no_usage",
    "tool_errors",
)
TOOL: Json = {"gen_ai__operation__name": "execute_tool", "gen_ai__tool__name": "web_search"}


def test_alerts_find_what_happened_within_minutes(watched: Callable[..., Watched]) -> None:
    """Spans go in, the pipeline prices them, and the server's own look finds them."""
    stack = watched(*NOW_TRUE)
    stack.call(usd=501)
    stack.call(failed=REFUSED, copies=5)
    stack.call(gen_ai__response__model="nobody-knows", gen_ai__request__model="nobody-knows")
    stack.call(usd=0.5, copies=18)
    stack.call(usage=False, copies=2)
    stack.call(copies=16, **TOOL)
    stack.call(failed="no answer", copies=4, **TOOL)
    stack.until(lambda: stack.stored(47), "all calls and tool runs are stored")

    assert stack.looked() == dict.fromkeys(NOW_TRUE, True)


def test_alerts_keep_quiet_about_what_is_usual(watched: Callable[..., Watched]) -> None:
    """Each is looked at, and finds nothing."""
    stack = watched(*NOW_TRUE)
    stack.call(usd=0.5, copies=20)
    stack.call(failed=REFUSED, copies=4)
    stack.call(copies=20, **TOOL)
    stack.until(lambda: stack.stored(44), "all calls and tool runs are stored")

    assert stack.looked() == dict.fromkeys(NOW_TRUE, False)
