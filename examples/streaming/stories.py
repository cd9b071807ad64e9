"""Streams that are read to their end, left half way, and read by an asynchronous client.

eval "$(llmcost telemetry env --stack dev)"
python stories.py
"""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic
import openai

from llmcost_infra.telemetry import attribute, configure, track

ASKED: list[Any] = [{"role": "user", "content": "Tell me about fjords."}]

configure(service="story-teller", team="content")


@attribute(feature="story")
def whole(client: openai.OpenAI) -> str:
    """Read a stream to its end. Nobody asks for usage here: `track` does."""
    stream = client.chat.completions.create(model="gpt-4o", messages=ASKED, stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


@attribute(feature="preview")
def left(client: openai.OpenAI) -> str:
    """Read the first word and leave. The provider bills the rest; its count is not known."""
    with client.chat.completions.create(model="gpt-4o", messages=ASKED, stream=True) as stream:
        return next(iter(stream)).choices[0].delta.content or ""


@attribute(feature="poem")
def events(client: anthropic.Anthropic) -> str:
    """Read Anthropic's events."""
    stream = client.messages.create(
        model="claude-sonnet-4-5", max_tokens=200, messages=ASKED, stream=True
    )
    return "".join(
        event.delta.text
        for event in stream
        if event.type == "content_block_delta" and event.delta.type == "text_delta"
    )


@attribute(feature="chorus")
async def together(client: openai.AsyncOpenAI) -> list[str]:
    """Read two streams at the same time."""

    async def one() -> str:
        stream = await client.chat.completions.create(model="gpt-4o", messages=ASKED, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    return list(await asyncio.gather(one(), one()))


def main() -> None:
    """Tell some stories."""
    client = track(openai.OpenAI(max_retries=0))
    print(whole(client))
    print(left(client))
    print(events(track(anthropic.Anthropic(max_retries=0))))
    print(asyncio.run(together(track(openai.AsyncOpenAI(max_retries=0)))))


if __name__ == "__main__":
    main()
