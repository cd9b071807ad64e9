"""The embedded server with faults, and an engine whose provider talks to it; nobody sleeps."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from llmcost_infra.local.faults import Faults
from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve.client import Client
from llmcost_infra.openobserve.objects import stores
from llmcost_infra.openobserve.retry import Retry
from llmcost_infra.provider.marks import reveal
from tests.clock import Clock
from tests.provider.engine import Engine, Resource
from tests.provider.programs import dashboard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.provider.configuration import Configuration
    from llmcost_infra.provider.session import Connection

__all__ = ["PASSWORD", "Refused", "TimedOut", "World", "open_world"]

PASSWORD = "Complexpass#123"
DASHBOARD = "/api/default/dashboards/"
READS = frozenset({"GET"})
WRITES = frozenset({"DELETE", "PATCH", "POST", "PUT"})


@dataclass(frozen=True)
class Refused:
    """Nobody takes the connection: nothing was sent."""


@dataclass(frozen=True)
class TimedOut:
    """The request is carried out, and its answer takes too long."""


class Line(httpx.BaseTransport):
    """The network between provider and server, which may be cut."""

    def __init__(self) -> None:
        self._network = httpx.HTTPTransport()
        self.cuts: list[tuple[Refused | TimedOut, frozenset[str]]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on, unless it meets a cut."""
        match self._due(request.method):
            case Refused():
                raise httpx.ConnectError("[Errno 111] Connection refused", request=request)
            case TimedOut():
                self._network.handle_request(request).read()
                raise httpx.ReadTimeout("timed out", request=request)
            case None:
                return self._network.handle_request(request)

    def close(self) -> None:
        """Stay open: the next run uses it as well."""

    def hang_up(self) -> None:
        """Close the connections."""
        self._network.close()

    def _due(self, method: str) -> Refused | TimedOut | None:
        for index, (cut, methods) in enumerate(self.cuts):
            if method in methods:
                del self.cuts[index]
                return cut
        return None


class Trusting(Client):
    """A client that does not prove its way first, so that the first request is about an object."""

    def check(self) -> None:
        """Ask nothing."""


@dataclass
class World:
    """The embedded server with faults, and an engine whose provider talks to it."""

    server: LocalServer
    faults: Faults
    clock: Clock
    line: Line = field(default_factory=Line)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        settings = {"url": self.server.url, "user": "root@example.com", "password": PASSWORD}
        self.engine = Engine(self.open, settings)

    def open(self, configuration: Configuration) -> Connection:
        """Open the real client, over a line that may be cut, on a clock that one turns."""
        client = Trusting(
            configuration.url,
            configuration.user,
            configuration.password,
            configuration.organization,
            timeout=configuration.timeout,
            transport=self.line,
            retry=Retry(jitter=lambda: 1.0),
            wait=self.clock.sleep,
        )
        every = stores(client, clock=self.clock, sleep=self.clock.sleep, now=self.clock)
        return client, every

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

    def edit(self, resource: Resource, inputs: Inputs) -> None:
        """Change the object of a resource behind Pulumi's back.

        Raises:
            OpenObserveError: the server does not take that.
        """
        known: Inputs = reveal(self.engine.state[resource.urn].inputs)
        with self.client() as client:
            store = stores(client, clock=self.clock, sleep=self.clock.sleep)[resource.token]
            found = store.read(self.id_of(resource), known)
            assert found is not None
            store.update(found, {**known, **inputs})

    def edit_dashboard(self, **changes: Any) -> None:
        """Change the first panel of the dashboard, as somebody in the UI does."""
        id_ = self.id_of(dashboard()).split("/")[1]
        with self.client() as client:
            found = client.get(DASHBOARD + id_)
            body = found["v8"]
            body["tabs"][0]["panels"][0].update(changes)
            query = {"folder": "default", "hash": found["hash"]}
            client.put(DASHBOARD + id_, body, query)

    def plan(self, trouble: Any, *, writes: bool, times: int) -> None:
        """Let something happen to the next requests that read, or to the next that write."""
        methods = WRITES if writes else READS
        if isinstance(trouble, Refused | TimedOut):
            self.line.cuts += [(trouble, methods)] * times
            return
        for method in methods:
            self.faults.inject(trouble, method=method, times=times)

    def heal(self) -> None:
        """Let nothing happen any more."""
        self.line.cuts.clear()
        self.faults.clear()

    def census(self) -> Counter[str]:
        """How many objects of each class the server holds."""
        rows = self.server.server.objects._database.execute("SELECT kind FROM objects")
        return Counter(kind for (kind,) in rows)


@contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """Start a new server whose time only moves when somebody waits, and an engine."""
    faults, clock = Faults(), Clock()
    with LocalServer(folder, password=PASSWORD, faults=faults, clock=clock.microseconds) as server:
        world = World(server, faults, clock)
        yield world
        world.line.hang_up()
