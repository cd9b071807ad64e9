"""One embedded server on one folder: its parts, and running it inside the process."""

from __future__ import annotations

import socket
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Self

import uvicorn

from llmcost_infra.errors import LlmCostError
from llmcost_infra.local.app import build_app
from llmcost_infra.local.delivery import Outbox
from llmcost_infra.local.faults import FaultyApp
from llmcost_infra.local.ids import Snowflakes
from llmcost_infra.local.ingest import Intake
from llmcost_infra.local.objects import Objects
from llmcost_infra.local.rows import RowStore
from llmcost_infra.local.scheduler import Scheduler
from llmcost_infra.local.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from llmcost_infra.local.faults import Faults

__all__ = ["LOOPBACK", "Config", "LocalServer", "Server", "listen", "uvicorn_config", "wall_clock"]

LOOPBACK = "127.0.0.1"


def wall_clock() -> int:
    """Return now, in microseconds since 1970."""
    return time.time_ns() // 1000


@dataclass(frozen=True)
class Config:
    """What a server is started with.

    Args:
        user: the root user.
        password: its password.
        model_pricing: price spans by the organization's model prices at ingest.
        deliver_anywhere: send alerts to other machines as well.
    """

    user: str = "root@example.com"
    password: str = "Complexpass#123"  # noqa: S105 - the documented default of a loopback server
    model_pricing: bool = False
    deliver_anywhere: bool = False


class Server:
    """The parts that the handlers share.

    Args:
        folder: where everything is kept; made when missing.
        config: what the server is started with.
        clock: microseconds since 1970; may be replaced while the server runs.
    """

    def __init__(self, folder: Path, config: Config, clock: Callable[[], int] = wall_clock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(folder)
        self.folder = folder
        self.config = config
        self.clock = clock
        self.objects = Objects(folder / "objects.sqlite")
        self.rows = RowStore(folder / "rows")
        self.streams = Streams(self.objects, self.rows, self.now)
        self.intake = Intake(
            self.objects, self.streams, self.rows, model_pricing=config.model_pricing
        )
        self.outbox = Outbox(config.deliver_anywhere)
        self.scheduler = Scheduler(self)
        self.snowflake = Snowflakes(self.objects, self.now)
        self.answered: Callable[[str, str, int], None] = lambda _method, _path, _status: None

    def now(self) -> int:
        """Return the time, in microseconds since 1970."""
        return self.clock()

    def close(self) -> None:
        """Write what is still in memory, and free the folder."""
        self.rows.close()
        self.objects.close()
        self._lock.close()


def _lock(folder: Path) -> sqlite3.Connection:
    """Take the folder: an SQLite lock is portable and vanishes with the process."""
    lock = sqlite3.connect(
        folder / "lock", timeout=0, isolation_level=None, check_same_thread=False
    )
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        lock.close()
        raise LlmCostError(
            f"another server already runs on {folder}",
            hint="stop it first, or choose another folder with --data",
        ) from None
    return lock


class LocalServer:
    """A server that answers on loopback from a thread of this process.

    Args:
        folder: where everything is kept.
        port: 0 lets the system choose.
        user: the root user.
        password: its password.
        model_pricing: price spans at ingest.
        clock: microseconds since 1970.
        faults: what goes wrong, for tests.
    """

    def __init__(  # noqa: PLR0913 - each is a choice of the caller
        self,
        folder: Path | str,
        port: int = 0,
        user: str = Config.user,
        password: str = Config.password,
        *,
        model_pricing: bool = False,
        clock: Callable[[], int] = wall_clock,
        faults: Faults | None = None,
    ) -> None:
        self.requests: list[tuple[str, str, int]] = []
        """Method, path and status of every answered request, in order."""
        self._folder = Path(folder)
        self._port = port
        self._config = Config(user, password, model_pricing)
        self._clock = clock
        self._faults = faults
        self._running: _Running | None = None

    @property
    def server(self) -> Server:
        """The parts of the running server."""
        return self._run.server

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self._run.port}"

    @property
    def _run(self) -> _Running:
        if self._running is None:
            raise LlmCostError("the embedded server is not running", hint="call start() first")
        return self._running

    def start(self) -> Self:
        """Start answering; the folder's earlier content is there."""
        server = Server(self._folder, self._config, self._clock)
        server.answered = self._note
        self._running = _Running(server, self._port, self._faults)
        return self

    def _note(self, method: str, path: str, status: int) -> None:
        self.requests.append((method, path, status))

    def stop(self) -> None:
        """Stop answering and free the folder; starting again is fine."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Running:
    """uvicorn in a thread."""

    def __init__(self, server: Server, port: int, faults: Faults | None) -> None:
        self.server = server
        config = uvicorn_config(server, faults)
        try:
            # Listening starts here, so that a client may connect as soon as this returns.
            self._socket = listen(port)
        except OSError:
            server.close()
            raise LlmCostError(
                f"port {port} on {LOOPBACK} is taken", hint="choose another with --port"
            ) from None
        self.port: int = self._socket.getsockname()[1]
        self._uvicorn = uvicorn.Server(config)
        self._thread = Thread(target=self._serve, name="openobserve-local", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._uvicorn.run(sockets=[self._socket])

    def stop(self) -> None:
        self._uvicorn.should_exit = True
        self._thread.join()
        self._socket.close()
        self.server.close()


def listen(port: int) -> socket.socket:
    """Return a socket that listens on loopback; 0 lets the system choose the port.

    Raises:
        OSError: the port is taken.
    """
    listening = socket.create_server((LOOPBACK, port))
    # asyncio would not set it on such a socket, and every answer would take 40 ms longer.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def uvicorn_config(server: Server, faults: Faults | None = None) -> uvicorn.Config:
    """Return how uvicorn runs a server: quiet, HTTP only."""
    app: ASGIApp = build_app(server)
    return uvicorn.Config(
        app if faults is None else FaultyApp(app, faults),
        log_level="error",
        access_log=False,
        lifespan="off",
        ws="none",
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
