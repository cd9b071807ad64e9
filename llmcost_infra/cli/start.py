"""The start of `llmcost`: Ctrl-C ends it in one line, also while it is still being loaded."""

from __future__ import annotations

import _thread
import gc
import signal
import sys
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["INTERRUPTED", "main"]

INTERRUPTED = 130
"""What a shell reports for Ctrl-C."""

_IMPORTS = "<frozen importlib._bootstrap>"
_AGAIN_AFTER_S = 0.02


def main() -> NoReturn:
    """Run the command line and exit with a code by cause."""
    # A command needs most of what it makes until it ends: looking for garbage takes a tenth of it.
    gc.set_threshold(100_000)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        from llmcost_infra.cli.main import main as run  # noqa: PLC0415 - what may be interrupted

        run()
    except KeyboardInterrupt:
        # As click says it, which may not be there yet.
        sys.stderr.write("\nAborted.\n")
        sys.exit(INTERRUPTED)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, but let it wait until no module is being loaded.

    What libraries do then in other languages loses it, or takes it for an error of its own.
    """
    if not _is_loading(frame):
        raise KeyboardInterrupt
    _thread.start_new_thread(_again, (_thread.get_ident(), number))


def _is_loading(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code.co_filename != _IMPORTS:
        frame = frame.f_back
    return frame is not None


def _again(thread: int, number: int) -> None:
    time.sleep(_AGAIN_AFTER_S)
    signal.pthread_kill(thread, number)  # so that it need not wait for what that thread waits for
