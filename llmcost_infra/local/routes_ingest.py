"""Telemetry on its way in: OTLP traces, logs and metrics, and JSON records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from llmcost_infra.local.ingest_json import read_records
from llmcost_infra.local.ingest_logs import read_logs
from llmcost_infra.local.ingest_metrics import read_metrics
from llmcost_infra.local.ingest_traces import Spans
from llmcost_infra.local.ingest_window import SPANS_REJECTED, TOO_OLD, Window
from llmcost_infra.local.naming import stream_name
from llmcost_infra.local.otlp import read_json, read_protobuf
from llmcost_infra.local.requests import org_of, read_body, server_of
from llmcost_infra.local.responses import Refusal, json_answer
from llmcost_infra.local.rows import StreamKey

if TYPE_CHECKING:
    from starlette.requests import Request

    from llmcost_infra.local.ingest_json import Records
    from llmcost_infra.local.server import Server

__all__ = ["routes"]

_M = TypeVar("_M", bound=Message)

_PROTOBUF = "application/x-protobuf"
_DEFAULT_STREAM = "default"


def _media(request: Request) -> str:
    """Return protobuf or JSON; the server answers nothing else."""
    media = request.headers.get("content-type", "")
    if media == _PROTOBUF:
        return _PROTOBUF
    if media.startswith("application/json"):
        return "application/json"
    raise Refusal(400, "Bad Request")


def _stream(request: Request) -> str:
    return stream_name(request.headers.get("stream-name") or _DEFAULT_STREAM)


async def _traces(request: Request) -> Response:
    server, media = server_of(request), _media(request)
    key = StreamKey(org_of(request), "traces", _stream(request))
    body = await read_body(request)
    rejected = await run_in_threadpool(_take_spans, server, key, body, media)
    answer = ExportTraceServiceResponse()
    if rejected:
        answer.partial_success.rejected_spans = rejected
        answer.partial_success.error_message = SPANS_REJECTED
    return _exported(media, answer)


def _take_spans(server: Server, key: StreamKey, body: bytes, media: str) -> int:
    """Take spans in; return how many were rejected."""
    request = _read(media, body, ExportTraceServiceRequest())
    spans = Spans(key.name, Window(server.now()), server.intake.pricer(key.org))
    server.intake.take(key, spans.read(request))
    if spans.llm:
        server.streams.mark_llm(key)
    return spans.rejected


def _read(media: str, body: bytes, request: _M) -> _M:
    return read_protobuf(body, request) if media == _PROTOBUF else read_json(body, request)


def _exported(media: str, answer: Message) -> Response:
    """Answer an exporter; in JSON, a partial success has its own status."""
    if media == _PROTOBUF:
        return Response(answer.SerializeToString(), media_type=_PROTOBUF)
    body = MessageToDict(answer)
    return json_answer(body, 206) if body else json_answer({"partialSuccess": None})


async def _logs(request: Request) -> Response:
    server, media = server_of(request), _media(request)
    key = StreamKey(org_of(request), "logs", _stream(request))
    body = await read_body(request)
    records = await run_in_threadpool(_take_logs, server, key, body, media)
    answer = ExportLogsServiceResponse()
    if records.failed:
        answer.partial_success.rejected_log_records = records.failed
        answer.partial_success.error_message = records.error
    return _exported(media, answer)


def _take_logs(server: Server, key: StreamKey, body: bytes, media: str) -> Records:
    request = _read(media, body, ExportLogsServiceRequest())
    records = read_logs(request, Window(server.now()))
    if records.rows:
        server.intake.take(key, [records.rows])
    return records


async def _metrics(request: Request) -> Response:
    server, media = server_of(request), _media(request)
    body = await read_body(request)
    rejected = await run_in_threadpool(_take_metrics, server, org_of(request), body, media)
    answer = ExportMetricsServiceResponse()
    if rejected:
        answer.partial_success.rejected_data_points = rejected
        answer.partial_success.error_message = TOO_OLD
    return _exported(media, answer)


def _take_metrics(server: Server, org: str, body: bytes, media: str) -> int:
    """Take metrics in; return how many data points were rejected."""
    request = _read(media, body, ExportMetricsServiceRequest())
    metrics = read_metrics(request, Window(server.now()))
    for name in sorted(metrics.bare):
        server.streams.know(StreamKey(org, "metrics", name))
    for name, rows in metrics.rows.items():
        server.intake.take(StreamKey(org, "metrics", name), [rows])
    return metrics.rejected


async def _json(request: Request) -> Response:
    server = server_of(request)
    key = StreamKey(org_of(request), "logs", stream_name(request.path_params["stream"]))
    body = await read_body(request)
    status = await run_in_threadpool(_take_records, server, key, body)
    return json_answer({"code": 200, "status": [status]})


def _take_records(server: Server, key: StreamKey, body: bytes) -> dict[str, Any]:
    records = read_records(body, Window(server.now()))
    if records.rows:
        server.intake.take(key, [records.rows])
    return records.status(key.name)


routes = [
    *(
        Route(f"/api/{{org}}{path}", _traces, methods=["POST"])
        for path in ("/v1/traces", "/traces", "/otel/v1/traces")
    ),
    Route("/api/{org}/v1/logs", _logs, methods=["POST"]),
    Route("/api/{org}/v1/metrics", _metrics, methods=["POST"]),
    Route("/api/{org}/{stream}/_json", _json, methods=["POST"]),
]
