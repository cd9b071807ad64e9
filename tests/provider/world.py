"""The embedded server with faults, and an engine whose provider talks to it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost_infra.local.faults import Faults
from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve.client import Client
from llmcost_infra.openobserve.objects import stores
from llmcost_infra.openobserve.retry import Retry
from tests.provider.engine import Engine, Resource
from tests.provider.programs import dashboard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmcost_infra.provider.configuration import Configuration
    from llmcost_infra.provider.session import Connection

__all__ = ["PASSWORD", "World", "open_world"]

PASSWORD = "Complexpass#123"
DASHBOARD = "/api/default/dashboards/"


@dataclass
class World:
    """The embedded server with faults, and an engine whose provider talks to it."""

    server: LocalServer
    faults: Faults
    engine: Engine

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Requests that changed something, without their status."""
        return [(method, path) for method, path, _ in self.server.requests if method != "GET"]

    def client(self) -> Client:
        """Somebody else's way to the server."""
        return Client(self.server.url, "root@example.com", PASSWORD)

    def id_of(self, resource: Resource) -> str:
        """Pulumi id of a resource."""
        return self.engine.state[resource.urn].id

    def edit_dashboard(self, **changes: Any) -> None:
        """Change the first panel of the dashboard, as somebody in the UI does."""
        id_ = self.id_of(dashboard()).split("/")[1]
        with self.client() as client:
            found = client.get(DASHBOARD + id_)
            body = found["v8"]
            body["tabs"][0]["panels"][0].update(changes)
            query = {"folder": "default", "hash": found["hash"]}
            client.put(DASHBOARD + id_, body, query)


def impatient(configuration: Configuration) -> Connection:
    """Open the real client with no pauses."""
    client = Client(
        configuration.url,
        configuration.user,
        configuration.password,
        configuration.organization,
        timeout=configuration.timeout,
        retry=Retry(first=0.0),
    )
    return client, stores(client, sleep=lambda _: None)


@contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """Start a new server, and an engine that waits for nothing between two tries."""
    faults = Faults()
    with LocalServer(folder, password=PASSWORD, faults=faults) as server:
        settings = {"url": server.url, "user": "root@example.com", "password": PASSWORD}
        yield World(server, faults, Engine(impatient, settings))
