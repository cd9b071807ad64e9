"""Streams of tracked clients: read as before, and told of however they end."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace

from llmcost_infra.telemetry import track
from llmcost_infra.telemetry.cost import COST
from llmcost_infra.telemetry.tracked import finish_all
from tests.telemetry.clients import (
    END,
    EVENTS,
    FIRST,
    LAST,
    USD,
    Managed,
    RefusedError,
    Stream,
    anthropic,
    chat,
    chunks,
    leave_by_closing,
    openai,
    streaming,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.telemetry.conftest import Telemetry

WHOLE = {
    "model": "claude-sonnet-4-5",
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 86, "cache_read_input_tokens": 1920, "output_tokens": 300},
}


def test_a_stream_is_asked_for_usage_and_read_as_before(telemetry: Telemetry) -> None:
    """Pieces that we asked for stay from the application, whose code may not know them."""
    client = track(openai(streaming))
    stream = chat(client, stream=True)
    assert isinstance(stream, Stream)
    assert stream.response == "the HTTP response"
    assert [len(piece.choices) for piece in stream] == [1, 1, 1]
    assert telemetry.last[COST] == USD
    assert telemetry.last["gen_ai.request.stream"] is True
    assert telemetry.last["gen_ai.response.finish_reasons"] == ("stop",)
    assert 0 <= telemetry.last[FIRST] <= telemetry.last[LAST]
    assert telemetry.last[END] == "complete"


@pytest.mark.parametrize(
    ("options", "seen", "usd"),
    [
        ({"include_usage": True}, [1, 1, 1, 0], USD),
        ({"include_usage": False}, [1, 1, 1], None),
        ({"include_obfuscation": False}, [1, 1, 1], USD),
    ],
)
def test_an_application_that_says_what_it_wants_gets_that(
    telemetry: Telemetry, options: dict[str, bool], seen: list[int], usd: float | None
) -> None:
    """Who asks for usage sees it, who declines is not overruled."""
    stream = chat(track(openai(streaming)), stream=True, stream_options=options)
    assert [len(piece.choices) for piece in stream] == seen
    assert telemetry.last.get(COST) == usd


def test_a_server_that_does_not_know_usage_on_streams_is_asked_once(telemetry: Telemetry) -> None:
    """The call is made again without, and no later one asks."""
    requests = []

    def answer(**asked: Any) -> Stream:
        requests.append("stream_options" in asked)
        if "stream_options" in asked:
            raise RefusedError(400, "unknown field: stream_options")
        return Stream(chunks(usage=False))

    client = track(openai(answer))
    for _ in range(2):
        assert len(list(chat(client, stream=True))) == 3
    assert requests == [True, False, False]
    assert len(telemetry.spans) == 2


def test_a_refusal_that_does_not_name_its_reason_is_tried_without_too(telemetry: Telemetry) -> None:
    """What would have worked without us works; each model of a server is known by itself."""
    requests = []

    def answer(**asked: Any) -> Stream:
        requests.append((asked["model"], "stream_options" in asked))
        if asked["model"] == "old" and "stream_options" in asked:
            raise RefusedError(422, "extra inputs are not permitted")
        return streaming(**asked)

    create = track(openai(answer)).chat.completions.create
    for model in ("old", "old", "new"):
        assert [len(piece.choices) for piece in create(model=model, stream=True)] == [1, 1, 1]
    assert requests == [("old", True), ("old", False), ("old", False), ("new", True)]
    assert len(telemetry.spans) == 3


def test_a_request_that_is_refused_for_itself_is_refused_as_before(telemetry: Telemetry) -> None:
    """The error is the application's own; where usage is known to be taken it is sent once."""
    requests = []

    def answer(**asked: Any) -> Stream:
        requests.append("stream_options" in asked)
        if asked.get("temperature") == 9:
            raise RefusedError(400, "temperature")
        return streaming(**asked)

    client = track(openai(answer))
    with pytest.raises(RefusedError) as refused:
        chat(client, stream=True, temperature=9)
    assert refused.value.__context__ is None
    list(chat(client, stream=True))
    with pytest.raises(RefusedError):
        chat(client, stream=True, temperature=9)
    assert requests == [True, False, True, True]
    assert len(telemetry.spans) == 3


def test_a_client_that_has_no_such_argument_is_asked_without(telemetry: Telemetry) -> None:
    """Older ones and compatible ones; other mistakes are the application's own."""

    def answer(*, model: str, messages: list[str], stream: bool) -> Stream:  # noqa: ARG001 - a client's
        return streaming()

    client = track(openai(answer))
    assert len(list(chat(client, stream=True))) == 3
    assert telemetry.last[END] == "complete"
    assert COST not in telemetry.last
    with pytest.raises(TypeError, match="temperature"):
        chat(client, stream=True, temperature=1)
    assert len(telemetry.spans) == 2


def leave_by_a_block(stream: Any) -> None:
    """Leave the block that it is read in."""
    with stream as pieces:
        next(iter(pieces))


def leave_by_forgetting(stream: Any) -> None:
    """Read no further."""
    next(iter(stream))


@pytest.mark.parametrize("leave", [leave_by_closing, leave_by_a_block, leave_by_forgetting])
def test_a_stream_that_is_left_is_told_of(
    telemetry: Telemetry, leave: Callable[[Any], None]
) -> None:
    """However it is left: its span ends, and what it used is not known."""
    leave(chat(track(openai(streaming)), stream=True))
    gc.collect()
    assert telemetry.last[END] == "abandoned"
    assert FIRST in telemetry.last
    assert COST not in telemetry.last
    assert telemetry.spans[-1].status.status_code is trace.StatusCode.UNSET


def test_a_stream_that_an_exit_finds_is_told_of(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever ends the process holds it; a finalizer comes when nothing is left to end it with."""
    found, late = (chat(track(openai(streaming)), stream=True) for _ in range(2))
    next(found)
    finish_all()
    assert [(one.attributes or {})[END] for one in telemetry.spans] == ["abandoned"] * 2
    late = chat(track(openai(streaming)), stream=True)
    monkeypatch.setattr(sys, "is_finalizing", lambda: True)
    del late, found
    assert len(telemetry.spans) == 2


def test_a_collection_ends_no_span_itself(telemetry: Telemetry) -> None:
    """It may come while the SDK holds the lock that an ended span needs; the next call does it."""
    client = track(openai(streaming))
    stream = chat(client, stream=True)
    next(stream)
    circle: list[Any] = [stream]
    circle.append(circle)
    del stream, circle
    gc.collect()
    assert not telemetry.spans
    chat(client, stream=True).close()
    left, _ = telemetry.spans
    assert (left.attributes or {})[END] == "abandoned"


def test_a_stream_that_breaks_is_told_of(telemetry: Telemetry) -> None:
    """The application gets the error, and the span its type."""
    broken = [*chunks(usage=False)[:2], RefusedError(500)]
    stream = chat(track(openai(lambda **_: Stream(broken))), stream=True)
    with pytest.raises(RefusedError):
        list(stream)
    assert telemetry.last[END] == "failed"
    assert telemetry.last["error.type"] == "RefusedError"
    assert FIRST in telemetry.last


def test_a_stream_that_looks_like_both_kinds_is_what_its_client_is(telemetry: Telemetry) -> None:
    """Wrappers of instrumentations have the methods of both."""

    class Both(Stream):
        def __aiter__(self) -> Any:
            raise TypeError("not asynchronous")

    client = track(openai(lambda **_: Both(chunks(usage=True))))
    assert len(list(chat(client, stream=True))) == 3
    assert telemetry.last[COST] == USD


def test_other_providers_streams_are_read_in_their_own_words(telemetry: Telemetry) -> None:
    """Anthropic's events and the Responses API's; what a stream's beginning says is no output."""
    client = track(anthropic(lambda **_: Stream(told(EVENTS))))
    assert len(list(client.messages.create(model="claude-sonnet-4-5", stream=True))) == 3
    assert telemetry.last["gen_ai.usage.input_tokens"] == 2006
    assert telemetry.last["gen_ai.usage.output_tokens"] == 300
    assert telemetry.last[COST] == pytest.approx(0.005334)
    leave_by_closing(
        track(anthropic(lambda **_: Stream(told(EVENTS)))).messages.create(stream=True)
    )
    assert "gen_ai.usage.output_tokens" not in telemetry.last
    assert COST not in telemetry.last
    whole = {"model": "gpt-4o", "usage": {"input_tokens": 328, "output_tokens": 52}}
    events = [{"type": "response.created"}, {"type": "response.completed", "response": whole}]
    responses = track(openai(lambda **_: Stream(told(events)))).responses
    assert len(list(responses.create(model="gpt-4o", stream=True))) == 2
    assert telemetry.last["gen_ai.usage.output_tokens"] == 52


@pytest.mark.parametrize("readable", [True, False])
def test_a_stream_that_is_opened_in_a_block_is_told_of(
    telemetry: Telemetry, *, readable: bool
) -> None:
    """As Anthropic's helper does; where its pieces cannot be seen, by what it put together."""
    stream = Managed(told(EVENTS), readable=readable)
    client = track(anthropic(lambda **_: stream))
    with client.messages.stream(model="claude-sonnet-4-5", max_tokens=9) as opened:
        assert opened is stream
        assert len(list(opened)) == 3
        stream.current_message_snapshot = told(WHOLE)
    assert telemetry.last[COST] == pytest.approx(0.005334)
    assert telemetry.last["gen_ai.request.stream"] is True
    assert telemetry.last[END] == "complete"
    assert (FIRST in telemetry.last) is readable
    assert len(telemetry.spans) == 1


def test_a_stream_in_a_block_that_nobody_reads_is_told_of(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    """What it has put together until then is not there to be asked for."""

    class Unread(Managed):
        @property
        def current_message_snapshot(self) -> Any:
            raise AssertionError

        @current_message_snapshot.setter
        def current_message_snapshot(self, whole: Any) -> None: ...

    with track(anthropic(lambda **_: Unread(told(EVENTS), readable=False))).messages.stream():
        pass
    assert telemetry.last[END] == "abandoned"
    assert not caplog.records


def test_a_stream_in_a_block_may_be_left_or_refused(telemetry: Telemetry) -> None:
    """Of what is left nobody knows the output; a refusal reaches the application."""
    with track(anthropic(lambda **_: Managed(told(EVENTS)))).messages.stream() as left:
        next(iter(left))
    assert telemetry.last[END] == "abandoned"
    assert COST not in telemetry.last
    refused = track(anthropic(lambda **_: Managed([], refused=RefusedError(529))))
    with pytest.raises(RefusedError), refused.messages.stream():
        pass
    assert telemetry.last["http.response.status_code"] == 529
    assert len(telemetry.spans) == 2


def test_an_asynchronous_stream_in_a_block_is_told_of(telemetry: Telemetry) -> None:
    """Read, and refused."""

    async def run() -> None:
        client = track(anthropic(lambda **_: Managed(told(EVENTS))))
        async with client.messages.stream(model="claude-sonnet-4-5") as stream:
            assert len([piece async for piece in stream]) == 3
        refused = track(anthropic(lambda **_: Managed([], refused=RefusedError(429))))
        with pytest.raises(RefusedError):
            async with refused.messages.stream():
                pass

    asyncio.run(run())
    read, refused = telemetry.spans
    assert (read.attributes or {})[COST] == pytest.approx(0.005334)
    assert (refused.attributes or {})["error.type"] == "RefusedError"
