"""Streams that a tracked client returns: the application's own, watched as it reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from llmcost_infra.telemetry.left import leave

if TYPE_CHECKING:
    from llmcost_infra.telemetry.tracked import TrackedCall

__all__ = ["AsyncTrackedStream", "TrackedStream", "tracked_stream"]


def tracked_stream(
    stream: Any, call: TrackedCall, *, asynchronous: bool, usage_is_ours: bool
) -> Any:
    """Return a stream that is read as the given one, or that one where it is no stream.

    Args:
        stream: what the client returned.
        call: that it answers.
        asynchronous: whether the client is; a stream's own methods do not tell, because wrappers of
            instrumentations have those of both kinds.
        usage_is_ours: we asked for usage: the piece that has nothing else stays from the
            application, whose code may not know such pieces.
    """
    if not hasattr(stream, "__aiter__" if asynchronous else "__iter__"):
        return stream
    kind = AsyncTrackedStream if asynchronous else TrackedStream
    return kind(stream, call, usage_is_ours)


class _Watched:
    """What both kinds have in common: everything else is the client's stream.

    Args:
        stream: of the client.
        call: that it answers.
        usage_is_ours: pieces that only have usage stay from the application.
    """

    def __init__(self, stream: Any, call: TrackedCall, usage_is_ours: bool) -> None:
        self._stream = stream
        self._call = call
        self._usage_is_ours = usage_is_ours

    if not TYPE_CHECKING:  # checkers take it for writable

        @property
        def __class__(self) -> type:
            """What `isinstance` sees: the client's own class."""
            return type(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __del__(self) -> None:
        if call := self.__dict__.get("_call"):
            leave(call)

    def _is_for_the_application(self, piece: object) -> bool:
        self._call.streamed()
        self._call.take(piece)
        return not (self._usage_is_ours and self._call.is_only_usage(piece))


class TrackedStream(_Watched):
    """A stream of a client that waits."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        """Return the next piece."""
        while True:
            try:
                piece = next(self._items)
            except StopIteration:
                self._call.ended("complete")
                raise
            except BaseException as error:
                # A task that is cancelled leaves the stream; nothing has failed.
                self._call.ended("failed" if isinstance(error, Exception) else "abandoned", error)
                raise
            if self._is_for_the_application(piece):
                return piece

    def __enter__(self) -> Self:
        if hasattr(self._stream, "__enter__"):
            self._stream.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:
        try:
            leave = getattr(self._stream, "__exit__", None)
            return leave(*error) if leave else None
        finally:
            self._call.left()

    def close(self) -> None:
        """Leave the stream."""
        try:
            self._stream.close()
        finally:
            self._call.left()

    @property
    def _items(self) -> Any:
        # Some streams are their own iterators, of others there is one.
        items = self.__dict__.get("_iterating")
        if items is None:
            items = self._iterating = iter(self._stream)
        return items


class AsyncTrackedStream(_Watched):
    """A stream of an asynchronous client."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        """Return the next piece."""
        while True:
            try:
                piece = await anext(self._items)
            except StopAsyncIteration:
                self._call.ended("complete")
                raise
            except BaseException as error:
                # A task that is cancelled leaves the stream; nothing has failed.
                self._call.ended("failed" if isinstance(error, Exception) else "abandoned", error)
                raise
            if self._is_for_the_application(piece):
                return piece

    async def __aenter__(self) -> Self:
        if hasattr(self._stream, "__aenter__"):
            await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> Any:
        try:
            leave = getattr(self._stream, "__aexit__", None)
            return await leave(*error) if leave else None
        finally:
            self._call.left()

    async def close(self) -> None:
        """Leave the stream."""
        try:
            await self._stream.close()
        finally:
            self._call.left()

    @property
    def _items(self) -> Any:
        items = self.__dict__.get("_iterating")
        if items is None:
            items = self._iterating = aiter(self._stream)
        return items
