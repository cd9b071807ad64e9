"""A long command is shown to live, its last words are kept, and it can be ended."""

from __future__ import annotations

import io
import os
import sys
import time
from typing import TYPE_CHECKING

import pytest
import watched

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    """A clock that may be moved on.

    Args:
        moves: whether it goes by itself as well.
    """

    def __init__(self, *, moves: bool) -> None:
        self._now = time.monotonic if moves else lambda: 0.0
        self.ahead = 0.0

    def monotonic(self) -> float:
        """Return the seconds."""
        return self._now() + self.ahead


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time pass, however long a program takes to start."""
    monkeypatch.setattr(watched, "time", Clock(moves=False))


def python(code: str) -> list[str]:
    """Return the command that runs this code."""
    return [sys.executable, "-c", code]


def test_the_exit_code_and_both_streams_are_kept() -> None:
    """What a command said last, on either stream, is there for an error message."""
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)"

    assert watched.run(python(code), title="working") == watched.Finished(3, ("out", "err"))


def test_only_the_end_of_a_long_output_is_kept() -> None:
    """An output of any length takes bounded memory."""
    ended = watched.run(python("for i in range(500): print(i)"), title="working")

    assert ended.tail == tuple(str(i) for i in range(460, 500))


def test_output_that_is_no_utf8_is_no_error() -> None:
    """A compiler may print any bytes."""
    code = "import sys; sys.stdout.buffer.write(bytes([0xff, 10]))"

    assert watched.run(python(code), title="working") == watched.Finished(0, ("\ufffd",))


def test_a_command_gets_no_input() -> None:
    """A program that asks a question gets an end of input instead of hanging."""
    code = "import sys; print(repr(sys.stdin.read()))"

    assert watched.run(python(code), title="working").tail == ("''",)


def test_environment_and_folder_are_the_callers(tmp_path: Path) -> None:
    """A command sees the environment and the folder that it was given, and no other variable."""
    command = ["/bin/sh", "-c", 'echo "$WORD:$HOME" && pwd']

    ended = watched.run(command, title="working", env={"WORD": "yes"}, cwd=tmp_path)

    assert ended.tail == ("yes:", str(tmp_path))


@pytest.mark.usefixtures("stopped")
def test_progress_goes_to_stderr_with_the_notes_of_the_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In a pipe there is a line now and then, with what the caller makes of the output."""
    ended = watched.run(
        python("print('a')"), title="building", note=lambda line: f"met {line}", every=0
    )

    said = capsys.readouterr()
    assert ended.code == 0
    assert said.out == ""
    assert "  building … 0:00, met a\n" in said.err


@pytest.mark.usefixtures("stopped")
def test_nothing_is_said_about_what_is_quick(capsys: pytest.CaptureFixture[str]) -> None:
    """A command that ends at once needs no progress line."""
    watched.run(python("print('a')"), title="building")

    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("stopped")
def test_a_terminal_gets_one_line_that_is_cleared_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a terminal the progress line is rewritten in place and gone when the work is done."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    watched.run(python("print('a')"), title="building", every=0)

    assert "\r\x1b[K  building … 0:00" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert "\n" not in terminal.getvalue()


def test_at_the_limit_a_command_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that a command started outlives its limit."""
    clock = Clock(moves=True)
    monkeypatch.setattr(watched, "time", clock)

    def almost_there(_line: str) -> None:
        clock.ahead = 299.9

    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    grandchild = f"exec 3>{fifo}; echo here >&3; echo started; read forever <{tmp_path}/never"
    os.mkfifo(tmp_path / "never")

    command = ["/bin/sh", "-c", f"({grandchild}) & wait"]
    ended = watched.run(command, title="hanging", note=almost_there, limit=300)

    os.set_blocking(reading, True)
    assert ended == watched.Finished(watched.TIMED_OUT, ("started",))
    assert os.read(reading, 100) == b"here\n"
    assert os.read(reading, 100) == b""  # end of file: no writer is left
    os.close(reading)


def test_a_command_does_not_outlive_an_interrupt(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a build leaves no build behind."""
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    os.mkfifo(tmp_path / "never")
    reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    command = f"exec 3>{fifo}; echo here >&3; echo started; read forever <{tmp_path}/never"

    def interrupt(_line: str) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watched.run(["/bin/sh", "-c", command], title="building", note=interrupt)

    os.set_blocking(reading, True)
    assert os.read(reading, 100) == b"here\n"
    assert os.read(reading, 100) == b""
    os.close(reading)


def test_a_program_that_is_not_there_is_an_os_error() -> None:
    """The caller names what is missing, so the error passes through."""
    with pytest.raises(FileNotFoundError):
        watched.run(["/nowhere/program"], title="working")
