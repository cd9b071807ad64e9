"""Starts, finds and stops the embedded OpenObserve of a first run."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from llmcost_infra.errors import LlmCostError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["USER", "Running", "is_alive", "running", "start", "stop"]

USER = "root@example.com"
"""The embedded server's root user."""

_READY_WITHIN_S = 60.0
_STOPPED_WITHIN_S = 10.0
_ANSWERS_WITHIN_S = 30.0
"""A server that runs may be busy; taken for one that does not, a second would get its folder."""

_SAID = re.compile(rb"OpenObserve \(embedded\) at http://127\.0\.0\.1:(\d+),")
"""What the server says once it answers."""

_children: dict[int, subprocess.Popen[bytes]] = {}
"""Servers that this process started, so that one that ended is collected and not a zombie."""


@dataclass(frozen=True, slots=True)
class Running:
    """An embedded server that runs, as the folder remembers it.

    Args:
        port: loopback port; kept for the next start.
        pid: process that we started.
        password: of root@example.com, made at the first start.
    """

    port: int
    pid: int
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self.port}"


def start(folder: Path, port: int | None = None) -> Running:
    """Start the server on its remembered port, or find that it runs already.

    Args:
        folder: the target's folder.
        port: a port of the caller's choice; without one the remembered or a free one is taken.

    Raises:
        LlmCostError: the chosen port is taken, or the server does not come up.
    """
    known = _remembered(folder)
    if known and port in {None, known.port} and _runs(known):
        return known
    if port is not None and not _is_free(port):
        raise LlmCostError(
            f"Port {port} of 127.0.0.1 is in use.",
            hint="Choose another with --port, or leave the option out and a free one is taken.",
        )
    stop(folder)
    # The system chooses where nobody did: a port that was free a moment ago may be taken by now.
    chosen = port or (known.port if known and _is_free(known.port) else 0)
    return _launch(folder, chosen, known.password if known else secrets.token_urlsafe(18))


def running(folder: Path) -> Running | None:
    """Return the server that runs on this folder, if one does."""
    known = _remembered(folder)
    return known if known and _runs(known) else None


def stop(folder: Path) -> bool:
    """Stop the server that was started for this folder and return whether one ran."""
    known = running(folder)
    if known is None:
        return False
    for request in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(known.pid, request)
        end = time.monotonic() + _STOPPED_WITHIN_S
        while is_alive(known.pid) and time.monotonic() < end:
            time.sleep(0.05)
        if not is_alive(known.pid):
            break
    return True


def is_alive(pid: int) -> bool:
    """Tell whether a process is there."""
    if pid in _children:
        return _children[pid].poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _launch(folder: Path, port: int, password: str) -> Running:
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    with log.open("ab") as output:
        begin = output.tell()
        process = subprocess.Popen(  # noqa: S603 - our own module
            [
                *(sys.executable, "-m", "llmcost_infra.local"),
                *("--data", str(folder / "data"), "--port", str(port)),
            ],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "OPENOBSERVE_USER": USER, "OPENOBSERVE_PASSWORD": password},
            start_new_session=True,  # Ctrl-C in the terminal is not meant for the server
        )
    for earlier in _children.values():
        earlier.poll()  # one that died meanwhile is nobody's any more
    _children[process.pid] = process
    remembered = False
    try:
        if answering := _port_of(process, log, begin):
            server = Running(answering, process.pid, password)
            _remember(folder, server)
            remembered = True
            return server
    finally:
        if not remembered:
            process.kill()  # nobody would find it again
    words = log.read_text(errors="replace").strip().splitlines()[-5:]
    raise LlmCostError(
        "The embedded OpenObserve did not come up: " + " / ".join(words or ["no output"]),
        hint=f"Its whole log is {log}.",
    )


def _port_of(process: subprocess.Popen[bytes], log: Path, begin: int) -> int | None:
    """Return the port at which a server answers, once its log says so; None if it does not."""
    end = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        if said := _SAID.search(log.read_bytes(), begin):
            return int(said[1])
        time.sleep(0.05)
    return None


def _memory(folder: Path) -> Path:
    return folder / "server.json"


def _remembered(folder: Path) -> Running | None:
    with suppress(OSError, ValueError, TypeError):
        return Running(**json.loads(_memory(folder).read_text()))
    return None


def _remember(folder: Path, server: Running) -> None:
    draft = folder / "server.json.draft"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(server)))
    draft.replace(_memory(folder))


def _runs(server: Running) -> bool:
    # The port is asked too: after a reboot the number may belong to somebody else's process.
    return is_alive(server.pid) and _answers(server)


def _answers(server: Running) -> bool:
    address = f"{server.url}/healthz"
    with suppress(URLError, OSError), urlopen(address, timeout=_ANSWERS_WITHIN_S) as answer:  # noqa: S310 - loopback
        return bool(answer.status == 200)  # noqa: PLR2004 - HTTP
    return False


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False
