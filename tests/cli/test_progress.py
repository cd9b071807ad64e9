"""Progress is on a terminal while something goes on; afterwards, and after Ctrl-C, it is not."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from rich.status import Status

from llmcost_infra.cli.main import main as run
from llmcost_infra.cli.printing import progress
from llmcost_infra.cli.start import main
from tests.cli.conftest import ERASED

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = "from llmcost_infra.cli.start import main; main()"


@pytest.mark.usefixtures("terminal")
def test_a_line_is_there_until_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    """What is told last is seen as well, however short it was."""
    with progress("Reading") as shown:
        shown.update("Writing")
    said = capsys.readouterr().err
    assert "Writing" in said
    assert said.endswith(ERASED)


def test_a_pipe_is_spared(capsys: pytest.CaptureFixture[str]) -> None:
    """A log has lines of what happened only."""
    with progress("Reading"):
        pass
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("moment", ["start", "stop"])
def test_ctrl_c_leaves_no_half_of_it(
    moment: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it comes while the line is drawn or erased: it waits for that."""
    original = getattr(Status, moment)

    def interrupted(status: Status) -> None:
        signal.raise_signal(signal.SIGINT)
        original(status)

    monkeypatch.setattr(Status, moment, interrupted)
    with pytest.raises(KeyboardInterrupt), progress("Reading"):
        pass
    assert capsys.readouterr().err.endswith(ERASED)
    with pytest.raises(KeyboardInterrupt):  # and the next one counts as ever
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_while_the_command_is_loaded_is_no_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no click yet that could say it."""

    class Interrupted(ModuleType):
        def __getattr__(self, name: str) -> Any:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, run.__module__, Interrupted("loading"))
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (130, "\nAborted.\n")


def test_ctrl_c_on_a_terminal_leaves_one_line(tmp_path: Path) -> None:
    """While a server is waited for: no traceback, no progress, and the code that shells expect."""
    (tmp_path / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    (tmp_path / "__main__.py").write_text("")
    (tmp_path / "Pulumi.test.yaml").write_text("config: {'mine:settings': {environment: test}}\n")
    arguments = ("reprice", "--stack", "test", "--from", "2026-11-01", "--to", "2026-11-02")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        access = {"URL": host, "USER": "me", "PASSWORD": "x", "ORG": "default"}
        screen, terminal = pty.openpty()
        command = subprocess.Popen(  # noqa: S603 - the command itself
            [sys.executable, "-c", COMMAND, *arguments],
            cwd=tmp_path,
            env={**os.environ, "TERM": "xterm-256color"}
            | {f"OPENOBSERVE_{name}": value for name, value in access.items()},
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)
        with command, silent.accept()[0]:
            command.send_signal(signal.SIGINT)
            said = b"".join(iter(lambda: _read(screen), b"")).decode()
    os.close(screen)
    assert command.returncode == 130
    before, _, after = said.rpartition(ERASED)
    assert "Asking the server" in before
    assert "Traceback" not in before
    assert after == "\r\nAborted.\r\n"


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 1_024)
    except OSError:  # Linux says so when nobody is at the other end any more
        return b""
