"""A fresh embedded server, a client and stores on it, recorded exchanges, and a clock to turn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.local.faults import Faults
from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client, Retry
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.openobserve.objects import stores
from tests.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmcost_infra.openobserve.kinds.base import Inputs, Kind, ObjectStore

RECORDINGS = Path(__file__).parents[1] / "data" / "openobserve-transcripts"
USER, PASSWORD = "root@example.com", "Complexpass#123"


@pytest.fixture
def clock() -> Clock:
    """Return a clock that only moves when somebody waits."""
    return Clock()


@pytest.fixture
def faults() -> Faults:
    """Return what goes wrong next."""
    return Faults()


@pytest.fixture
def server(tmp_path: Path, clock: Clock, faults: Faults) -> Iterator[LocalServer]:
    """Start a fresh server whose time only moves when somebody waits."""
    with LocalServer(
        tmp_path / "server", user=USER, password=PASSWORD, clock=clock.microseconds, faults=faults
    ) as started:
        yield started


@pytest.fixture
def client(server: LocalServer, clock: Clock) -> Iterator[Client]:
    """Connect to the fresh server as root, with pauses that take no time."""
    with Client(
        server.url, USER, PASSWORD, retry=Retry(jitter=lambda: 1.0), wait=clock.sleep
    ) as connected:
        yield connected


@pytest.fixture
def objects(client: Client, clock: Clock) -> dict[str, ObjectStore]:
    """Return the stores on the fresh server, by the last word of their token."""
    every = stores(client, clock=clock, sleep=clock.sleep, now=clock)
    return {token.rpartition(":")[2]: store for token, store in every.items()}


@pytest.fixture
def raw(client: Client) -> Client:
    """Return the client as somebody else would use it, behind the stores' back."""
    return client


@pytest.fixture(scope="session")
def kinds() -> dict[str, Kind]:
    """Return the kinds, by the last word of their token."""
    return {token.rpartition(":")[2]: kind for token, kind in KINDS.items()}


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], list[dict[str, Any]]]:
    """Return what reads a file of recorded exchanges."""

    def read(name: str) -> list[dict[str, Any]]:
        lines = (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    return read


@pytest.fixture(scope="session")
def two_tabs() -> dict[str, Any]:
    """Return the body of a dashboard that a real server accepted and its UI drew."""
    body: dict[str, Any] = json.loads(
        (RECORDINGS / "dashboard-two-tabs.json").read_text(encoding="utf-8")
    )
    return body


@pytest.fixture
def saved_in_the_ui() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a dashboard before and after panels were saved unchanged in the UI's editor."""
    found = json.loads((RECORDINGS / "ui-save-without-change.json").read_text(encoding="utf-8"))
    return found["before"]["v8"], found["after"]["v8"]


@pytest.fixture
def panel() -> Callable[..., Inputs]:
    """Return what makes a panel without problems."""

    def make(order: float, **more: Any) -> Inputs:
        return {
            "order": order,
            "type": "metric",
            "title": f"Panel {order:g}",
            "query": 'SELECT COUNT(*) AS n FROM "llm"',
            "stream": "llm",
            "stream_type": "traces",
            "y_axis": [{"alias": "n"}],
            **more,
        }

    return make


@pytest.fixture
def dashboard(panel: Callable[..., Inputs]) -> Callable[..., Inputs]:
    """Return what makes a dashboard without problems, of the given panels."""

    def make(panels: dict[str, Inputs] | None = None, **more: Any) -> Inputs:
        return {
            "organization": "default",
            "folder": "default",
            "title": "Cost",
            "tabs": {
                "overview": {
                    "order": 10,
                    "name": "Overview",
                    "panels": panels if panels is not None else {"calls": panel(10)},
                }
            },
            **more,
        }

    return make


@pytest.fixture
def pipeline() -> Callable[..., Inputs]:
    """Return what makes a pipeline without problems: a stream led to another."""

    def make(source: str = "llm_ingest", **more: Any) -> Inputs:
        return {
            "organization": "default",
            "name": "llm",
            "nodes": {
                "in": {
                    "type": "stream",
                    "stream_name": source,
                    "stream_type": "traces",
                    "next": ["out"],
                },
                "out": {"type": "stream", "stream_name": "llm_calls", "stream_type": "traces"},
            },
            **more,
        }

    return make
