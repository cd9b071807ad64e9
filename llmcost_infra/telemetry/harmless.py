"""What applications call must not hurt them: what goes wrong is told once, and never raised."""

from __future__ import annotations

import logging
import weakref
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["close_with", "forget_what_was_told", "harmless", "tell_once"]

_LOGGER: Final = logging.getLogger("llmcost_infra.telemetry")
_told: set[str] = set()

_P = ParamSpec("_P")
_T = TypeVar("_T")


def harmless(function: Callable[_P, _T]) -> Callable[_P, _T | None]:
    """Decorate a function of ours so that it returns None where it would have raised."""

    @wraps(function)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _T | None:
        try:
            return function(*args, **kwargs)
        except Exception:  # noqa: BLE001 - the application goes on, whatever is wrong with us
            name = function.__qualname__
            tell_once(name, "%s failed; the application is not affected", name, exc_info=True)
            return None

    return guarded


def close_with(ours: Coroutine[Any, Any, Any], theirs: object) -> None:
    """Close the application's coroutine with ours, which awaits it once it is started itself.

    A task that is cancelled before its first step would leave the inner one, and a warning.

    Args:
        ours: that the application gets.
        theirs: what it awaits.
    """
    if (close := getattr(theirs, "close", None)) is not None:
        weakref.finalize(ours, close).atexit = False


def tell_once(about: str, message: str, *args: object, **how: Any) -> None:
    """Log a warning, the first time in this process that it is about something.

    Args:
        about: what must not be told again.
        message: for the log, in its format.
        args: that the message names.
        how: `exc_info`, for the log.
    """
    if about not in _told:
        _told.add(about)
        _LOGGER.warning(message, *args, **how)


def forget_what_was_told() -> None:
    """Tell everything again."""
    _told.clear()
