"""Scenarios of the OpenAI client, as an application would call it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import openai

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["OPENAI"]

_ASKED: Final[Any] = [{"role": "user", "content": "A short question?"}]
_TOOLS: Final[Any] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]


def _client(base: str, retries: int = 0, timeout: float = 10) -> openai.OpenAI:
    return openai.OpenAI(
        api_key="none", base_url=f"{base}/v1", max_retries=retries, timeout=timeout
    )


def _chat(base: str, model: str, **more: Any) -> Any:
    return _client(base).chat.completions.create(model=model, messages=_ASKED, **more)


def _basic(base: str, _tool: object) -> None:
    _chat(base, "gpt-4o-mini", max_tokens=200, temperature=0.2)


def _cached(base: str, _tool: object) -> None:
    _chat(base, "gpt-4o")


def _flex(base: str, _tool: object) -> None:
    _chat(base, "o3-mini", service_tier="flex")


def _unknown(base: str, _tool: object) -> None:
    _chat(base, "ft:gpt-4o-mini-2024-07-18:acme::AbC123")


def _tools(base: str, tool: Callable[[str], Any]) -> None:
    client = _client(base)
    asked = list(_ASKED)
    first = client.chat.completions.create(model="gpt-4o", messages=asked, tools=_TOOLS)
    with tool("get_weather"):
        found = "4 degrees"
    asked += [
        first.choices[0].message,
        {"role": "tool", "tool_call_id": "call_1", "content": found},
    ]
    client.chat.completions.create(model="gpt-4o", messages=asked, tools=_TOOLS)


def _stream(base: str, _tool: object) -> None:
    for _ in _chat(base, "gpt-4o", stream=True):
        pass


def _stream_usage(base: str, _tool: object) -> None:
    for _ in _chat(base, "gpt-4o", stream=True, stream_options={"include_usage": True}):
        pass


def _abandoned(base: str, _tool: object) -> None:
    stream = _chat(base, "gpt-4o", stream=True)
    next(iter(stream))
    stream.close()


def _refused(count: int, retries: int = 0, timeout: float = 10) -> Callable[[str, object], None]:
    def run(base: str, _tool: object) -> None:
        client = _client(base, retries, timeout)
        for _ in range(count):
            with suppress(openai.APIError):
                client.chat.completions.create(model="gpt-4o", messages=_ASKED)

    return run


def _embeddings(base: str, _tool: object) -> None:
    _client(base).embeddings.create(model="text-embedding-3-small", input="A short text.")


def _response(base: str, _tool: object) -> None:
    _client(base).responses.create(model="gpt-4o", input="A short question?")


OPENAI: Final[Mapping[str, Callable[[str, Any], None]]] = {
    "chat_basic": _basic,
    "chat_cached": _cached,
    "chat_reasoning_flex": _flex,
    "chat_unknown_model": _unknown,
    "chat_tools": _tools,
    "chat_stream": _stream,
    "chat_stream_usage": _stream_usage,
    "chat_stream_abandoned": _abandoned,
    "chat_429": _refused(6),
    "chat_429_sdk_retries": _refused(1, retries=2),
    "chat_quota": _refused(1),
    "chat_500": _refused(1),
    "chat_timeout": _refused(1, timeout=0.5),
    "embeddings": _embeddings,
    "responses_api": _response,
}
"""Scenario → what makes its calls: the base address, and what opens the span of a tool's run."""
