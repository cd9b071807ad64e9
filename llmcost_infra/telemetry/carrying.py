"""Attribution across threads and executors, which do not inherit what holds where they begin."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, TypeVar

from llmcost_infra.telemetry.attribution import current, enter, leave
from llmcost_infra.telemetry.harmless import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Carried", "carried", "carry_across_threads"]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_CARRIES: Final = "_llmcost_carries"


class Carried(Generic[_P, _T]):
    """A function that runs with what held when this was made; pickled if the function can be.

    Args:
        function: what to run, in whichever thread, process or context.
        values: attribute → value that hold while it runs, and no others.
    """

    def __init__(self, function: Callable[_P, _T], values: Mapping[str, str]) -> None:
        self.function = function
        self.values = dict(values)

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run the function."""
        token = enter(self.values, alone=True)
        try:
            return self.function(*args, **kwargs)
        finally:
            leave(token)


def carried(function: Callable[_P, _T]) -> Carried[_P, _T]:
    """Return the function with the attribution of now: for process pools and queues.

    Threads and thread pools need no such thing once `configure` was called.

    Args:
        function: what to run later or elsewhere.
    """
    return Carried(function, current())


def carry_across_threads() -> None:
    """Let each new thread and each task of a pool begin with what holds where it is made."""
    if not hasattr(threading.Thread.start, _CARRIES):
        start = _start(threading.Thread.start)
        threading.Thread.start = start  # type: ignore[assignment,method-assign]
    if not hasattr(ThreadPoolExecutor.submit, _CARRIES):
        ThreadPoolExecutor.submit = _submit(ThreadPoolExecutor.submit)  # type: ignore[method-assign]


def _start(original: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    @wraps(original)
    def start(self: threading.Thread) -> None:
        if values := current():
            harmless(_carry)(self, values)
        original(self)

    setattr(start, _CARRIES, True)
    return start


def _carry(thread: threading.Thread, values: Mapping[str, str]) -> None:
    # Of this thread only: its class may have a `run` of its own.
    thread.run = Carried(thread.run, values)  # type: ignore[method-assign]


def _submit(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def submit(
        self: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Any:
        # Also when nothing holds: the thread may have begun where something did.
        return original(self, Carried(function, current()), *args, **kwargs)

    setattr(submit, _CARRIES, True)
    return submit
