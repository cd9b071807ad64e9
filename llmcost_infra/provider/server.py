"""The provider's process."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from llmcost_infra.provider.plugin import run_plugin
from llmcost_infra.provider.rpc import serve
from llmcost_infra.provider.servicer import Servicer

if TYPE_CHECKING:
    from llmcost_infra.provider.rpc import Served

__all__ = ["engine_address", "main"]


def main() -> None:
    """Serve the engine that started this process."""
    servicer = Servicer()

    def start() -> Served:
        if address := engine_address(sys.argv[1:]):
            servicer.log.connect(address)
        served = serve(servicer)
        # The engine starts the program meanwhile: what the first call needs is loaded by then.
        threading.Thread(target=lambda: servicer.handlers, daemon=True).start()
        return served

    run_plugin(start, servicer.close)


def engine_address(arguments: list[str]) -> str:
    """Return the engine's ``host:port`` among a plugin's arguments, if it is there.

    Args:
        arguments: flags of the engine's own logging, and the address as the last one.
    """
    places = [argument for argument in arguments if not argument.startswith("-")]
    return places[-1] if places else ""
