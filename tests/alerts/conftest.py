"""The shipped alerts on a whole stack: spans in, notifications out, by a clock that tests turn."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pulumi
import pytest

from llmcost_infra.components import LlmCost
from llmcost_infra.local.app import build_app
from llmcost_infra.local.server import Config, Server
from llmcost_infra.openobserve import Client
from llmcost_infra.openobserve.objects import stores
from llmcost_infra.settings import Settings
from tests.local.conftest import _Direct
from tests.local.telemetry import PROTOBUF, records_body, span, spans_body
from tests.local.webhook import Webhook
from tests.resources.conftest import registered  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from llmcost_infra.openobserve.kinds.base import ObjectStore
    from tests.resources.conftest import Registered

NOON = 1_795_521_600_000_000
"""2026-11-24T12:00:00Z in µs, a Tuesday."""
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
USER, PASSWORD = "root@example.com", "Complexpass#123"
HOOK = "https://hook.example.com/in-place-of-the-test-s-own"
"""Where routes lead in what was registered; each test has a webhook of its own."""
ROUTES = {
    "hook": {
        "kind": "webhook",
        "secret": "hook_url",
        "severities": ["page", "warn", "info", "heartbeat"],
    },
    "slack": {"kind": "slack", "secret": "hook_url"},
    "cards": {"kind": "teams", "secret": "hook_url"},
    "pager": {"kind": "pagerduty", "secret": "paging_key"},
}
MAKE = ("Folder", "Stream", "Function", "Pipeline", "AlertTemplate", "AlertDestination", "Alert")

Json = dict[str, Any]


def clear(value: Any) -> Any:
    """Return a value as the provider gets it: secrets unwrapped, whole numbers whole."""
    if isinstance(value, dict):
        if pulumi.runtime.rpc._special_sig_key in value:
            return clear(value["value"])
        return {key: clear(below) for key, below in value.items() if below is not None}
    if isinstance(value, list):
        return [clear(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass
class Stack:
    """A stack on a fresh server.

    Args:
        server: the server; its clock is `now`.
        http: the way to it.
        now: microseconds since 1970; at first long ago, so that a history can be told.
        alerts: ids of the alerts by name.
        webhook: where the routes lead.
    """

    server: Server
    http: httpx.Client
    webhook: Webhook
    now: int = NOON - 30 * DAY
    alerts: dict[str, str] = field(default_factory=dict[str, str])
    _ran: bool = False

    def call(  # noqa: PLR0913 - each is something that a call has
        self,
        *,
        at: int | None = None,
        usd: float = 0.0,
        seconds: float = 0.9,
        service: str = "shop",
        copies: int = 1,
        failed: str = "",
        **attributes: Any,
    ) -> list[Json]:
        """Send calls of gpt-4o that end at a time and cost so much each, as they end.

        Args:
            at: when they end, in µs, and the clock is turned there; NOON unless given.
            usd: cost of each by list price: output tokens at 10 USD for a million.
            seconds: how long each took.
            service: that makes them.
            copies: how many.
            failed: message of the error that each ended with.
            attributes: of the spans, with `__` for a dot; None leaves one out.

        Returns:
            The spans.
        """
        self.now = at = max(self.now, NOON) if at is None else at
        given: Json = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.model": "gpt-4o",
            # Without any token a call counts as one that reported no usage.
            "gen_ai.usage.input_tokens": 0 if usd else 1,
            "gen_ai.usage.output_tokens": round(usd * 100_000),
        }
        if failed:
            given = {key: value for key, value in given.items() if "usage" not in key}
        given |= {key.replace("__", "."): value for key, value in attributes.items()}
        start = at - int(seconds * 1_000_000)
        more: Json = {"endTimeUnixNano": str(at * 1000)}
        if failed:
            more["status"] = {"code": 2, "message": failed}
        kept = {key: value for key, value in given.items() if value is not None}
        sent = [span("chat", start, kept, **more) for _ in range(copies)]
        self.send(*sent, service=service)
        return sent

    def client(self) -> Client:
        """Return a way to the server, to be closed."""
        return Client("http://local", USER, PASSWORD, transport=self.http._transport)

    def send(self, *spans: Json, service: str = "shop") -> None:
        """Send spans of a service."""
        resource = {"service.name": service, "deployment.environment.name": "prod"}
        answer = self.http.post(
            "/api/default/v1/traces",
            content=spans_body(*spans, resource=resource),
            headers={**PROTOBUF, "stream-name": "llm_ingest"},
        )
        assert answer.status_code == 200, answer.text
        assert not answer.content.strip(b"\n\x00"), answer.content

    def log(self, *records: Json, scope: str = "", **resource: str) -> None:
        """Send log records, with more attributes of their resource (`__` for a dot)."""
        given = {"service.name": "shop", "deployment.environment.name": "prod"}
        given |= {name.replace("__", "."): value for name, value in resource.items()}
        answer = self.http.post(
            "/api/default/v1/logs",
            content=records_body(*records, resource=given, scope=scope),
            headers={**PROTOBUF, "stream-name": "llm_ingest"},
        )
        assert answer.status_code == 200, answer.text
        assert not answer.content.strip(b"\n\x00"), answer.content

    def run(self, at: int | None = None) -> None:
        """Run what is due at a time; the clock is turned there. The first time, that is all."""
        self.now = self.now if at is None else at
        if not self._ran:
            # The history before it is only told, not lived through.
            for alert in self.alerts:
                self.save(alert)
        self._ran = True
        self.server.scheduler.run_due()

    def save(self, alert: str) -> None:
        """Save an alert as it is, as an update does: it is due at once, its silence over."""
        path = f"/api/v2/default/alerts/{self.alerts[alert]}"
        answer = self.http.put(path, json=self.http.get(path).json())
        assert answer.status_code == 200, answer.text

    def looked_at(self, alert: str) -> int:
        """Return when an alert was last looked at."""
        shown: Json = self.http.get(f"/api/v2/default/alerts/{self.alerts[alert]}").json()
        return int(shown["last_triggered_at"])

    def satisfied_at(self, alert: str) -> int:
        """Return when an alert last found something."""
        shown: Json = self.http.get(f"/api/v2/default/alerts/{self.alerts[alert]}").json()
        return int(shown["last_satisfied_at"])

    def told(self, route: str = "hook") -> list[Json]:
        """Return the notifications on a route, oldest first."""
        name = f"llm_cost_{route}"
        return [json.loads(one.body) for one in self.server.outbox.sent if one.destination == name]

    def found(self, alert: str | None = None) -> list[str]:
        """Return the lines that were told, of one alert or of all."""
        told = (one for one in self.told() if alert in {None, one["alert"]})
        return [row["text"].removesuffix("\n") for one in told for row in one["found"]]


@dataclass(frozen=True)
class Declared:
    """A resource that the program registered, as the provider gets it."""

    type: str
    name: str
    inputs: Json


@pytest.fixture(scope="session")
def declared_before() -> dict[str, list[Declared]]:
    """What programs registered, by their settings and files: most stacks are alike."""
    return {}


@pytest.fixture
def declared(
    registered: Registered,  # noqa: F811 - the fixture above
    declared_before: dict[str, list[Declared]],
    tmp_path: Path,
) -> Callable[[Json], list[Declared]]:
    """Return what runs a stack's program with settings, in the folder of the test."""

    def declare(values: Json) -> list[Declared]:
        files = {
            path.relative_to(tmp_path).as_posix(): path.read_text()
            for folder in ("", "alerts", "alerts/sql", "pricing")
            for path in sorted((tmp_path / folder).glob("*.*"))
        }
        key = json.dumps([values, files], sort_keys=True)
        if key not in declared_before:
            _run(Settings.from_mapping(values), tmp_path)
            declared_before[key] = [
                Declared(one.typ, one.name, clear(dict(one.inputs))) for one in registered.resources
            ]
        return declared_before[key]

    return declare


def _run(settings: Settings, project: Path) -> None:
    pulumi.runtime.set_all_config(
        {
            "llmcost:hash_key": "grains-of-salt",
            "llmcost:hook_url": HOOK,
            "llmcost:paging_key": "k" * 32,
        }
    )

    async def program() -> None:
        LlmCost("cost", settings, project=project)

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # Pulumi left it without types


@pytest.fixture
def stack(
    declared: Callable[[Json], list[Declared]], tmp_path: Path
) -> Iterator[Callable[..., Stack]]:
    """Return what puts a stack on a fresh server: only the alerts that a test names."""
    server = Server(tmp_path / "server", Config())
    transport = _Direct(build_app(server))
    client = Client("http://local", USER, PASSWORD, transport=transport)

    with Webhook() as webhook:

        def put(*wanted: str, **values: Any) -> Stack:
            http = httpx.Client(transport=transport, base_url="http://local", auth=(USER, PASSWORD))
            made = Stack(server, http, webhook)
            server.clock = lambda: made.now
            resources = declared({"environment": "prod", "routes": ROUTES, **values})
            every = stores(client, sleep=lambda _seconds: None)
            made.alerts = make(every, resources, wanted, webhook.url)
            return made

        yield put
    transport.close()
    server.close()


def make(
    every: Mapping[str, ObjectStore],
    resources: list[Declared],
    wanted: Collection[str],
    hook: str,
    prefix: str = "",
) -> dict[str, str]:
    """Make what was registered, as the provider would.

    Args:
        every: the stores of a server.
        resources: what was registered.
        wanted: alerts without the stack's prefix; all when there are none.
        hook: where the routes lead.
        prefix: of the stack.

    Returns:
        Ids of the alerts, by name without the prefix.
    """
    folder, alerts = "", dict[str, str]()
    for kind in MAKE:
        for one in [one for one in resources if one.type == f"openobserve:index:{kind}"]:
            store = every[one.type]
            given = store.kind.defaults(json.loads(json.dumps(one.inputs).replace(HOOK, hook)))
            name = str(given.get("name", "")).removeprefix(prefix)
            if kind == "Alert":
                if wanted and name.removesuffix("_teams") not in wanted:
                    continue
                given["folder"] = folder
            assert store.kind.problems(given) == [], one.name
            found = store.create(given, f"urn:{one.name}")
            if kind == "Folder" and given["folder_type"] == "alerts":
                folder = str(found.computed["folder_id"])
            if kind == "Alert":
                alerts[name] = str(found.computed["alert_id"])
    return alerts
