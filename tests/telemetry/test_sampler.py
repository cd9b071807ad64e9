"""No call is lost to sampling."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_OFF

from llmcost_infra.telemetry.sampler import LlmSampler, sampler_named, sampler_of_environment

# What instrumentations start spans with, as their libraries were seen to do.
BEGINNINGS = {
    "genai": {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"},
    "openinference": {"openinference.span.kind": "LLM", "input.value": "{}"},
    "openllmetry": {"llm.request.type": "chat"},
    "anthropic": {"gen_ai.operation.name": "chat", "http.route": "/v1/messages"},
    "agent": {"gen_ai.operation.name": "invoke_agent"},
    "tool": {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "t"},
}


def names_kept(sampler: LlmSampler, attributes: dict[str, str]) -> list[str]:
    """Return which spans of a request with a call inside are exported."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("t")
    with (
        tracer.start_as_current_span("request"),
        tracer.start_as_current_span("call", attributes=attributes),
    ):
        pass
    return [span.name for span in memory.get_finished_spans()]


@pytest.mark.parametrize("dialect", BEGINNINGS)
def test_a_span_about_a_model_is_kept_whatever_its_parent_decided(dialect: str) -> None:
    """Where nothing else of the trace is kept, the call is."""
    assert names_kept(LlmSampler(DEFAULT_OFF), BEGINNINGS[dialect]) == ["call"]


def test_other_spans_are_left_to_the_other_sampler() -> None:
    """A span that is about no model is kept or not as it would be without us."""
    assert names_kept(LlmSampler(ALWAYS_OFF), {"http.route": "/"}) == []
    assert names_kept(LlmSampler(), {"http.route": "/"}) == ["call", "request"]


def test_a_trace_keeps_its_state() -> None:
    """What other systems wrote into the trace's state stays there."""
    state = trace.TraceState([("vendor", "x")])
    context = trace.SpanContext(1, 2, is_remote=True, trace_state=state)
    parent = trace.set_span_in_context(trace.NonRecordingSpan(context))
    result = LlmSampler().should_sample(parent, 1, "call", attributes=BEGINNINGS["genai"])
    assert result.trace_state == state


@pytest.mark.parametrize(
    ("name", "argument", "description"),
    [
        (None, None, "TraceIdRatioBased{1.0}"),
        ("llmcost", "0.1", "TraceIdRatioBased{0.1}"),
        ("llmcost", "0", "TraceIdRatioBased{0.0}"),
        ("parentbased_traceidratio", "0.2", "TraceIdRatioBased{0.2}"),
        ("traceidratio", "0.3", "TraceIdRatioBased{0.3}"),
        ("always_off", None, "AlwaysOffSampler"),
        ("always_on", None, "AlwaysOnSampler"),
        ("parentbased_always_off", None, "ParentBased{root:AlwaysOffSampler"),
        ("llmcost", "2", "TraceIdRatioBased{1.0}"),
        ("llmcost", "much", "TraceIdRatioBased{1.0}"),
        ("unheard_of", None, "ParentBased{root:AlwaysOnSampler"),
    ],
)
def test_the_environment_says_what_becomes_of_other_spans(
    monkeypatch: pytest.MonkeyPatch, name: str | None, argument: str | None, description: str
) -> None:
    """OpenTelemetry's own variables hold; what they cannot mean keeps everything."""
    for variable, value in (("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", argument)):
        if value is None:
            monkeypatch.delenv(variable, raising=False)
        else:
            monkeypatch.setenv(variable, value)
    assert description in sampler_of_environment().get_description()


def test_the_entry_point_takes_a_share() -> None:
    """`OTEL_TRACES_SAMPLER=llmcost` with an argument keeps that share of other traces."""
    assert "0.25" in sampler_named("0.25").get_description()
    assert "1.0" in sampler_named().get_description()
