"""Telemetry on its way in: OTLP traces and logs, and JSON records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from llmcost_infra.local.ingest_json import read_records
from llmcost_infra.local.ingest_traces import read_spans
from llmcost_infra.local.ingest_window import SPANS_REJECTED, Window
from llmcost_infra.local.naming import stream_name
from llmcost_infra.local.otlp import read_json, read_protobuf
from llmcost_infra.local.requests import org_of, read_body, server_of
from llmcost_infra.local.responses import Refusal, json_answer
from llmcost_infra.local.rows import StreamKey

if TYPE_CHECKING:
    from starlette.requests import Request

    from llmcost_infra.local.server import Server

__all__ = ["routes"]

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
    return _partial(media, rejected)


def _take_spans(server: Server, key: StreamKey, body: bytes, media: str) -> int:
    """Take spans in; return how many were rejected."""
    read = read_protobuf if media == _PROTOBUF else read_json
    request = read(body, ExportTraceServiceRequest())
    spans = read_spans(request, key.name, Window(server.now()), server.intake.pricer(key.org))
    if spans.rows:
        server.intake.take(key, spans.rows)
    if spans.llm:
        server.streams.mark_llm(key)
    return spans.rejected


def _partial(media: str, rejected: int) -> Response:
    if media == _PROTOBUF:
        answer = ExportTraceServiceResponse()
        if rejected:
            answer.partial_success.rejected_spans = rejected
            answer.partial_success.error_message = SPANS_REJECTED
        return Response(answer.SerializeToString(), media_type=_PROTOBUF)
    if not rejected:
        return json_answer({"partialSuccess": None})
    body = {"partialSuccess": {"rejectedSpans": rejected, "errorMessage": SPANS_REJECTED}}
    return json_answer(body, 206)


async def _json(request: Request) -> Response:
    server = server_of(request)
    key = StreamKey(org_of(request), "logs", stream_name(request.path_params["stream"]))
    body = await read_body(request)
    status = await run_in_threadpool(_take_records, server, key, body)
    return json_answer({"code": 200, "status": [status]})


def _take_records(server: Server, key: StreamKey, body: bytes) -> dict[str, Any]:
    records = read_records(body, Window(server.now()))
    if records.rows:
        server.intake.take(key, records.rows)
    return records.status(key.name)


routes = [
    *(
        Route(f"/api/{{org}}{path}", _traces, methods=["POST"])
        for path in ("/v1/traces", "/traces", "/otel/v1/traces")
    ),
    Route("/api/{org}/{stream}/_json", _json, methods=["POST"]),
]
