"""Calls that LangChain makes, through the client that is tracked or beside its instrumentation.

`python chain.py SERVICE` tracks the client; a second word names who instruments LangChain.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Any

import openai
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from llmcost_infra.telemetry import attribute, configure, track

QUESTION = "Tell me about fjords."


def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"4 degrees in {city}"


WEATHER: Any = tool(weather)


def set_up(service: str, maker: str) -> None:
    """Set up OpenTelemetry, then a maker's instrumentation of LangChain."""
    configure(service=service)
    if maker == "openinference":
        from openinference.instrumentation.langchain import LangChainInstrumentor  # noqa: PLC0415

        LangChainInstrumentor().instrument()
    if maker == "openllmetry":
        from opentelemetry.instrumentation.langchain import LangchainInstrumentor  # noqa: PLC0415

        LangchainInstrumentor().instrument()


def model(name: str, *, tracked: bool) -> ChatOpenAI:
    """Return a model, which has a client of each kind."""
    made = ChatOpenAI(model=name, max_retries=0)
    if tracked:
        track(made.root_client)
        track(made.root_async_client)
    return made


def call(four: ChatOpenAI, refusing: ChatOpenAI) -> None:
    """Call as an application that waits does."""
    with attribute(feature="chat"):
        four.invoke(QUESTION)
    with attribute(feature="chat, streamed"):
        assert "".join(piece.content for piece in four.stream(QUESTION)) == "A short answer."
    with attribute(feature="chat, refused"), suppress(openai.RateLimitError):
        refusing.invoke(QUESTION)
    with attribute(feature="chat, twice"):
        four.batch([QUESTION, QUESTION])
    with attribute(feature="chat, with a tool"):
        (wanted,) = four.bind_tools([WEATHER]).invoke(QUESTION).tool_calls
        WEATHER.invoke(wanted)


async def call_later(four: ChatOpenAI, refusing: ChatOpenAI) -> None:
    """Call as one that does not."""
    with attribute(feature="asynchronous chat"):
        await four.ainvoke(QUESTION)
    with attribute(feature="asynchronous chat, streamed"):
        pieces = [piece.content async for piece in four.astream(QUESTION)]
        assert "".join(pieces) == "A short answer."
    with attribute(feature="asynchronous chat, refused"), suppress(openai.RateLimitError):
        await refusing.ainvoke(QUESTION)


def main(service: str, maker: str = "") -> None:
    """Make all calls, as one person's."""
    set_up(service, maker)
    # What OpenInference tells of LangChain is beside the client's calls: both would be two rows.
    tracked = maker != "openinference"
    four, refusing = model("gpt-4o", tracked=tracked), model("gpt-4.1", tracked=tracked)
    with attribute(user="ann@example.com", team="content"):
        call(four, refusing)
        asyncio.run(call_later(four, refusing))


if __name__ == "__main__":
    main(*sys.argv[1:])
