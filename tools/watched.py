"""Runs a command that takes long: shows that it lives, keeps the end of its output, can end it.

Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

__all__ = ["TIMED_OUT", "Finished", "run", "say"]

TIMED_OUT = -1
_TAIL = 40  # lines of output kept for an error message


@dataclass(frozen=True)
class Finished:
    """How a command ended.

    Args:
        code: its exit code, or TIMED_OUT when it was ended at its limit.
        tail: the last lines of its output, both streams together.
    """

    code: int
    tail: tuple[str, ...]


def say(message: str) -> None:
    """Print one line on stderr: stdout belongs to what a caller reads."""
    print(message, file=sys.stderr, flush=True)


def run(  # noqa: PLR0913 - one call, with its options by name
    command: Sequence[str],
    *,
    title: str,
    note: Callable[[str], str | None] = lambda _line: None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    every: float = 15.0,
    limit: float | None = None,
) -> Finished:
    """Run a command to its end, with a line about its progress now and then.

    Args:
        command: program and arguments.
        title: what is being done, at the start of each progress line.
        note: turns a line of output into words for the progress line, or None to leave it.
        env: the command's environment; this process's by default.
        cwd: where it runs.
        every: seconds between two progress lines; a terminal gets one line that is rewritten.
        limit: seconds after which the command and its children are ended.

    Raises:
        OSError: the program cannot be started.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        text=True,
        errors="replace",
        start_new_session=True,  # so that its children can be ended with it
    ) as child:
        try:
            return _follow(child, _Progress(title, every), note, limit)
        except BaseException:
            _end(child)
            raise


def _follow(
    child: subprocess.Popen[str],
    progress: _Progress,
    note: Callable[[str], str | None],
    limit: float | None,
) -> Finished:
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(child.stdout, lines), daemon=True).start()
    tail: deque[str] = deque(maxlen=_TAIL)
    deadline = None if limit is None else time.monotonic() + limit
    while True:
        if deadline is not None and time.monotonic() >= deadline:
            _end(child)
            progress.done()
            return Finished(TIMED_OUT, tuple(tail))
        try:
            line = lines.get(timeout=progress.pause(deadline))
        except queue.Empty:
            progress.tick()
            continue
        if line is None:
            break
        tail.append(line)
        progress.tick(note(line))
    code = child.wait()
    progress.done()
    return Finished(code, tuple(tail))


def _read(stream: TextIO | None, lines: queue.Queue[str | None]) -> None:
    for line in stream or ():
        lines.put(line.rstrip())
    lines.put(None)


def _end(child: subprocess.Popen[str]) -> None:
    # Its group is its own (start_new_session), so nothing else is meant.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


class _Progress:
    """One line that lives on a terminal; a line now and then in a pipe."""

    def __init__(self, title: str, every: float) -> None:
        self._title = title
        self._started = self._said = time.monotonic()
        self._words = ""
        self._live = sys.stderr.isatty()
        self._every = min(every, 0.5) if self._live else every

    def pause(self, deadline: float | None) -> float:
        """Seconds to wait for output before the next tick."""
        return self._every if deadline is None else min(self._every, _left(deadline))

    def tick(self, words: str | None = None) -> None:
        """Take news in, and show them when it is time."""
        self._words = words or self._words
        now = time.monotonic()
        if now - self._said < self._every:
            return
        self._said = now
        elapsed = int(now - self._started)
        text = f"  {self._title} … {elapsed // 60}:{elapsed % 60:02d}"
        text += f", {self._words}" if self._words else ""
        if self._live:
            print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)
        else:
            say(text)

    def done(self) -> None:
        """Leave a clean line behind."""
        if self._live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
