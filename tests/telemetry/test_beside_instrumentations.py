"""Where somebody else reports calls already, and where a whole library is tracked at once."""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from llmcost_infra.telemetry import track
from llmcost_infra.telemetry.cost import COST
from llmcost_infra.telemetry.libraries import track_libraries
from llmcost_infra.telemetry.processor import LlmSpanProcessor
from llmcost_infra.telemetry.tracked import finish_all, tracked_now
from tests.telemetry.clients import (
    END,
    EVENTS,
    FIRST,
    USD,
    Managed,
    RefusedError,
    Stream,
    anthropic,
    chat,
    chunks,
    completion,
    leave_by_closing,
    openai,
    streaming,
    told,
)
from tests.telemetry.conftest import CALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.telemetry.conftest import Telemetry

CLAUDE = {**CALL, "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "claude-sonnet-4-5"}


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
    assert [span.name for span in telemetry.spans] == ["theirs", "theirs"]
    assert telemetry.last[END] == "abandoned"


def test_a_stream_that_somebody_forgets_is_told_of(telemetry: Telemetry) -> None:
    """An instrumentation that tells of no stream which is left, or breaks, hides no call."""
    client = track(openai(instrumented(telemetry, streaming)))
    next(chat(client, stream=True))
    assert not telemetry.spans
    broken = Stream([*chunks(usage=False)[:1], RefusedError(500)])
    stream = chat(track(openai(instrumented(telemetry, lambda **_: broken))), stream=True)
    with pytest.raises(RefusedError), stream:
        list(stream)
    left, failed = (span.attributes or {} for span in telemetry.spans)
    assert left[END] == "abandoned"
    assert failed["error.type"] == "RefusedError"
    assert failed["http.response.status_code"] == 500
    assert [span.status.is_unset for span in telemetry.spans] == [True, False]
    assert all(FIRST in attributes for attributes in (left, failed))


def test_an_exit_tells_of_a_stream_that_is_still_being_read(telemetry: Telemetry) -> None:
    """Nobody will end the instrumentation's span any more."""
    stream = chat(track(openai(instrumented(telemetry, streaming))), stream=True)
    next(stream)
    finish_all()
    assert [span.name for span in telemetry.spans] == ["theirs"]
    assert telemetry.last[END] == "abandoned"


def test_a_stream_that_somebody_tells_of_late_ends_once(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nobody holds a stream any more, whoever watched it ends its span before we would."""

    class Watched(Stream):
        def __del__(self) -> None:
            if self.span.is_recording():
                self.span.end()

        span: trace.Span

    def create(**_: Any) -> Any:
        stream = Watched(chunks(usage=False))
        tracer = telemetry.provider.get_tracer("somebody's instrumentation")
        stream.span = tracer.start_span("theirs", kind=trace.SpanKind.CLIENT, attributes=CALL)
        return stream

    next(chat(track(openai(create)), stream=True))
    assert telemetry.last[END] == "abandoned"
    finish_all()
    assert len(telemetry.spans) == 1
    assert not caplog.records


@pytest.mark.parametrize("opened", ["created", "in a block"])
def test_what_the_provider_counted_stands_above_what_somebody_made_of_it(
    telemetry: Telemetry, opened: str
) -> None:
    """Some add the output that a stream tells at its beginning to that at its end."""
    tracer = telemetry.provider.get_tracer("somebody's instrumentation")
    span = tracer.start_span("theirs", kind=trace.SpanKind.CLIENT)

    def miscounted() -> Any:
        yield from told(EVENTS)
        span.set_attributes({**CLAUDE, "gen_ai.usage.output_tokens": 301, "theirs": 1})
        span.end()

    def create(**asked: Any) -> Any:
        tracked = tracked_now.get()
        assert tracked is not None
        tracked.opened(span)
        return Stream(miscounted()) if "stream" in asked else Managed(miscounted())

    messages = track(anthropic(create)).messages
    if opened == "created":
        assert len(list(messages.create(model="claude-sonnet-4-5", stream=True))) == 3
    else:
        with messages.stream(model="claude-sonnet-4-5") as stream:
            assert len(list(stream)) == 3
    assert [one.name for one in telemetry.spans] == ["theirs"]
    assert telemetry.last["gen_ai.usage.output_tokens"] == 300
    assert telemetry.last[COST] == pytest.approx(0.005334)
    assert telemetry.last["theirs"] == 1


def test_every_exporter_gets_a_span_that_waited(telemetry: Telemetry) -> None:
    """Two of them have a processor each."""
    second = InMemorySpanExporter()
    telemetry.provider.add_span_processor(LlmSpanProcessor(SimpleSpanProcessor(second)))
    chat(track(openai(instrumented(telemetry, lambda **_: completion()))))
    (span,) = second.get_finished_spans()
    assert (span.attributes or {})[COST] == telemetry.last[COST] == USD
    assert len(telemetry.spans) == 1


@pytest.fixture
def framework(telemetry: Telemetry) -> Callable[[], AbstractContextManager[trace.Span]]:
    """What opens a framework's span and says, as those of OpenLLMetry do, that it is the call's."""

    @contextmanager
    def around() -> Iterator[trace.Span]:
        tracer = telemetry.provider.get_tracer("a framework's instrumentation")
        span = tracer.start_span("its", kind=trace.SpanKind.CLIENT)
        span.set_attributes(CALL)
        token = contexts.attach(contexts.set_value("suppress_language_model_instrumentation", True))
        yield span
        contexts.detach(token)

    return around


def test_a_call_that_a_framework_tells_of_is_told_once(
    telemetry: Telemetry, framework: Callable[[], AbstractContextManager[trace.Span]]
) -> None:
    """Its span began before the client's call and ends after it, with what we know of that."""
    client = track(openai(streaming))
    with framework() as span:
        assert len(list(chat(client, stream=True))) == 3
        assert not telemetry.spans
    span.end()
    assert [one.name for one in telemetry.spans] == ["its"]
    assert telemetry.last[COST] == USD
    assert FIRST in telemetry.last


def test_a_framework_ends_its_span_itself(
    telemetry: Telemetry, framework: Callable[[], AbstractContextManager[trace.Span]]
) -> None:
    """Before a stream that it gave away is read, say, or after one that was left."""
    client = track(openai(streaming))
    with framework() as span:
        stream = chat(client, stream=True)
        span.end()
        assert not telemetry.spans
        assert len(list(stream)) == 3
    assert telemetry.last[COST] == USD
    with framework() as span:
        chat(client, stream=True).close()
        assert len(telemetry.spans) == 1
        span.end()
    assert telemetry.last[END] == "abandoned"


def test_a_framework_that_is_done_tells_of_no_further_call(
    telemetry: Telemetry, framework: Callable[[], AbstractContextManager[trace.Span]]
) -> None:
    """Some leave their word behind in a thread; a call that nobody tells of has a span of ours."""
    with framework() as span:
        span.end()
        chat(track(openai(lambda **_: completion())))
    assert [one.name for one in telemetry.spans] == ["its", "chat gpt-4o"]
    assert telemetry.last[COST] == USD


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("begins", ["before the call", "after it"])
def test_an_instrumentation_may_say_late_what_its_span_is_about(
    telemetry: Telemetry, begins: str, *, streamed: bool
) -> None:
    """A span that starts with nothing, or when the answer is there, is the call's all the same."""
    tracer = telemetry.provider.get_tracer("somebody's instrumentation")

    def create(**asked: Any) -> Any:
        def start() -> trace.Span:
            return tracer.start_span("theirs", kind=trace.SpanKind.CLIENT)

        span = start() if begins == "before the call" or streamed else None
        answer = streaming(**asked) if streamed else completion()
        span = span or start()
        span.set_attributes(CALL)
        if streamed:
            answer.pieces = _until_its_end(answer.pieces, span)
        else:
            span.end()
        return answer

    answer = chat(track(openai(create)), stream=streamed)
    assert not streamed or len(list(answer)) == 3
    assert [span.name for span in telemetry.spans] == ["theirs"]
    assert telemetry.last[COST] == USD


def test_a_span_beside_a_call_is_not_the_calls(telemetry: Telemetry) -> None:
    """Who asks for a token on the way makes a span as well."""
    tracer = telemetry.provider.get_tracer("somebody's")

    def create(**_: Any) -> Any:
        tracer.start_span("get token", kind=trace.SpanKind.CLIENT).end()
        return completion()

    chat(track(openai(create)))
    assert [span.name for span in telemetry.spans] == ["get token", "chat gpt-4o"]
    assert [COST in (span.attributes or {}) for span in telemetry.spans] == [False, True]


def test_a_refused_attempt_of_an_instrumentation_is_told_of_at_once(telemetry: Telemetry) -> None:
    """That we ask again without usage keeps no span back."""

    def answer(**asked: Any) -> Any:
        span = telemetry.provider.get_tracer("i").start_span(
            "theirs", kind=trace.SpanKind.CLIENT, attributes=CALL
        )
        span.end()
        if "stream_options" in asked:
            raise RefusedError(400, "unknown field: stream_options")
        return streaming(**asked)

    stream = chat(track(openai(answer)), stream=True)
    assert len(telemetry.spans) == 1
    stream.close()
    assert len(telemetry.spans) == 2


@pytest.mark.parametrize(
    ("kind", "tells"), [(trace.SpanKind.CLIENT, True), (trace.SpanKind.INTERNAL, False)]
)
def test_a_span_around_a_call_tells_of_it_once(
    telemetry: Telemetry, kind: trace.SpanKind, *, tells: bool
) -> None:
    """As around helpers for streams; a second call, and one in a wrapper, has one of its own."""
    client = track(openai(streaming))
    tracer = telemetry.provider.get_tracer("somebody's instrumentation")
    with tracer.start_as_current_span("around", kind=kind, attributes=CALL):
        assert len(list(chat(client, stream=True))) == 3
        list(chat(client, stream=True))
    told_of = {span.name: span.attributes or {} for span in telemetry.spans}
    assert len(telemetry.spans) == (2 if tells else 3)
    assert ("gen_ai.usage.input_tokens" in told_of["around"]) is tells
    assert told_of["around"].get(END) == ("complete" if tells else None)
    assert told_of["chat gpt-4o"][END] == "complete"


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


def test_a_part_of_a_library_that_waits_to_be_used_is_tracked(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Clients load their parts late, and an instrumentation of their transport loads none."""
    package = tmp_path / "openai"
    (package / "resources" / "chat").mkdir(parents=True)
    (package / "resources" / "chat" / "completions.py").write_text(
        "class Completions:\n    create = lambda self, **asked: self.answer(**asked)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("openai")
    track_libraries()
    assert "openai.resources.chat.completions" not in sys.modules
    module = importlib.import_module("openai.resources.chat.completions")
    completions: Any = module.Completions()
    completions.answer = lambda **_: completion()
    completions._client = openai(completions.answer)
    completions.create(model="gpt-4o")
    for name in [one for one in sys.modules if one.startswith("openai")]:
        del sys.modules[name]
    assert telemetry.last[COST] == USD


def test_a_library_is_not_asked_where_that_is_not_wanted(
    telemetry: Telemetry, library: Any
) -> None:
    """A variable switches the question off."""
    track_libraries(ask_for_usage=False)
    assert len(list(library(streaming).create(model="gpt-4o", stream=True))) == 3
    assert COST not in telemetry.last
