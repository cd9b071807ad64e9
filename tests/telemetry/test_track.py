"""A tracked client is told of whatever becomes of its calls, and is used as before."""

from __future__ import annotations

import asyncio
import gc
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace

from llmcost_infra.telemetry import attribute, track
from llmcost_infra.telemetry.cost import COST
from llmcost_infra.telemetry.libraries import track_libraries
from tests.telemetry.clients import (
    AsyncStream,
    Managed,
    RefusedError,
    Stream,
    anthropic,
    chunks,
    completion,
    openai,
    told,
)
from tests.telemetry.conftest import CALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.telemetry.conftest import Telemetry

USD = 0.005615
FIRST = "gen_ai.response.time_to_first_chunk"
LAST = "llmcost.stream.time_to_last_chunk"
END = "llmcost.stream.end"


def streaming(**asked: Any) -> Stream:
    """Answer with a stream, as OpenAI does: usage where it is asked for."""
    return Stream(chunks(usage=bool((asked.get("stream_options") or {}).get("include_usage"))))


def chat(client: Any, **more: Any) -> Any:
    """Make a call as an application does."""
    return client.chat.completions.create(model="gpt-4o", messages=["a secret"], **more)


def test_a_call_has_a_span_with_its_tokens_and_cost(telemetry: Telemetry) -> None:
    """In the words of OpenTelemetry, attributed, with cached tokens; and without its texts."""
    client = track(openai(lambda **_: completion()))
    with attribute(feature="summarize"):
        answer = chat(client, temperature=0.2, max_tokens=50)
    assert answer.usage.prompt_tokens == 2006
    (span,) = telemetry.spans
    assert (span.name, span.kind) == ("chat gpt-4o", trace.SpanKind.CLIENT)
    assert dict(telemetry.last) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 50,
        "server.address": "api.openai.com",
        "server.port": 443,
        "feature": "summarize",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.response.finish_reasons": ("stop",),
        "openai.response.service_tier": "default",
        "gen_ai.usage.input_tokens": 2006,
        "gen_ai.usage.output_tokens": 300,
        "gen_ai.usage.cache_read.input_tokens": 1920,
        COST: USD,
    }
    assert "secret" not in span.to_json()


def test_other_operations_and_providers_are_told_as_what_they_are(telemetry: Telemetry) -> None:
    """Embeddings have no output; Anthropic's cache counts inside the input, as by convention."""
    usage = {"prompt_tokens": 16, "total_tokens": 16}
    client = track(openai(lambda **_: told({"model": "text-embedding-3-small", "usage": usage})))
    client.embeddings.create(model="text-embedding-3-small", input="x")
    assert telemetry.last["gen_ai.operation.name"] == "embeddings"
    assert telemetry.last[COST] == 0.00000032
    spent = {
        "input_tokens": 86,
        "cache_read_input_tokens": 1500,
        "cache_creation_input_tokens": 420,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 420},
        "output_tokens": 300,
        "service_tier": "standard",
    }
    message = {"model": "claude-sonnet-4-5", "stop_reason": "end_turn", "usage": spent}
    track(anthropic(lambda **_: told(message))).messages.create(model="claude-sonnet-4-5")
    assert telemetry.last["gen_ai.provider.name"] == "anthropic"
    assert telemetry.last["gen_ai.usage.input_tokens"] == 2006
    assert telemetry.last["anthropic.usage.cache_creation.ephemeral_1h_input_tokens"] == 420
    assert telemetry.last[COST] == pytest.approx((86 * 3 + 1500 * 0.3 + 420 * 6 + 300 * 15) / 1e6)


@pytest.mark.parametrize(
    ("address", "given", "provider"),
    [
        ("https://acme.openai.azure.com/", None, "azure.ai.openai"),
        ("https://api.deepseek.com", None, "deepseek"),
        ("http://127.0.0.1:8000/v1", "groq", "groq"),
        ("http://127.0.0.1:8000/v1", None, "tests"),
    ],
)
def test_who_is_called_follows_from_the_address(
    telemetry: Telemetry, address: str, given: str | None, provider: str
) -> None:
    """Or from what the application says, or else it is the library's own provider."""
    client = openai(lambda **_: completion())
    client.base_url = address
    chat(track(client, provider=given))
    assert telemetry.last["gen_ai.provider.name"] == provider


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


def leave_by_closing(stream: Any) -> None:
    """Close it."""
    next(iter(stream))
    stream.close()


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


def test_a_stream_that_breaks_is_told_of(telemetry: Telemetry) -> None:
    """The application gets the error, and the span its type."""
    broken = [*chunks(usage=False)[:2], RefusedError(500)]
    stream = chat(track(openai(lambda **_: Stream(broken))), stream=True)
    with pytest.raises(RefusedError):
        list(stream)
    assert telemetry.last[END] == "failed"
    assert telemetry.last["error.type"] == "RefusedError"
    assert FIRST in telemetry.last


@pytest.mark.parametrize("status", [429, 529, 500])
def test_a_refusal_reaches_the_application_and_the_span(telemetry: Telemetry, status: int) -> None:
    """With its type and status, and no message, which may quote somebody."""

    def answer(**_: Any) -> Any:
        raise RefusedError(status, "slow down, ann@example.com")

    with pytest.raises(RefusedError, match="slow down"):
        chat(track(openai(answer)))
    (span,) = telemetry.spans
    assert telemetry.last["error.type"] == "RefusedError"
    assert telemetry.last["http.response.status_code"] == status
    assert "ann" not in span.to_json()


def test_asynchronous_clients_are_tracked_as_well(telemetry: Telemetry) -> None:
    """Calls, streams, streams that are left, and tasks that are cancelled."""

    async def answer(**asked: Any) -> Any:
        await asyncio.sleep(0)
        if asked.get("stream"):
            usage = "stream_options" in asked
            return AsyncStream(chunks(usage=usage))
        return completion()

    async def run() -> None:
        client = track(openai(answer))
        assert (await chat(client)).usage.prompt_tokens == 2006
        assert len([piece async for piece in await chat(client, stream=True)]) == 3
        async with await chat(client, stream=True) as left:
            await anext(aiter(left))
        closed = await chat(client, stream=True)
        await closed.close()
        cancelled = await chat(client, stream=True)
        cancelled._stream.pieces = iter([asyncio.CancelledError()])
        with pytest.raises(asyncio.CancelledError):
            await anext(cancelled)

    asyncio.run(run())
    ends = [(span.attributes or {}).get(END) for span in telemetry.spans]
    costs = [(span.attributes or {}).get(COST) for span in telemetry.spans]
    assert ends == [None, "complete", "abandoned", "abandoned", "abandoned"]
    assert costs == [USD, USD, None, None, None]


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
    usage = {"input_tokens": 86, "cache_read_input_tokens": 1920, "output_tokens": 1}
    events = [
        {"type": "message_start", "message": {"model": "claude-sonnet-4-5", "usage": usage}},
        {"type": "content_block_delta", "delta": {"text": "a"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"},
         "usage": {"output_tokens": 300}},
    ]  # fmt: skip
    client = track(anthropic(lambda **_: Stream(told(events))))
    assert len(list(client.messages.create(model="claude-sonnet-4-5", stream=True))) == 3
    assert telemetry.last["gen_ai.usage.input_tokens"] == 2006
    assert telemetry.last["gen_ai.usage.output_tokens"] == 300
    assert telemetry.last[COST] == pytest.approx(0.005334)
    leave_by_closing(
        track(anthropic(lambda **_: Stream(told(events)))).messages.create(stream=True)
    )
    assert "gen_ai.usage.output_tokens" not in telemetry.last
    assert COST not in telemetry.last
    whole = {"model": "gpt-4o", "usage": {"input_tokens": 328, "output_tokens": 52}}
    events = [{"type": "response.created"}, {"type": "response.completed", "response": whole}]
    responses = track(openai(lambda **_: Stream(told(events)))).responses
    assert len(list(responses.create(model="gpt-4o", stream=True))) == 2
    assert telemetry.last["gen_ai.usage.output_tokens"] == 52


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
WHOLE = {
    "model": "claude-sonnet-4-5",
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 86, "cache_read_input_tokens": 1920, "output_tokens": 300},
}


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


def instrumented(telemetry: Telemetry, method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a client's method as an instrumentation does that tells little."""
    tracer = telemetry.provider.get_tracer("somebody's instrumentation")

    def create(**asked: Any) -> Any:
        span = tracer.start_span("theirs", kind=trace.SpanKind.CLIENT, attributes=CALL)
        answer = method(**asked)
        if not asked.get("stream"):
            span.set_attribute("gen_ai.usage.input_tokens", answer.usage.prompt_tokens)
            span.set_attribute("gen_ai.usage.output_tokens", answer.usage.completion_tokens)
            span.end()
            return answer
        answer.pieces = _until_its_end(answer.pieces, span)
        return answer

    return create


def _until_its_end(pieces: Any, span: trace.Span) -> Any:
    yield from pieces
    span.end()


def test_beside_an_instrumentation_its_span_gets_what_it_lacks(telemetry: Telemetry) -> None:
    """Cached tokens, say; a second span would be the same call twice."""
    chat(track(openai(instrumented(telemetry, lambda **_: completion()))))
    (span,) = telemetry.spans
    assert span.name == "theirs"
    assert telemetry.last["gen_ai.usage.cache_read.input_tokens"] == 1920
    assert telemetry.last[COST] == USD
    assert [point.count for point in telemetry.points()] == [1]


def test_beside_an_instrumentation_a_stream_is_told_once_too(telemetry: Telemetry) -> None:
    """Whether it is read to its end or left."""
    client = track(openai(instrumented(telemetry, streaming)))
    assert len(list(chat(client, stream=True))) == 3
    (span,) = telemetry.spans
    assert span.name == "theirs"
    assert telemetry.last[COST] == USD
    assert FIRST in telemetry.last
    leave_by_closing(chat(client, stream=True))
    assert len(telemetry.spans) == 1


def test_a_clients_own_span_is_no_instrumentation(telemetry: Telemetry) -> None:
    """Anthropic's client writes one of its own accord, which a stack takes for a repetition."""
    usage = {"input_tokens": 1200, "output_tokens": 85}
    message = {"model": "claude-sonnet-4-5", "usage": usage}

    def create(**_: Any) -> Any:
        own = {**CALL, "gen_ai.provider.name": "anthropic", "http.route": "/v1/messages"}
        tracer = telemetry.provider.get_tracer("com.anthropic.sdk.python")
        span = tracer.start_span("own", kind=trace.SpanKind.CLIENT, attributes=own)
        span.set_attribute("gen_ai.usage.input_tokens", 1200)
        span.set_attribute("gen_ai.usage.output_tokens", 85)
        span.end()
        return told(message)

    track(anthropic(create)).messages.create(model="claude-sonnet-4-5")
    own, ours = telemetry.spans
    assert COST not in (own.attributes or {})
    assert (ours.attributes or {})[COST] == 0.004875
    assert [point.count for point in telemetry.points()] == [1]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> type:
    """A class of a client library that is loaded."""

    class Completions:
        def __init__(self, answer: Callable[..., Any]) -> None:
            self.answer = answer
            self._client = openai(answer)

        def create(self, **asked: Any) -> Any:
            return self.answer(**asked)

    module = SimpleNamespace(Completions=Completions)
    monkeypatch.setitem(sys.modules, "openai.resources.chat.completions", module)
    return Completions


def test_a_library_is_tracked_as_a_whole(telemetry: Telemetry, library: Any) -> None:
    """Every client, also one that is tracked by itself: one span a call."""
    track_libraries()
    track_libraries()
    stream = library(streaming).create(model="gpt-4o", stream=True)
    assert [len(piece.choices) for piece in stream] == [1, 1, 1]
    assert telemetry.last[COST] == USD
    assert telemetry.last["gen_ai.provider.name"] == "openai"
    client = SimpleNamespace(chat=SimpleNamespace(completions=library(lambda **_: completion())))
    chat(track(client))
    assert len(telemetry.spans) == 2


def test_a_library_is_not_asked_where_that_is_not_wanted(
    telemetry: Telemetry, library: Any
) -> None:
    """A variable switches the question off."""
    track_libraries(ask_for_usage=False)
    assert len(list(library(streaming).create(model="gpt-4o", stream=True))) == 3
    assert COST not in telemetry.last


def test_a_client_with_other_options_is_tracked_too(telemetry: Telemetry) -> None:
    """Libraries make one for a single call that may take longer."""
    client = track(openai(lambda **_: completion()), provider="groq")
    chat(client.with_options(timeout=60))
    assert telemetry.last["gen_ai.provider.name"] == "groq"
    assert len(telemetry.spans) == 1


def test_to_track_twice_is_the_same_as_once(telemetry: Telemetry) -> None:
    """One span a call."""
    chat(track(track(openai(lambda **_: completion()))))
    assert len(telemetry.spans) == 1


def test_what_is_no_client_is_returned_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """The log says that it is not told of."""
    thing = object()
    assert track(thing) is thing
    assert "track" in caplog.text


def test_an_answer_that_nobody_understands_goes_through(telemetry: Telemetry) -> None:
    """Whatever a compatible server answers is the application's."""
    for odd in (None, 7, "text", {"usage": "much", "choices": {}}, told({"usage": {}})):
        assert chat(track(openai(lambda odd=odd, **_: odd))) == odd
    assert all(COST not in (span.attributes or {}) for span in telemetry.spans)


def test_broken_tracking_leaves_the_client_working(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of ours costs the telemetry of a call, and nothing of the call."""

    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("llmcost_infra.telemetry.tracked.request_attributes", broken)
    client = track(openai(streaming))
    assert len(list(chat(client, stream=True))) == 3 or telemetry.spans == ()


def test_raw_responses_are_read_with_the_clients_own_parser(telemetry: Telemetry) -> None:
    """Frameworks ask for raw responses; the application's own parsing is not disturbed."""

    class LegacyAPIResponse:
        headers = "kept"

        def parse(self) -> Any:
            return completion()

    answer = chat(track(openai(lambda **_: LegacyAPIResponse())))
    assert answer.headers == "kept"
    assert telemetry.last[COST] == USD
