"""Sends sample traces as an instrumented application does: OpenTelemetry SDK, OTLP over HTTP."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import (
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    set_span_in_context,
)

from llmcost_infra.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from llmcost_infra.first_run.traffic import SampleCall, SampleTrace

__all__ = ["Endpoint", "send"]

_SPANS_A_REQUEST = 512


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where applications send their traces.

    Args:
        url: base address of OpenObserve.
        organization: its organization.
        user: e-mail of the user or service account.
        password: password or token; never printed.
        stream: source stream (header ``stream-name``).
        environment: resource attribute ``deployment.environment.name``.
    """

    url: str
    organization: str
    user: str
    password: str = field(repr=False)
    stream: str
    environment: str

    def exporter(self) -> OTLPSpanExporter:
        """Return an exporter as an application's environment variables would configure it."""
        basic = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return OTLPSpanExporter(
            endpoint=f"{self.url.rstrip('/')}/api/{self.organization}/v1/traces",
            headers={"Authorization": f"Basic {basic}", "stream-name": self.stream},
            timeout=30,
        )


class _PlannedIds(IdGenerator):
    """Gives every span the ids that the sample planned for it, so that a rerun finds it again."""

    def __init__(self) -> None:
        self.trace_id = 0
        self.span_id = 0

    def generate_trace_id(self) -> int:
        return self.trace_id

    def generate_span_id(self) -> int:
        return self.span_id


def send(
    traces: Sequence[SampleTrace],
    endpoint: Endpoint,
    on_progress: Callable[[int], None] = lambda _sent: None,
) -> int:
    """Send the traces and return how many spans the server took.

    Args:
        traces: what to send.
        endpoint: where to.
        on_progress: called with the number of spans sent so far.

    Raises:
        TransportError: the server did not take a batch.
    """
    exporter = endpoint.exporter()
    sent = 0
    try:
        for spans in _batches(traces, endpoint.environment):
            if exporter.export(spans) is not SpanExportResult.SUCCESS:
                raise TransportError(
                    f"{endpoint.url} did not take the sample traces "
                    f"({sent} spans were sent before that).",
                    hint="Look at the server's log; running the command again sends the rest.",
                )
            sent += len(spans)
            on_progress(sent)
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call] # the SDK left it without types
    return sent


def _batches(traces: Sequence[SampleTrace], environment: str) -> Iterator[list[ReadableSpan]]:
    """Yield batches of spans; a trace is never split, so a failed batch leaves no half trace."""
    recorders: dict[str, _Recorder] = {}
    batch: list[ReadableSpan] = []
    for trace in traces:
        service = trace.feature.service
        if service not in recorders:
            recorders[service] = _Recorder(trace, environment)
        spans = recorders[service].record(trace)
        if batch and len(batch) + len(spans) > _SPANS_A_REQUEST:
            yield batch
            batch = []
        batch.extend(spans)
    if batch:
        yield batch


class _Recorder:
    """One sample application: its resource, its tracer, and the spans that it has finished."""

    def __init__(self, first: SampleTrace, environment: str) -> None:
        self._ids = _PlannedIds()
        self._finished = InMemorySpanExporter()
        provider = TracerProvider(
            resource=Resource.create(
                {
                    "service.name": first.feature.service,
                    "deployment.environment.name": environment,
                    "team": first.feature.team,
                }
            ),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        provider.add_span_processor(SimpleSpanProcessor(self._finished))
        self._tracer: Tracer = provider.get_tracer("llmcost_infra.first_run")

    def record(self, trace: SampleTrace) -> list[ReadableSpan]:
        self._finished.clear()
        self._ids.trace_id, self._ids.span_id = trace.trace_id, trace.root_span_id
        root = self._tracer.start_span(
            f"POST /{trace.feature.name}", kind=SpanKind.SERVER, start_time=trace.start_ns
        )
        context = set_span_in_context(root)
        for call in trace.calls:
            self._ids.span_id = call.span_id
            span = self._tracer.start_span(
                _name(trace, call),
                context,
                kind=SpanKind.INTERNAL if call.tool else SpanKind.CLIENT,
                attributes=_attributes(trace, call),
                start_time=call.start_ns,
            )
            if call.rate_limited:
                span.set_status(Status(StatusCode.ERROR, "Error code: 429 - Rate limit reached"))
            elif call.failed:
                span.set_status(Status(StatusCode.ERROR, "tool failed"))
            span.end(call.end_ns)
        root.end(trace.end_ns)
        return list(self._finished.get_finished_spans())


def _name(trace: SampleTrace, call: SampleCall) -> str:
    if call.tool:
        return f"execute_tool {call.tool}"
    return f"{trace.feature.operation} {trace.feature.model}"


def _attributes(trace: SampleTrace, call: SampleCall) -> dict[str, str | int | float]:
    """Return the span attributes of the GenAI semantic conventions (v1.41)."""
    attributes: dict[str, str | int | float] = {
        "feature": trace.feature.name,
        "user.id": trace.user,
    }
    if call.tool:
        attributes |= {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": call.tool}
        return attributes | ({"error.type": "ToolError"} if call.failed else {})
    attributes |= {
        "gen_ai.operation.name": trace.feature.operation,
        "gen_ai.provider.name": trace.feature.provider,
        "gen_ai.request.model": trace.feature.model,
    }
    if trace.feature.prompt:
        # Not gen_ai.prompt.name: OpenObserve takes all under gen_ai.prompt for text and removes it.
        attributes["prompt.name"] = trace.feature.prompt
    if call.rate_limited:
        return attributes | {"error.type": f"{trace.feature.provider}.RateLimitError"}
    attributes |= {
        "gen_ai.response.model": trace.feature.response_model,
        "gen_ai.usage.input_tokens": call.input_tokens,
    }
    if trace.feature.operation == "chat":
        attributes["gen_ai.usage.output_tokens"] = call.output_tokens
    if call.first_token_ns is not None:
        attributes["gen_ai.response.time_to_first_chunk"] = call.first_token_ns / 1e9
    if call.cached_tokens:
        attributes["gen_ai.usage.cache_read.input_tokens"] = call.cached_tokens
    return attributes
