"""The process of a plugin: says its port, serves the engine, and ends with it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.provider.rpc import Served

__all__ = ["run_plugin"]

_GRACE: Final = 1.0
"""Seconds for calls under way, once somebody asked us to end."""
_LOOK_EVERY: Final = 1.0
"""Seconds between two looks whether the engine still lives."""


def run_plugin(start: Callable[[], Served], close: Callable[[], None]) -> NoReturn:
    """Serve the engine that started this process, until it asks us to end or is gone.

    Args:
        start: begins to answer.
        close: is called before calls under way are ended.
    """
    engine, ended = os.getppid(), threading.Event()

    def end(*_: object) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    served = start()
    _say_port(served.port)
    while not ended.wait(_LOOK_EVERY) and os.getppid() == engine:
        pass
    close()
    served.stop(_GRACE)
    # A thread may still wait for a server's answer, and would keep the process for that long.
    os._exit(0)


def _say_port(port: int) -> None:
    """Write the port as the first line; whatever is printed later must not follow it."""
    out, sys.stdout = sys.stdout, sys.stderr
    out.write(f"{port}\n")
    out.flush()
