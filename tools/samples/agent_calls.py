"""Scenarios of an agent of Pydantic AI: its spans stand above and beside those of its calls."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import anthropic
import openai
from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["AGENTS"]


def _openai(base: str, model: str = "gpt-4o", kind: Any = OpenAIChatModel) -> Any:
    client = openai.AsyncOpenAI(api_key="none", base_url=f"{base}/v1", max_retries=0)
    return kind(model, provider=OpenAIProvider(openai_client=client))


def _anthropic(base: str) -> Any:
    client = anthropic.AsyncAnthropic(api_key="none", base_url=base, max_retries=0)
    provider = AnthropicProvider(anthropic_client=client)
    return AnthropicModel("claude-sonnet-4-5", provider=provider)


def _run(model: Callable[[str], Any], base: str, _tool: object) -> None:
    agent = Agent(model(base), name="helper")
    with suppress(AgentRunError):
        agent.run_sync("A short question?")


def _streamed(model: Callable[[str], Any], base: str, _tool: object) -> None:
    result = Agent(model(base), name="helper").run_stream_sync("A short question?")
    for _ in result.stream_text():
        pass


def _with_tool(model: Callable[[str], Any], base: str, _tool: object) -> None:
    def get_weather(city: str) -> str:
        return f"4 degrees in {city}"

    Agent(model(base), name="helper", tools=[get_weather]).run_sync("A short question?")


_MINI: Final = partial(_openai, model="gpt-4o-mini")
_RESPONSES: Final = partial(_openai, kind=OpenAIResponsesModel)

AGENTS: Final[Mapping[str, Callable[[str, Any], None]]] = {
    "chat_basic": partial(_run, _MINI),
    "chat_cached": partial(_run, _openai),
    "chat_tools": partial(_with_tool, _openai),
    "chat_stream_usage": partial(_streamed, _openai),
    "chat_429_sdk_retries": partial(_run, _openai),
    "responses_api": partial(_run, _RESPONSES),
    "messages_cached": partial(_run, _anthropic),
    "messages_cached_little": partial(_run, _anthropic),
    "messages_cache_write": partial(_run, _anthropic),
    "messages_cache_mixed": partial(_run, _anthropic),
    "messages_thinking": partial(_run, _anthropic),
    "messages_stream": partial(_streamed, _anthropic),
    "messages_529": partial(_run, _anthropic),
}
"""Scenario → what runs an agent: the base address, and what this caller has no use for."""
