"""Clients in the shapes of OpenAI's and Anthropic's libraries, which answer from memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

__all__ = [
    "END",
    "EVENTS",
    "FIRST",
    "HEAD",
    "LAST",
    "USAGE",
    "USD",
    "AsyncStream",
    "Managed",
    "RefusedError",
    "Stream",
    "anthropic",
    "chat",
    "chunks",
    "completion",
    "leave_by_closing",
    "openai",
    "streaming",
]


USD = 0.005615
FIRST = "gen_ai.response.time_to_first_chunk"
LAST = "llmcost.stream.time_to_last_chunk"
END = "llmcost.stream.end"


class RefusedError(Exception):
    """An error of the client library, with the status of the answer."""

    def __init__(self, status_code: int, message: str = "refused") -> None:
        super().__init__(message)
        self.status_code = status_code


def told(value: Any) -> Any:
    """Return JSON as the library's objects."""
    if isinstance(value, dict):
        return SimpleNamespace(**{name: told(one) for name, one in value.items()})
    return [told(one) for one in value] if isinstance(value, list) else value


USAGE = {
    "prompt_tokens": 2006,
    "completion_tokens": 300,
    "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}
EVENTS: list[dict[str, Any]] = [
    {
        "type": "message_start",
        "message": {
            "model": "claude-sonnet-4-5",
            "usage": {"input_tokens": 86, "cache_read_input_tokens": 1920, "output_tokens": 1},
        },
    },
    {"type": "content_block_delta", "delta": {"text": "a"}},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"output_tokens": 300},
    },
]
HEAD = {"id": "chatcmpl-1", "model": "gpt-4o-2024-08-06", "service_tier": "default"}


def completion(**more: Any) -> Any:
    """Return a whole answer."""
    return told({**HEAD, "choices": [{"finish_reason": "stop"}], "usage": USAGE, **more})


def chunks(*, usage: bool) -> list[Any]:
    """Return the pieces of a stream; the last one has usage and nothing else, if it is told."""
    words = [{**HEAD, "choices": [{"delta": {"content": w}, "finish_reason": None}]} for w in "ab"]
    end = {**HEAD, "choices": [{"delta": {}, "finish_reason": "stop"}]}
    last = [{**HEAD, "choices": [], "usage": USAGE}] if usage else []
    return [told(piece) for piece in [*words, end, *last]]


class Stream:
    """A stream of the library.

    Args:
        pieces: what it yields; an error is raised instead.
    """

    def __init__(self, pieces: list[Any]) -> None:
        self.pieces = iter(pieces)
        self.closed = False
        self.response = "the HTTP response"

    def __iter__(self) -> Iterator[Any]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close."""
        self.closed = True


class AsyncStream:
    """As `Stream`, of the asynchronous client."""

    def __init__(self, pieces: list[Any]) -> None:
        self.pieces = iter(pieces)
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[Any]:
        for piece in self.pieces:
            if isinstance(piece, BaseException):
                raise piece
            yield piece

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close."""
        self.closed = True


class _Client:
    """A client of OpenAI's API.

    Args:
        answer: gets the arguments of a call and returns what the client returns.
    """

    base_url = "https://api.openai.com/v1/"

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=answer))
        self.embeddings = SimpleNamespace(create=answer)
        self.responses = SimpleNamespace(create=answer)
        self.with_options = lambda **_: _Client(answer)


def openai(answer: Callable[..., Any]) -> Any:
    """Return a client of OpenAI's API."""
    return _Client(answer)


class Managed:
    """A stream of Anthropic's that is opened in `with`, by both kinds of clients.

    Args:
        pieces: what it yields.
        readable: whether it lets us see the pieces as it reads them.
        refused: raised in place of a stream.
    """

    def __init__(
        self, pieces: list[Any], *, readable: bool = True, refused: Exception | None = None
    ) -> None:
        self.pieces = pieces
        self.readable = readable
        self.refused = refused
        self.current_message_snapshot: Any = None

    def __enter__(self) -> Self:
        if self.refused:
            raise self.refused
        self._open(Stream(self.pieces))
        return self

    def __exit__(self, *_error: object) -> None:
        getattr(self, self.name).close()

    async def __aenter__(self) -> Self:
        if self.refused:
            raise self.refused
        self._open(AsyncStream(self.pieces))
        return self

    async def __aexit__(self, *_error: object) -> None:
        await getattr(self, self.name).close()

    def __iter__(self) -> Iterator[Any]:
        return iter(getattr(self, self.name))

    def __aiter__(self) -> AsyncIterator[Any]:
        return aiter(getattr(self, self.name))

    def _open(self, raw: object) -> None:
        self.name = "_raw_stream" if self.readable else "somewhere_else"
        setattr(self, self.name, raw)


def anthropic(answer: Callable[..., Any]) -> Any:
    """Return a client of Anthropic's API."""
    messages = SimpleNamespace(create=answer, stream=answer)
    return SimpleNamespace(messages=messages, base_url="https://api.anthropic.com")


def streaming(**asked: Any) -> Stream:
    """Answer with a stream, as OpenAI does: usage where it is asked for."""
    return Stream(chunks(usage=bool((asked.get("stream_options") or {}).get("include_usage"))))


def chat(client: Any, **more: Any) -> Any:
    """Make a call as an application does."""
    return client.chat.completions.create(model="gpt-4o", messages=["a secret"], **more)


def leave_by_closing(stream: Any) -> None:
    """Close it."""
    next(iter(stream))
    stream.close()
