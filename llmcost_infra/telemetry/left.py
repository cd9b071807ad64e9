"""Calls whose answers nobody holds any more, so that no more of them will be read.

Python may collect garbage anywhere, also while the SDK holds a lock that an ended span needs: a
finalizer that a collection runs must end nothing itself.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Literal

from llmcost_infra.telemetry.harmless import harmless

if TYPE_CHECKING:
    from llmcost_infra.telemetry.tracked import TrackedCall

__all__ = ["end_what_was_left", "leave"]

_found: Final[deque[tuple[TrackedCall, int]]] = deque()
_collecting: Final[list[bool]] = []


@harmless
def leave(call: TrackedCall) -> None:
    """End a call from a finalizer: now, or as soon as something else of ours runs.

    Args:
        call: that is abandoned, unless it has ended.
    """
    # What an exit finds being read has been ended; now there is nothing left to end it with.
    if sys.is_finalizing() or (call.done and call.forgotten is None):
        return
    if not _collecting:
        call.ended("abandoned")
    # An instrumentation ends its span where what it reads is finalized in turn, if it does.
    _found.append((call, time.time_ns()))


def end_what_was_left() -> None:
    """End the calls that finalizers have found."""
    while _found:
        call, at_ns = _found.popleft()
        call.ended("abandoned", at_ns=at_ns)
        call.closed()


def _note(phase: Literal["start", "stop"], _info: dict[str, Any]) -> None:
    _collecting[:] = [True] if phase == "start" else []


gc.callbacks.append(_note)

if hasattr(os, "register_at_fork"):
    # The parent ends them.
    os.register_at_fork(after_in_child=_found.clear)
