"""OTLP spans as rows: the columns that a pipeline function sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from llmcost_infra.local.enrich import enrich, is_llm
from llmcost_infra.local.naming import column_name, flatten, to_json_text
from llmcost_infra.local.otlp import attributes, span_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from llmcost_infra.local.enrich import Pricer
    from llmcost_infra.local.ingest_window import Window

__all__ = ["Spans"]

Row = dict[str, Any]

_OWN = frozenset(
    [
        "_timestamp",
        "duration",
        "end_time",
        "events",
        "flags",
        "links",
        "operation_name",
        "reference_parent_span_id",
        "reference_parent_trace_id",
        "reference_ref_type",
        "service_name",
        "span_id",
        "span_kind",
        "span_status",
        "start_time",
        "status_code",
        "status_message",
        "trace_id",
    ]
)
_PIECE = 5_000
_STATUS = ("UNSET", "OK", "ERROR")


@dataclass
class Spans:
    """Reads the spans of a request, and counts what it sees.

    Args:
        stream: where the spans go; names the service when the resource does not.
        window: which times are taken.
        price: what a usage of a model costs.
    """

    stream: str
    window: Window
    price: Pricer
    rejected: int = field(default=0, init=False)
    """Spans outside of the window, so far."""
    llm: bool = field(default=False, init=False)
    """There were spans of language models."""

    def read(self, request: ExportTraceServiceRequest) -> Iterator[list[Row]]:
        """Yield the rows of a request, some thousands at a time: a request may hold very many."""
        rows: list[Row] = []
        for span, shared, resource in self._spans(request):
            if not self.window.takes(span.start_time_unix_nano // 1000):
                self.rejected += 1
                continue
            rows.append(self._row(span, shared, resource))
            if len(rows) >= _PIECE:
                yield rows
                rows = []
        if rows:
            yield rows

    def _spans(
        self, request: ExportTraceServiceRequest
    ) -> Iterator[tuple[Span, Row, dict[str, Any]]]:
        """Yield each span with the columns and the attributes of its resource."""
        service = self.stream
        for block in request.resource_spans:
            resource = attributes(block.resource.attributes, span_text)
            # The server carries the name of a service over to blocks that have none.
            service = resource.pop("service.name", service)
            shared = {"service_name": service, **_resource_columns(resource)}
            for scope in block.scope_spans:
                for span in scope.spans:
                    yield span, shared, resource

    def _row(self, span: Span, shared: Row, resource: dict[str, Any]) -> Row:
        sent = attributes(span.attributes, span_text)
        events = list(_events(span.events)) if span.events else []
        if is_llm(sent):
            self.llm = True
            sent = enrich(sent, events, self.price, span.start_time_unix_nano // 1000)
        row = _attribute_columns(sent, resource)
        row |= shared
        row |= _own_columns(span, events)
        return row


def _resource_columns(resource: dict[str, Any]) -> Row:
    return flatten({f"service_{key}": value for key, value in resource.items()}, level=0)


def _attribute_columns(sent: dict[str, Any], resource: dict[str, Any]) -> Row:
    row: Row = {}
    nested: dict[str, Any] = {}
    for key, value in sent.items():
        if value is None:
            continue
        column = _column(f"attr_{key}") if key in resource else _column(key)
        kind = value.__class__
        if kind is list:
            row[column] = to_json_text(value)
        elif kind is dict:
            nested[column] = value
        else:
            row[column] = value
    return row | flatten(nested, level=0) if nested else row


@lru_cache(maxsize=8192)
def _column(key: str) -> str:
    """Return the column of an attribute; one that would hide a column of the span moves aside."""
    return column_name(f"attr_{key}" if key in _OWN else key)


def _own_columns(span: Span, events: list[Row]) -> Row:
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    trace_id = span.trace_id.hex()
    status = span.status.code if span.HasField("status") else None
    own: Row = {
        "_timestamp": start // 1000,
        "start_time": start,
        "end_time": end,
        "duration": max(end - start, 0) // 1000,
        "trace_id": trace_id,
        "span_id": span.span_id.hex(),
        "operation_name": span.name,
        "span_kind": str(span.kind),
        "span_status": _STATUS[status] if status in {1, 2} else _STATUS[0],
        "flags": 1,
        "events": to_json_text(events) if events else "[]",
        "links": to_json_text(list(_links(span.links))) if span.links else "[]",
    }
    if status is not None:
        own["status_code"] = status
        own["status_message"] = span.status.message
    if span.parent_span_id:
        own["reference_parent_span_id"] = span.parent_span_id.hex()
        own["reference_parent_trace_id"] = trace_id
        own["reference_ref_type"] = "ChildOf"
    return own


def _events(events: Any) -> Iterator[Row]:
    for event in events:
        yield {
            "name": event.name,
            "_timestamp": event.time_unix_nano,
            **attributes(event.attributes, span_text),
        }


def _links(links: Any) -> Iterator[Row]:
    for link in links:
        yield {
            "context": {
                "traceId": link.trace_id.hex(),
                "spanId": link.span_id.hex(),
                "traceFlags": link.flags,
                "traceState": link.trace_state,
            },
            **attributes(link.attributes, span_text),
        }
