"""The plugin's process: says its port, serves the engine, and ends with it."""

from __future__ import annotations

import os
import signal
import sys
import threading

from llmcost_infra.provider.rpc import serve
from llmcost_infra.provider.servicer import Servicer

__all__ = ["engine_address", "main"]

_GRACE = 1.0
"""Seconds for calls under way, once somebody asked us to end."""
_LOOK_EVERY = 1.0
"""Seconds between two looks whether the engine still lives."""


def main() -> None:
    """Serve the engine that started this process, until it asks us to end or is gone."""
    engine, ended = os.getppid(), threading.Event()

    def end(*_: object) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    servicer = Servicer()
    if address := engine_address(sys.argv[1:]):
        servicer.log.connect(address)
    served = serve(servicer)
    _say_port(served.port)
    # The engine starts the program meanwhile: what the first call needs is loaded by then.
    threading.Thread(target=lambda: servicer.handlers, daemon=True).start()
    while not ended.wait(_LOOK_EVERY) and os.getppid() == engine:
        pass
    servicer.close()
    served.stop(_GRACE)
    # A thread may still wait for a server's answer, and would keep the process for that long.
    os._exit(0)


def engine_address(arguments: list[str]) -> str:
    """Return the engine's ``host:port`` among a plugin's arguments, if it is there.

    Args:
        arguments: flags of the engine's own logging, and the address as the last one.
    """
    places = [argument for argument in arguments if not argument.startswith("-")]
    return places[-1] if places else ""


def _say_port(port: int) -> None:
    """Write the port as the first line; whatever is printed later must not follow it."""
    out, sys.stdout = sys.stdout, sys.stderr
    out.write(f"{port}\n")
    out.flush()
