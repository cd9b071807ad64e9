"""`_search` and `_values`."""

from __future__ import annotations

import base64
from json import dumps
from time import perf_counter
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.routing import Route

from llmcost_infra.local.naming import stream_name
from llmcost_infra.local.requests import org_of, read_json, server_of
from llmcost_infra.local.responses import Refusal, json_answer
from llmcost_infra.local.rows import StreamKey
from llmcost_infra.local.search import (
    Question,
    ask,
    response,
    restricted,
    trace_id,
    values,
)
from llmcost_infra.local.shapes import (
    BOOLEAN,
    INTEGER,
    STRING,
    Struct,
    defaulted,
    optional,
    required,
)
from llmcost_infra.local.stream_types import stream_type
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.refusals import SqlRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from llmcost_infra.local.server import Server
    from llmcost_infra.sql_engine.sql import Answer

__all__ = ["routes"]

_DEFAULT_VALUES = 10
_AT_ONCE = 5_000
_QUERY = Struct(
    "Query",
    {
        "sql": required(STRING),
        "from": defaulted(INTEGER, 0),
        "size": defaulted(INTEGER, -1),
        "start_time": defaulted(INTEGER, 0),
        "end_time": defaulted(INTEGER, 0),
        "quick_mode": defaulted(BOOLEAN, False),
        "track_total_hits": defaulted(BOOLEAN, False),
        "query_fn": optional(STRING),
    },
)
_BODY = Struct(
    "Request",
    {
        "query": required(_QUERY),
        "encoding": defaulted(STRING, ""),
        "timeout": defaulted(INTEGER, 0),
        "search_type": optional(STRING),
    },
)


async def _search(request: Request) -> Response:
    started = perf_counter()
    server, org = server_of(request), org_of(request)
    kind = stream_type(request)
    question = _question(await read_json(request, _BODY))
    return await run_in_threadpool(_answer, server, org, kind, question, started)


def _question(body: dict[str, Any]) -> Question:
    query = body["query"]
    sql: str = query["sql"]
    if body["encoding"] == "base64":
        sql = base64.b64decode(sql).decode()
    time_range = TimeRange(query["start_time"], query["end_time"])
    return Question(sql, time_range, query["size"], query["from"])


def _answer(server: Server, org: str, kind: str, question: Question, started: float) -> Response:
    try:
        allowed = restricted(server, org, kind, question)
        answer = ask(server, org, kind, allowed)
    except SqlRefusal as refusal:
        return _refused(refusal)
    body = response(allowed, answer, started)
    if answer.total <= _AT_ONCE:
        return json_answer({**body, "hits": answer.rows})
    return StreamingResponse(_written(body, answer), media_type="application/json")


def _written(body: dict[str, Any], answer: Answer) -> Iterator[bytes]:
    """Write a long answer piece by piece: a million rows as Python values would not fit."""
    yield dumps(body).encode()[:-1] + b',"hits":['
    separator = b""
    for rows in answer.pieces():
        yield separator + dumps(rows, ensure_ascii=False).encode()[1:-1]
        separator = b","
    yield b"]}"


def _refused(refusal: SqlRefusal) -> Response:
    body = {
        "code": refusal.code,
        "message": refusal.server_message,
        "error_detail": refusal.detail,
        "trace_id": trace_id(),
    }
    return json_answer(body, 400)


async def _values(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    name = stream_name(request.path_params["stream"])
    fields = [field for field in request.query_params.get("fields", "").split(",") if field]
    if not fields:
        raise Refusal(400, "fields is empty")
    question = Question(
        "",
        TimeRange(_number(request, "start_time", 0), _number(request, "end_time", 0)),
        _number(request, "size", _DEFAULT_VALUES),
        _number(request, "from", 0),
    )
    key = StreamKey(org, stream_type(request), name)
    try:
        body = await run_in_threadpool(values, server, key, fields, question)
    except SqlRefusal as refusal:
        return _refused(refusal)
    return json_answer(body)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    try:
        return int(text) if text else default
    except ValueError:
        raise Refusal(400, f"{name} is no number") from None


routes = [
    Route("/api/{org}/_search", _search, methods=["POST"]),
    Route("/api/{org}/{stream}/_values", _values, methods=["GET"]),
]
