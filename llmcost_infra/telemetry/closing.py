"""Telemetry that ends without keeping a process from ending.

What is left is exported at exit. If the server does not answer, exporters try for as long as their
time-out says; the process does not wait for that.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING, Final

from llmcost_infra.telemetry.harmless import harmless

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MOST_SECONDS", "Closer"]

MOST_SECONDS: Final = 3.0
"""How long an exit waits for one exporter."""


class Closer:
    """Runs a function in a thread that is there already: at exit none can be started.

    Args:
        close: what to run, once.
    """

    def __init__(self, close: Callable[[], object]) -> None:
        self._close = harmless(close)
        self.restart()
        _closers.add(self)

    def close(self, seconds: float = MOST_SECONDS) -> bool:
        """Run it, and wait a while.

        Args:
            seconds: how long.

        Returns:
            Whether it has ended.
        """
        self._asked.set()
        return self._ended.wait(seconds)

    def restart(self) -> None:
        """Begin anew in a child of a fork: the thread stayed in the parent."""
        self._asked, self._ended = threading.Event(), threading.Event()
        # It must not keep what it closes alive, nor a process.
        told = (weakref.ref(self), self._asked, self._ended)
        name = "llmcost_infra.telemetry"
        threading.Thread(target=self._wait, args=told, name=name, daemon=True).start()

    def __del__(self) -> None:
        self._asked.set()

    @staticmethod
    def _wait(closer: weakref.ref[Closer], asked: threading.Event, ended: threading.Event) -> None:
        asked.wait()
        if one := closer():
            one._close()  # noqa: SLF001 - its own class
        ended.set()


def _after_fork() -> None:
    for closer in list(_closers):
        closer.restart()


_closers: weakref.WeakSet[Closer] = weakref.WeakSet()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
