"""Calls of both clients in all the ways that applications make them, each as a feature of its own.

`opentelemetry-instrument python calls.py` is an application without code; `python calls.py MAKER`
sets itself up beside the instrumentations of openinference or openllmetry.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Any

import anthropic
import openai

from llmcost_infra.telemetry import attribute, configure, tool, track

ASKED: list[Any] = [{"role": "user", "content": "Tell me about fjords."}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS: list[Any] = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
FOUR: dict[str, Any] = {"model": "gpt-4o", "messages": ASKED}
MINI: dict[str, Any] = {"model": "gpt-4o-mini", "input": "Tell me about fjords."}
CLAUDE: dict[str, Any] = {"model": "claude-sonnet-4-5", "max_tokens": 200, "messages": ASKED}


def set_up(maker: str) -> None:
    """Set up OpenTelemetry, then the instrumentations of a maker."""
    configure(service=f"calls-beside-{maker}")
    if maker == "openinference":
        from openinference.instrumentation.anthropic import AnthropicInstrumentor  # noqa: PLC0415
        from openinference.instrumentation.openai import OpenAIInstrumentor  # noqa: PLC0415
    else:
        from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor  # noqa: PLC0415
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor  # noqa: PLC0415
    OpenAIInstrumentor().instrument()
    AnthropicInstrumentor().instrument()


def call_openai(client: openai.OpenAI) -> None:
    """Call OpenAI's API."""
    chat = client.chat.completions
    with attribute(feature="chat"):
        chat.create(**FOUR)
    with attribute(feature="chat, streamed"):
        assert len(list(chat.create(stream=True, **FOUR))) == 4
    with attribute(feature="chat, left"), chat.create(stream=True, **FOUR) as stream:
        next(iter(stream))
    with attribute(feature="chat, refused"), suppress(openai.RateLimitError):
        chat.create(model="gpt-4.1", messages=ASKED)
    with attribute(feature="chat, helped"), chat.stream(**FOUR) as helper:
        helper.until_done()
    with attribute(feature="chat, raw"):
        assert len(list(chat.with_raw_response.create(stream=True, **FOUR).parse())) == 4
    with attribute(feature="chat, with a tool"):
        chat.create(tools=TOOLS, **FOUR)
        with tool("weather"):
            pass
    with attribute(feature="response"):
        client.responses.create(**MINI)
    with attribute(feature="response, streamed"):
        assert len(list(client.responses.create(stream=True, **MINI))) == 5
    with attribute(feature="embedding"):
        client.embeddings.create(model="text-embedding-3-small", input="fjords")


def call_anthropic(client: anthropic.Anthropic) -> None:
    """Call Anthropic's API."""
    with attribute(feature="message"):
        client.messages.create(**CLAUDE)
    with attribute(feature="message, streamed"):
        assert len(list(client.messages.create(stream=True, **CLAUDE))) == 8
    with attribute(feature="message, left"), client.messages.create(stream=True, **CLAUDE) as left:
        next(iter(left))
    with attribute(feature="message, refused"), suppress(anthropic.APIStatusError):
        client.messages.create(model="claude-opus-4-1", max_tokens=10, messages=ASKED)
    with attribute(feature="message, helped"), client.messages.stream(**CLAUDE) as stream:
        stream.get_final_message()


async def call_both(ours: openai.AsyncOpenAI, theirs: anthropic.AsyncAnthropic) -> None:
    """Call both asynchronously, two streams at the same time."""

    async def streamed() -> None:
        with attribute(feature="asynchronous chat, streamed"):
            stream = await ours.chat.completions.create(stream=True, **FOUR)
            assert len([piece async for piece in stream]) == 4

    with attribute(feature="asynchronous chat"):
        await ours.chat.completions.create(**FOUR)
    await asyncio.gather(streamed(), streamed())
    with attribute(feature="asynchronous chat, refused"), suppress(openai.RateLimitError):
        await ours.chat.completions.create(model="gpt-4.1", messages=ASKED)
    with attribute(feature="asynchronous message, helped"):
        async with theirs.messages.stream(**CLAUDE) as stream:
            await stream.get_final_message()


def main(maker: str = "") -> None:
    """Make all calls, as one person's."""
    if maker:
        set_up(maker)

    def made(kind: Any) -> Any:
        client = kind(max_retries=0)
        return track(client) if maker else client

    with attribute(user="ann@example.com", team="content"):
        call_openai(made(openai.OpenAI))
        call_anthropic(made(anthropic.Anthropic))
        asyncio.run(call_both(made(openai.AsyncOpenAI), made(anthropic.AsyncAnthropic)))


if __name__ == "__main__":
    main(*sys.argv[1:])
