"""Raw responses are the application's to parse, and told of by what it gets out of them."""

from __future__ import annotations

import asyncio
import gc
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.telemetry import track
from llmcost_infra.telemetry.cost import COST
from tests.telemetry.clients import END, HEAD, USAGE, USD, chat, completion, openai, streaming

if TYPE_CHECKING:
    from tests.telemetry.conftest import Telemetry

LINES = {"x-stainless-raw-response": "stream"}


class Body:
    """The HTTP response under a raw one.

    Args:
        is_closed: whether the body was read.
    """

    def __init__(self, *, is_closed: bool) -> None:
        self.is_closed = is_closed

    def json(self) -> Any:
        """Return the body, if somebody has read it."""
        if not self.is_closed:
            raise ValueError("not read")
        return {**HEAD, "choices": [{"finish_reason": "stop"}], "usage": USAGE}


class LegacyAPIResponse:
    """Of a client of OpenAI's.

    Args:
        parsed: what it is parsed as.
        read: whether the client has read the body.
    """

    headers = "kept"

    def __init__(self, parsed: Any, *, read: bool) -> None:
        self.http_response = Body(is_closed=read)
        self.parsed = parsed
        self.asked = 0

    def parse(self) -> Any:
        """Return the same each time."""
        self.asked += 1
        return self.parsed


class APIResponse(LegacyAPIResponse):
    """Of a client that leaves the body to the application."""

    def close(self) -> None:
        """Close."""


class AsyncAPIResponse(LegacyAPIResponse):
    """Of an asynchronous client that leaves the body to the application."""

    async def parse(self) -> Any:
        """Return it."""
        await asyncio.sleep(0)
        return self.parsed

    async def close(self) -> None:
        """Close."""


def test_a_body_that_was_read_is_told_of_at_once(telemetry: Telemetry) -> None:
    """Also of who looks at its headers only; the application's own parsing is not disturbed."""
    answer = chat(track(openai(lambda **_: LegacyAPIResponse(completion(), read=True))))
    assert telemetry.last[COST] == USD
    assert answer.headers == "kept"
    assert answer.asked == 0
    assert answer.parse().usage.prompt_tokens == 2006
    assert isinstance(answer, LegacyAPIResponse)
    assert len(telemetry.spans) == 1


def test_a_raw_stream_is_read_without_what_we_asked_for(telemetry: Telemetry) -> None:
    """The response may be forgotten once it is parsed, and parsed again."""

    def answer(**asked: Any) -> Any:
        return LegacyAPIResponse(streaming(**asked), read=False)

    stream = chat(track(openai(answer)), stream=True).parse()
    gc.collect()
    assert [len(piece.choices) for piece in stream] == [1, 1, 1]
    assert telemetry.last[COST] == USD
    assert telemetry.last[END] == "complete"
    response = chat(track(openai(answer)), stream=True)
    assert response.parse() is response.parse()


def test_lines_that_an_application_reads_have_nothing_that_it_did_not_ask_for(
    telemetry: Telemetry,
) -> None:
    """Who passes them on would pass on our piece as well; what is not parsed is not known."""
    asked: dict[str, Any] = {}

    def answer(**more: Any) -> Any:
        asked.update(more)
        return APIResponse(streaming(**more), read=False)

    response = chat(track(openai(answer)), stream=True, extra_headers=LINES)
    assert "stream_options" not in asked
    response.close()
    assert telemetry.last[END] == "abandoned"
    assert COST not in telemetry.last


@pytest.mark.parametrize("how", ["parses", "reads", "passes on", "forgets"])
def test_a_body_that_the_application_reads_is_told_of(telemetry: Telemetry, how: str) -> None:
    """When it is parsed, or closed; what was only passed on has no usage."""
    client = track(openai(lambda **_: APIResponse(completion(), read=False)))
    response = chat(client, extra_headers=LINES)
    assert not telemetry.spans
    if how == "parses":
        assert response.parse().usage.prompt_tokens == 2006
    elif how == "reads":
        response.http_response.is_closed = True
    if how != "forgets":
        response.close()
    del response
    gc.collect()
    assert telemetry.last.get(COST) == (USD if how in {"parses", "reads"} else None)
    assert len(telemetry.spans) == 1


def test_asynchronous_responses_are_parsed_later(telemetry: Telemetry) -> None:
    """Whole ones and streams."""

    async def run() -> None:
        async def answer(**asked: Any) -> Any:
            await asyncio.sleep(0)
            parsed = streaming(**asked) if asked.get("stream") else completion()
            return AsyncAPIResponse(parsed, read=False)

        client = track(openai(answer))
        response = await chat(client)
        assert (await response.parse()).usage.prompt_tokens == 2006
        await response.close()
        left = await chat(client, stream=True)
        await left.parse()
        await left.close()

    asyncio.run(run())
    whole, left = telemetry.spans
    assert (whole.attributes or {})[COST] == USD
    assert (left.attributes or {})[END] == "abandoned"


def test_a_response_in_another_shape_goes_through(telemetry: Telemetry) -> None:
    """Of a library that names its own thing like this, say; it is told of all the same."""

    class Other(SimpleNamespace):
        """Nothing that we know."""

    Other.__name__ = "APIResponse"
    answer = chat(track(openai(lambda **_: Other(text="a"))))
    assert answer.text == "a"
    del answer
    assert len(telemetry.spans) == 1
