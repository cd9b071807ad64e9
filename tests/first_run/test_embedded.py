"""The embedded server of a first run: started once, found again, stopped."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from llmcost_infra.errors import LlmCostError
from llmcost_infra.first_run import embedded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A target's folder whose server is stopped in the end."""
    yield tmp_path
    embedded.stop(tmp_path)


def test_it_is_started_once_and_keeps_its_port(folder: Path, lasting_port: int) -> None:
    """A second start finds the running server; after a stop the next one has the same address."""
    first = embedded.start(folder, lasting_port)
    assert embedded.start(folder) == first
    assert embedded.running(folder) == first
    assert embedded.stop(folder)
    assert embedded.running(folder) is None
    again = embedded.start(folder)
    assert (again.port, again.password) == (first.port, first.password)


def test_its_memory_is_for_the_owner_only(folder: Path) -> None:
    """The file that keeps the password is readable by its owner alone, and repr hides it."""
    server = embedded.start(folder)
    assert (folder / "server.json").stat().st_mode & 0o077 == 0
    assert server.password not in repr(server)


def test_it_answers_and_listens_on_loopback_only(folder: Path) -> None:
    """The address that is printed is the address that answers."""
    server = embedded.start(folder)
    with urlopen(f"{server.url}/healthz", timeout=30) as answer:  # noqa: S310 - loopback
        assert json.load(answer) == {"status": "ok"}
    assert server.url.startswith("http://127.0.0.1:")


def test_a_port_in_use_is_refused(folder: Path) -> None:
    """A chosen port that somebody else has: one clear error, nothing started."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LlmCostError, match=f"Port {port} .* is in use"):
            embedded.start(folder, port)
    assert embedded.running(folder) is None


def test_a_port_in_use_leaves_the_running_server_alone(folder: Path) -> None:
    """A refused move stops nothing."""
    first = embedded.start(folder)
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(LlmCostError, match="in use"):
            embedded.start(folder, other.getsockname()[1])
    assert embedded.running(folder) == first


def test_a_remembered_port_that_was_taken_meanwhile_is_given_up(
    folder: Path, lasting_port: int
) -> None:
    """Somebody else's program on the old port does not stop a first run."""
    first = embedded.start(folder, lasting_port)
    embedded.stop(folder)
    with closing(socket.socket()) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", first.port))
        other.listen()
        assert embedded.start(folder).port != first.port


def test_another_port_moves_the_server(folder: Path, lasting_port: int) -> None:
    """A port chosen later wins over the remembered one."""
    first = embedded.start(folder)
    assert embedded.start(folder, lasting_port).port == lasting_port != first.port


def test_stopping_nothing_is_fine(folder: Path) -> None:
    """Only what was started is stopped."""
    assert not embedded.stop(folder)


def test_a_process_that_merely_has_the_old_number_is_left_alone(
    folder: Path, closed_port: int
) -> None:
    """After a reboot the remembered process number may be anybody's."""
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        memory = {"port": closed_port, "pid": other.pid, "password": "x"}
        (folder / "server.json").write_text(json.dumps(memory))
        assert not embedded.stop(folder)
        assert other.poll() is None
    finally:
        other.communicate(b"\n")


def test_a_killed_server_is_started_again(folder: Path, lasting_port: int) -> None:
    """A crash of the server costs nothing but the start."""
    first = embedded.start(folder, lasting_port)
    os.kill(first.pid, 9)
    again = embedded.start(folder)
    assert (again.port, again.pid != first.pid) == (first.port, True)


def test_a_start_that_is_interrupted_leaves_no_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would find it again, and it would keep its data from the next one."""
    started: list[int] = []

    def interrupted(process: subprocess.Popen[bytes], *_: object) -> int:
        started.append(process.pid)
        raise KeyboardInterrupt

    monkeypatch.setattr(embedded, "_port_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        embedded.start(folder)
    monkeypatch.undo()
    (pid,) = started
    assert os.waitpid(pid, 0)[1] == 9
    assert embedded.running(folder) is None


def test_a_memory_that_was_cut_is_no_memory(folder: Path) -> None:
    """It is a start like the first one, with a new password."""
    (folder / "server.json").write_text('{"port": 5')
    assert embedded.running(folder) is None
    assert embedded.start(folder) == embedded.running(folder)


def test_a_server_that_does_not_come_up_says_why(folder: Path) -> None:
    """The last words of the server are in the message, and where the rest is."""
    (folder / "data").write_text("a file where the folder should be")
    with pytest.raises(LlmCostError, match="did not come up") as failed:
        embedded.start(folder)
    assert "server.log" in failed.value.hint
