"""Raw responses, which applications parse themselves: what they get out of one is watched.

Clients that are made like OpenAI's and Anthropic's have them: `with_raw_response` reads the body
before it returns, `with_streaming_response` leaves that to the application.
"""

from __future__ import annotations

from contextlib import suppress
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final, cast

from llmcost_infra.telemetry.harmless import harmless
from llmcost_infra.telemetry.left import leave
from llmcost_infra.telemetry.streams import tracked_stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.telemetry.tracked import TrackedCall

__all__ = ["TrackedResponse", "is_raw", "reads_lines"]

_KINDS: Final = frozenset({"LegacyAPIResponse", "APIResponse", "AsyncAPIResponse"})
_HEADER: Final = "x-stainless-raw-response"


def is_raw(answer: object) -> bool:
    """Tell whether an answer is a raw response of a client, or a proxy of one."""
    return answer.__class__.__name__ in _KINDS and hasattr(answer, "http_response")


def reads_lines(asked: Mapping[str, Any]) -> bool:
    """Tell whether an application may read the lines of an answer as the server sends them.

    Args:
        asked: the arguments of the call.
    """
    headers = asked.get("extra_headers")
    if not isinstance(headers, dict):
        return False
    said = cast("dict[object, object]", headers).items()
    return any(str(name).lower() == _HEADER and value == "stream" for name, value in said)


class TrackedResponse:
    """What the client returned, to be read as before.

    Args:
        response: of the client.
        call: that it answers.
        streamed: whether the application asked for a stream.
        asynchronous: whether the client is.
        usage_is_ours: we asked for usage: the piece that has nothing else stays from the
            application.
    """

    def __init__(
        self,
        response: Any,
        call: TrackedCall,
        *,
        streamed: bool,
        asynchronous: bool,
        usage_is_ours: bool,
    ) -> None:
        self._response = response
        self._call = call
        self._streamed = streamed
        self._how = {"asynchronous": asynchronous, "usage_is_ours": usage_is_ours}
        self._parsed: Any = None
        self._stream: Any = None
        if not streamed and response.http_response.is_closed:
            self._read()

    if not TYPE_CHECKING:  # checkers take it for writable

        @property
        def __class__(self) -> type:
            """What `isinstance` sees: the client's own class."""
            return self._response.__class__

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    def __del__(self) -> None:
        call = self.__dict__.get("_call")
        if call is not None and self._stream is None:
            leave(call)

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the client makes of the response; a stream is watched."""
        told = self._response.parse(*args, **kwargs)
        return self._parsed_later(told) if isawaitable(told) else self._seen(told)

    def close(self) -> Any:
        """Close the response."""
        self._closed()
        return self._response.close()

    async def _parsed_later(self, told: Any) -> Any:
        return self._seen(await told)

    def _seen(self, told: Any) -> Any:
        if not self._streamed:
            self._call.take(told)
            self._call.ended()
            return told
        if self._parsed is not told:
            self._parsed, self._stream = told, tracked_stream(told, self._call, **self._how)
        return self._stream

    @harmless
    def _closed(self) -> None:
        if self._streamed:
            self._call.ended("abandoned")
        elif not self._call.done:
            self._read()

    def _read(self) -> None:
        """Take what the body says, if it was read and not only passed on."""
        with suppress(Exception):
            self._call.take(self._response.http_response.json())
        self._call.ended()
