"""The start of `llmcost`: Ctrl-C ends it in one line, also while it is still being loaded."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn

__all__ = ["INTERRUPTED", "main"]

INTERRUPTED = 130
"""What a shell reports for Ctrl-C."""


def main() -> NoReturn:
    """Run the command line and exit with a code by cause."""
    # A command needs most of what it makes until it ends: looking for garbage takes a tenth of it.
    gc.set_threshold(100_000)
    try:
        from llmcost_infra.cli.main import main as run  # noqa: PLC0415 - what may be interrupted

        run()
    except KeyboardInterrupt:
        # As click says it, which may not be there yet.
        sys.stderr.write("\nAborted.\n")
        sys.exit(INTERRUPTED)
