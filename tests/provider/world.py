"""A server, the line to it, and an engine whose provider talks over that line."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmcost_infra.local.server import Config, LocalServer
from llmcost_infra.openobserve.client import Client
from llmcost_infra.openobserve.objects import stores
from llmcost_infra.openobserve.paths import api_path
from llmcost_infra.openobserve.retry import Retry
from llmcost_infra.provider.marks import reveal
from tests.clock import Clock
from tests.provider import holdings
from tests.provider.engine import Engine, Resource
from tests.provider.line import WRITES, Line
from tests.provider.names import own_names, prefix
from tests.provider.programs import dashboard

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.provider.configuration import Configuration
    from llmcost_infra.provider.session import Connection
    from tests.provider.line import Trouble

__all__ = ["Place", "World", "on_embedded", "on_named"]

PATIENCE_S = 300.0
"""A server of one's own answers at once; another one may take minutes to delete a stream."""


@dataclass(frozen=True)
class Place:
    """Where a server is, and who comes.

    Args:
        url: its address.
        user: e-mail of a user that may do everything in the organization.
        password: the user's.
        organization: identifier.
    """

    url: str
    user: str
    password: str = field(repr=False)
    organization: str = "default"

    def client(self, line: Line | None = None) -> Client:
        """Open a way to the server, by default one of its own."""
        return Client(self.url, self.user, self.password, self.organization, transport=line)


class WallClock(Clock):
    """The time of a server whose time nobody turns; waiting takes as long as it says."""

    def __call__(self) -> float:
        """Return the seconds."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.waits.append(seconds)
        time.sleep(seconds)


def _of_itself() -> None:
    """Leave it to the server to run what is due."""


class Trusting(Client):
    """A client that does not prove its way first, so that the first request is about an object."""

    def check(self) -> None:
        """Ask nothing."""


@dataclass
class World:
    """A server, the line to it, and an engine whose provider talks over that line.

    Args:
        place: where the server is.
        clock: its time.
        look: runs what is due, where nothing does so by itself.
    """

    place: Place
    clock: Clock
    look: Callable[[], object] = _of_itself
    line: Line = field(init=False)
    engine: Engine = field(init=False)
    _aside: Line = field(init=False)

    def __post_init__(self) -> None:
        self.line, self._aside = Line(prefix()), Line(prefix())
        settings = {
            "url": self.place.url,
            "user": self.place.user,
            "password": self.place.password,
            "organization": self.place.organization,
        }
        self.engine = Engine(self.open, settings, patience=PATIENCE_S)

    def open(self, configuration: Configuration) -> Connection:
        """Open the real client, over a line that may break, on the server's clock."""
        client = Trusting(
            configuration.url,
            configuration.user,
            configuration.password,
            configuration.organization,
            timeout=configuration.timeout,
            transport=self.line,
            retry=Retry(jitter=lambda: 1.0),
            wait=self._wait,
        )
        every = stores(client, clock=self.clock, sleep=self.clock.sleep, now=self.clock)
        return client, every

    def close(self) -> None:
        """Close the connections."""
        self.line.hang_up()
        self._aside.hang_up()

    @property
    def requests(self) -> list[tuple[str, str, int]]:
        """Method, path and status of what the provider asked the server, in order."""
        return self.line.requests

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Requests of the provider that changed something, without their status."""
        return [(method, path) for method, path, _ in self.requests if method != "GET"]

    def client(self) -> Client:
        """Somebody else's way to the server."""
        return self.place.client(self._aside)

    def path(self, *segments: str) -> str:
        """Return the path of a call in the organization."""
        return api_path(self.place.organization, *segments)

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
            found = client.get(self.path("dashboards", id_))
            body = found["v8"]
            body["tabs"][0]["panels"][0].update(changes)
            query = {"folder": "default", "hash": found["hash"]}
            client.put(self.path("dashboards", id_), body, query)

    def plan(self, trouble: Trouble, *, writes: bool, times: int) -> None:
        """Let something happen to the next requests that read, or to the next of each write."""
        for method in WRITES if writes else ("GET",):
            self.line.plan(trouble, method=method, times=times)

    def census(self, *kinds: str) -> Counter[str]:
        """How many objects of these kinds, or of every kind, the server holds that are ours."""
        with self.client() as client:
            return holdings.census(client, prefix(), *kinds)

    def sweep(self) -> int:
        """Remove what is ours; returns how many objects that were."""
        with self.client() as client:
            return holdings.sweep(client, prefix())

    def _wait(self, seconds: float) -> None:
        """Wait between two tries; for trouble that is not the server's, nobody has to."""
        if self.line.broken:
            self.clock.waits.append(seconds)
        else:
            self.clock.sleep(seconds)


@contextmanager
def on_embedded(folder: Path, start: str) -> Iterator[World]:
    """Start a new server whose time only moves when somebody waits.

    Args:
        folder: where it keeps its data.
        start: what every name starts with.
    """
    clock = Clock()
    with own_names(start), LocalServer(folder, clock=clock.microseconds) as server:
        place = Place(server.url, Config.user, Config.password)
        world = World(place, clock, server.server.scheduler.run_due)
        try:
            yield world
        finally:
            world.close()


@contextmanager
def on_named(place: Place, start: str) -> Iterator[World]:
    """Use a server that is there, and leave it as it was.

    Args:
        place: where it is.
        start: what every name starts with; no other test's may start so.
    """
    with own_names(start):
        world = World(place, WallClock())
        try:
            yield world
            world.sweep()
        finally:
            world.close()
