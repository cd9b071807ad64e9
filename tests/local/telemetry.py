"""OTLP requests for tests: built from few words, or read from recorded payloads."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from llmcost_infra.local.otlp import with_ids

if TYPE_CHECKING:
    import httpx
    from google.protobuf.message import Message

__all__ = [
    "HOUR",
    "PROTOBUF",
    "encoded",
    "metric_body",
    "now",
    "record",
    "records_body",
    "rows",
    "schema",
    "span",
    "spans_body",
    "spans_json",
]

HOUR = 3_600_000_000
"""In µs."""
PROTOBUF = {"content-type": "application/x-protobuf"}

Json = dict[str, Any]


def _value(value: Any) -> Json:
    if isinstance(value, bool):
        return {"boolValue": value}
    match value:
        case int():
            form: Json = {"intValue": str(value)}
        case float():
            form = {"doubleValue": value}
        case list():
            form = {"arrayValue": {"values": [_value(item) for item in value]}}
        case dict():
            form = {"kvlistValue": {"values": _pairs(value)}}
        case _:
            form = {} if value is None else {"stringValue": value}
    return form


def _pairs(attributes: Json) -> list[Json]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def span(name: str, micros: int, attributes: Json | None = None, **more: Any) -> Json:
    """Return a span in OTLP/JSON form that starts at a time and lasts 0.9 s."""
    return {
        "traceId": secrets.token_hex(16),
        "spanId": secrets.token_hex(8),
        "name": name,
        "kind": 3,
        "startTimeUnixNano": str(micros * 1000),
        "endTimeUnixNano": str(micros * 1000 + 900_000_000),
        "attributes": _pairs(attributes or {}),
        **more,
    }


def spans_json(*spans: Json, resource: Json | None = None) -> Json:
    """Return an export request with spans of one service."""
    attributes = _pairs({"service.name": "shop"} if resource is None else resource)
    return {
        "resourceSpans": [
            {"resource": {"attributes": attributes}, "scopeSpans": [{"spans": list(spans)}]}
        ]
    }


def spans_body(*spans: Json, resource: Json | None = None) -> bytes:
    """Return an export request with spans of one service, as protobuf."""
    return encoded(spans_json(*spans, resource=resource), ExportTraceServiceRequest())


def record(micros: int, body: Any = None, attributes: Json | None = None, **more: Any) -> Json:
    """Return a log record in OTLP/JSON form, of a span."""
    return {
        "timeUnixNano": str(micros * 1000),
        "body": _value(body),
        "attributes": _pairs(attributes or {}),
        "traceId": secrets.token_hex(16),
        "spanId": secrets.token_hex(8),
        **more,
    }


def records_body(*records: Json, resource: Json | None = None, scope: str = "") -> bytes:
    """Return an export request with log records of one service, as protobuf."""
    block = {
        "resource": {"attributes": _pairs(resource or {"service.name": "shop"})},
        "scopeLogs": [{"scope": {"name": scope}, "logRecords": list(records)}],
    }
    return encoded({"resourceLogs": [block]}, ExportLogsServiceRequest())


def metric_body(name: str, resource: Json, **data: Any) -> bytes:
    """Return an export request with one metric, as protobuf."""
    scope = {"scope": {"name": "lib", "version": "2"}, "metrics": [{"name": name, **data}]}
    block = {"resource": {"attributes": _pairs(resource)}, "scopeMetrics": [scope]}
    return encoded({"resourceMetrics": [block]}, ExportMetricsServiceRequest())


def encoded(payload: Json, request: Message) -> bytes:
    """Return a payload in OTLP/JSON form, whose ids are hexadecimal, as protobuf."""
    return ParseDict(with_ids(json.loads(json.dumps(payload))), request).SerializeToString()


def now() -> int:
    """Return the time in µs."""
    return time.time_ns() // 1000


def rows(client: httpx.Client, stream: str, kind: str = "traces") -> list[Json]:
    """Return what a stream holds of the last six hours."""
    at = now()
    query = {
        "sql": 'SELECT * FROM "?"'.replace("?", stream),
        "start_time": at - 6 * HOUR,
        "end_time": at + HOUR,
    }
    answer = client.post("/api/default/_search", params={"type": kind}, json={"query": query})
    assert answer.status_code == 200, answer.text
    hits: list[Json] = answer.json()["hits"]
    return hits


def schema(client: httpx.Client, stream: str, kind: str = "traces") -> dict[str, str]:
    """Return the columns of a stream and their types."""
    answer = client.get(f"/api/default/streams/{stream}/schema", params={"type": kind})
    assert answer.status_code == 200, answer.text
    return {field["name"]: field["type"] for field in answer.json()["schema"]}
