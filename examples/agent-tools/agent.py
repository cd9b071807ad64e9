"""An agent that asks a model, runs the tools that it wants, and asks again.

    eval "$(llmcost telemetry env --stack dev)"
    python agent.py

No client library sees a tool run: `tool` makes its span, so that the tab Tool Monitoring has it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import openai
from opentelemetry import trace

from llmcost_infra.telemetry import attribute, configure, tool, track

TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]

configure(service="travel-agent", team="travel")


@tool("get_weather")
def get_weather(city: str) -> str:
    """Return the weather of a city."""
    return f"4 degrees in {city}"


@tool("book_flight")
def book_flight(city: str) -> str:
    """Book a flight; which fails."""
    raise LookupError(city)


@attribute(feature="plan-a-trip", user="ann@example.com", conversation="trip-12")
def plan(client: openai.OpenAI, question: str) -> str:
    """Answer a question, with as many calls and tool runs as it takes."""
    # In a service the request's own span does this: it joins calls and tool runs to one trace.
    with trace.get_tracer("travel-agent").start_as_current_span("plan a trip"):
        return _answer(client, [{"role": "user", "content": question}])


def _answer(client: openai.OpenAI, messages: list[Any]) -> str:
    while True:
        answer = client.chat.completions.create(model="gpt-4o", messages=messages, tools=TOOLS)
        message = answer.choices[0].message
        if not message.tool_calls:
            return message.content or ""
        messages.append(message)
        for asked in message.tool_calls:
            found = get_weather(**json.loads(asked.function.arguments))
            messages.append({"role": "tool", "tool_call_id": asked.id, "content": found})


def main() -> None:
    """Plan a trip."""
    print(plan(track(openai.OpenAI(max_retries=0)), "Do I need a coat in Oslo?"))
    with suppress(LookupError), attribute(feature="plan-a-trip"):
        book_flight("Oslo")


if __name__ == "__main__":
    main()
