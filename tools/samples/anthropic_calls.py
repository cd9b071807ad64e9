"""Scenarios of the Anthropic client, as an application would call it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import anthropic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ANTHROPIC"]

_MODEL: Final = "claude-sonnet-4-5"
_ASKED: Final[Any] = [{"role": "user", "content": "A short question?"}]
_TOOLS: Final[Any] = [{"name": "get_weather", "input_schema": {"type": "object"}}]


def _client(base: str, retries: int = 0) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="none", base_url=base, max_retries=retries)


def _ask(base: str, model: str = _MODEL, **more: Any) -> Any:
    return _client(base).messages.create(model=model, messages=_ASKED, max_tokens=1024, **more)


def _basic(base: str, _tool: object) -> None:
    _ask(base)


def _cached(base: str, _tool: object) -> None:
    cache = {"type": "ephemeral"}
    _ask(base, system=[{"type": "text", "text": "Be brief.", "cache_control": cache}])


def _cached_1h(base: str, _tool: object) -> None:
    cache = {"type": "ephemeral", "ttl": "1h"}
    _ask(base, system=[{"type": "text", "text": "Be brief.", "cache_control": cache}])


def _unknown(base: str, _tool: object) -> None:
    _ask(base, model="claude-of-tomorrow")


def _tools(base: str, tool: Callable[[str], Any]) -> None:
    client = _client(base)
    asked = list(_ASKED)
    limits: Any = {"model": _MODEL, "max_tokens": 1024, "tools": _TOOLS}
    first = client.messages.create(messages=asked, **limits)
    with tool("get_weather"):
        found = "4 degrees"
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": found}
    asked += [
        {"role": "assistant", "content": [block.to_dict() for block in first.content]},
        {"role": "user", "content": [result]},
    ]
    client.messages.create(messages=asked, **limits)


def _stream(base: str, _tool: object) -> None:
    for _ in _ask(base, stream=True):
        pass


def _abandoned(base: str, _tool: object) -> None:
    stream = _ask(base, stream=True)
    next(iter(stream))
    stream.close()


def _refused(count: int, retries: int = 0) -> Callable[[str, object], None]:
    def run(base: str, _tool: object) -> None:
        client = _client(base, retries)
        for _ in range(count):
            with suppress(anthropic.APIError):
                client.messages.create(model=_MODEL, messages=_ASKED, max_tokens=1024)

    return run


ANTHROPIC: Final[Mapping[str, Callable[[str, Any], None]]] = {
    "messages_basic": _basic,
    "messages_cached": _cached,
    "messages_cached_little": _cached,
    "messages_cache_write": _cached,
    "messages_cache_write_1h": _cached_1h,
    "messages_cache_mixed": _cached_1h,
    "messages_long": _cached,
    "messages_thinking": _basic,
    "messages_tools": _tools,
    "messages_stream": _stream,
    "messages_stream_abandoned": _abandoned,
    "messages_unknown_model": _unknown,
    "messages_429": _refused(2),
    "messages_429_sdk_retries": _refused(1, retries=2),
    "messages_529": _refused(1),
}
"""Scenario → what makes its calls: the base address, and what opens the span of a tool's run."""
