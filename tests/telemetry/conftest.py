"""An application's telemetry in memory: what ends, and what is counted."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from llmcost_infra.telemetry import attribution, cost, tracked
from llmcost_infra.telemetry.carrying import carry_across_threads
from llmcost_infra.telemetry.harmless import forget_what_was_told
from llmcost_infra.telemetry.processor import LlmSpanProcessor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opentelemetry.sdk.trace import ReadableSpan

KEY = "grains-of-salt"
CALL: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
}
ANSWER: dict[str, Any] = {
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.usage.input_tokens": 2006,
    "gen_ai.usage.output_tokens": 300,
    "gen_ai.usage.cache_read.input_tokens": 1920,
}


@dataclass
class Telemetry:
    """What an application makes.

    Args:
        provider: of its tracers.
        memory: spans that were exported.
        reader: metrics that would be.
    """

    provider: TracerProvider
    memory: InMemorySpanExporter
    reader: InMemoryMetricReader

    def call(self, name: str = "chat gpt-4o", **more: Any) -> None:
        """Make a call as an instrumentation tells of it."""
        tracer = self.provider.get_tracer("somebody's instrumentation")
        span = tracer.start_span(name, kind=trace.SpanKind.CLIENT, attributes=CALL)
        span.set_attributes({**ANSWER, **more})
        span.end()

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """Return what was exported, in the order in which it ended."""
        return self.memory.get_finished_spans()

    @property
    def last(self) -> Mapping[str, Any]:
        """Return the attributes of the span that ended last."""
        return self.spans[-1].attributes or {}

    def points(self) -> list[Any]:
        """Return the data points of the cost histogram."""
        told = self.reader.get_metrics_data()
        return [
            point
            for resource in (told.resource_metrics if told else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == cost.METRIC
            for point in metric.data.data_points
        ]


@pytest.fixture
def telemetry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Telemetry]:
    """An application that is set up, and exports each span as it ends."""
    memory, reader = InMemorySpanExporter(), InMemoryMetricReader()
    meters = MeterProvider([reader])
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(LlmSpanProcessor(SimpleSpanProcessor(memory)))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr(metrics, "get_meter", meters.get_meter)
    cost._histogram.cache_clear()
    yield Telemetry(provider, memory, reader)
    cost._histogram.cache_clear()
    meters.shutdown()
    provider.shutdown()


@pytest.fixture(autouse=True)
def afresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test begins with the key of the stack, and with nothing told yet."""
    monkeypatch.setenv(attribution.HASH_KEY, KEY)
    attribution.use_hash_key(None)
    forget_what_was_told()
    tracked.reported.clear()
    yield
    attribution.use_hash_key(None)


@pytest.fixture
def threads_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads and pools inherit attribution, as after `configure`."""
    monkeypatch.setattr(threading.Thread, "start", threading.Thread.start)
    monkeypatch.setattr(ThreadPoolExecutor, "submit", ThreadPoolExecutor.submit)
    carry_across_threads()
