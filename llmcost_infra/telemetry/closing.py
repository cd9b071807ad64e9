"""Telemetry that ends without keeping a process from ending.

What is left is exported at exit. If the server does not answer, exporters try for as long as their
time-out says; the process does not wait for that, and for all of them no longer than for one.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Final

from llmcost_infra.telemetry.harmless import harmless
from llmcost_infra.telemetry.tracked import finish_all

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MOST_SECONDS", "Closer", "close_at_exit"]

MOST_SECONDS: Final = 3.0
"""How long an exit waits."""


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
        """Run it, and wait a while; not again at the end of an exit that has waited.

        Args:
            seconds: how long.

        Returns:
            Whether it has ended.
        """
        self.begin()
        return self._ended.wait(0 if _waited else seconds)

    def begin(self) -> None:
        """Run it, and do not wait."""
        self._asked.set()

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


def close_at_exit(*providers: object) -> None:
    """Let an exit close everything at the same time, before the SDK would one after the other.

    Args:
        providers: of the SDK, that would be closed at exit and waited for.
    """
    for provider in providers:
        shutdown = getattr(provider, "shutdown", None)
        if shutdown is not None:
            atexit.unregister(shutdown)
            _kept.append(Closer(shutdown))
    # Last in, first out: whatever has been registered until now comes after it.
    atexit.register(_close_all)


@harmless
def _close_all() -> None:
    finish_all()
    closers = list(_closers)
    for closer in closers:
        closer.begin()
    until = time.monotonic() + MOST_SECONDS
    for closer in closers:
        closer.close(max(0.0, until - time.monotonic()))
    _waited[:] = [True]


def _after_fork() -> None:
    for closer in list(_closers):
        closer.restart()


_closers: weakref.WeakSet[Closer] = weakref.WeakSet()
_kept: Final[list[Closer]] = []
_waited: Final[list[bool]] = []

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
