"""The way to the server: opened and proven once, at the first request of a run."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Protocol, TypeAlias

from llmcost_infra.errors import LlmCostError, OpenObserveError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmcost_infra.openobserve.kinds.base import ObjectStore
    from llmcost_infra.provider.configuration import Configuration

__all__ = ["Connection", "Server", "Session", "connect"]


class Server(Protocol):
    """What a session needs of a client."""

    def check(self) -> None:
        """Ask something small, so that a wrong address, user or organization shows early."""
        ...

    def cancel(self) -> None:
        """Stop trying again, at once and for good."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


Connection: TypeAlias = "tuple[Server, Mapping[str, ObjectStore]]"
"""A client of a server, and the stores on it by token."""


def connect(configuration: Configuration) -> Connection:
    """Return a client of the configured server, and the stores on it."""
    # Imported late: a preview talks to no server, and the engine waits for us to start.
    from llmcost_infra.openobserve.client import Client  # noqa: PLC0415
    from llmcost_infra.openobserve.objects import stores  # noqa: PLC0415

    client = Client(
        configuration.url,
        configuration.user,
        configuration.password,
        configuration.organization,
        timeout=configuration.timeout,
        parallel=configuration.parallel,
    )
    return client, stores(client)


class Session:
    """One run's connection; threads may share it.

    Args:
        configuration: where and who.
        open_: opens the connection.
    """

    def __init__(
        self,
        configuration: Configuration,
        open_: Callable[[Configuration], Connection] = connect,
    ) -> None:
        self.configuration = configuration
        self._open = open_
        self._lock = Lock()
        self._server: Server | None = None
        self._stores: Mapping[str, ObjectStore] = {}
        self._failure: LlmCostError | None = None
        self._proven = False
        self._cancelled = False

    def store(self, token: str) -> ObjectStore:
        """Return the store of a kind, after address, user and organization were proven.

        Raises:
            LlmCostError: they do not work; told in full once, since every resource asks.
        """
        with self._lock:
            if not self._proven:
                self._prove()
            return self._stores[token]

    def cancel(self) -> None:
        """Start no further request."""
        self._cancelled = True
        if self._server is not None:
            self._server.cancel()

    def close(self) -> None:
        """Close the connections."""
        if self._server is not None:
            self._server.close()

    def _prove(self) -> None:
        if self._failure is not None:
            raise LlmCostError(
                "Not tried: OpenObserve cannot be used, as the first error of this run says.",
                hint="Nothing was changed here.",
            )
        try:
            self._checked_server()
        except LlmCostError as error:
            self._failure = error
            raise
        self._proven = True

    def _checked_server(self) -> None:
        self.configuration.require_access()
        if self._cancelled:
            raise OpenObserveError("Cancelled before the first request was sent.")
        self._server, self._stores = self._open(self.configuration)
        self._server.check()
