"""Where somebody else reports calls already, and where a whole library is tracked at once."""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace

from llmcost_infra.telemetry import track
from llmcost_infra.telemetry.cost import COST
from llmcost_infra.telemetry.libraries import track_libraries
from tests.telemetry.clients import (
    FIRST,
    USD,
    RefusedError,
    anthropic,
    chat,
    completion,
    leave_by_closing,
    openai,
    streaming,
    told,
)
from tests.telemetry.conftest import CALL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.telemetry.conftest import Telemetry


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
