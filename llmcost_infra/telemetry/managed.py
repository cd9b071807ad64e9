"""Streams that a client opens in `with`, such as those of Anthropic's `messages.stream`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from llmcost_infra.telemetry.harmless import harmless
from llmcost_infra.telemetry.streams import tracked_stream

if TYPE_CHECKING:
    from llmcost_infra.telemetry.tracked import TrackedCall

__all__ = ["TrackedManager"]

_RAW = "_raw_stream"


class TrackedManager:
    """What the client returned, to be entered as before; the stream is the client's own.

    Args:
        manager: of the client, synchronous or not.
        call: that it is about.
    """

    def __init__(self, manager: Any, call: TrackedCall) -> None:
        self._manager = manager
        self._call = call
        self._stream: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)

    def __enter__(self) -> Any:
        try:
            with self._call.under_way():
                self._stream = self._manager.__enter__()
        except BaseException as error:
            self._call.ended(error=error)
            raise
        self._watch(asynchronous=False)
        return self._stream

    def __exit__(self, *error: object) -> Any:
        try:
            return self._manager.__exit__(*error)
        finally:
            self._left()

    async def __aenter__(self) -> Any:
        try:
            with self._call.under_way():
                self._stream = await self._manager.__aenter__()
        except BaseException as error:
            self._call.ended(error=error)
            raise
        self._watch(asynchronous=True)
        return self._stream

    async def __aexit__(self, *error: object) -> Any:
        try:
            return await self._manager.__aexit__(*error)
        finally:
            self._left()

    @harmless
    def _watch(self, *, asynchronous: bool) -> None:
        """See the pieces as the client's stream reads them, where it lets us."""
        self._call.begun()
        raw = getattr(self._stream, _RAW, None)
        if raw is not None:
            seen = tracked_stream(raw, self._call, asynchronous=asynchronous, usage_is_ours=False)
            setattr(self._stream, _RAW, seen)

    @harmless
    def _left(self) -> None:
        """Take what the stream knows of itself, if we saw no end of it."""
        whole = None
        with suppress(Exception):  # it asserts that a piece has come
            whole = self._stream.current_message_snapshot
        if not self._call.done and getattr(whole, "stop_reason", None):
            self._call.take(whole)
            self._call.ended("complete")
        self._call.ended("abandoned")
        self._call.closed()
