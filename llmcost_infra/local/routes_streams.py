"""Streams: create, settings, schema, list, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from llmcost_infra.local import stream_settings
from llmcost_infra.local.naming import column_name, stream_name
from llmcost_infra.local.requests import org_of, query_flag, read_json, server_of
from llmcost_infra.local.responses import Refusal, done, json_answer
from llmcost_infra.local.rows import StreamKey
from llmcost_infra.local.shapes import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    ListOf,
    Nullable,
    Struct,
    defaulted,
    optional,
    required,
)
from llmcost_infra.local.stream_types import stream_type
from llmcost_infra.local.streams import column_type

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from llmcost_infra.local.rows import RowStore
    from llmcost_infra.local.shapes import Field, Shape

__all__ = ["routes"]

_FIELD = Struct("StreamField", {"name": required(STRING), "type": required(STRING)})
_RANGE = Struct("TimeRange", {"start": required(INTEGER), "end": required(INTEGER)})
_PARTITION = Struct(
    "StreamPartition",
    {
        "field": required(STRING),
        "types": defaulted(ANY, "value"),
        "disabled": defaulted(BOOLEAN, False),
    },
)
_SCALARS: dict[str, Field] = {
    "data_retention": optional(INTEGER),
    "flatten_level": optional(INTEGER),
    "max_query_range": optional(INTEGER),
    "store_original_data": optional(BOOLEAN),
    "approx_partition": optional(BOOLEAN),
    "index_original_data": optional(BOOLEAN),
    "index_all_values": optional(BOOLEAN),
    "enable_distinct_fields": optional(BOOLEAN),
    "enable_log_patterns_extraction": optional(BOOLEAN),
    "is_llm_stream": optional(BOOLEAN),
    "storage_type": optional(STRING),
}
_LISTS: dict[str, Shape] = {
    "partition_keys": _PARTITION,
    "full_text_search_keys": STRING,
    "index_fields": STRING,
    "bloom_filter_fields": STRING,
    "defined_schema_fields": STRING,
    "extended_retention_days": _RANGE,
}
_CREATE = Struct(
    "StreamCreate",
    {
        "fields": required(ListOf(_FIELD)),
        "settings": required(
            Struct(
                "StreamSettings",
                _SCALARS | {key: optional(ListOf(shape)) for key, shape in _LISTS.items()},
            )
        ),
    },
)


def _change(item: Shape) -> Field:
    changes = {"add": defaulted(ListOf(item), []), "remove": defaulted(ListOf(item), [])}
    return optional(Nullable(Struct("UpdateSettingsWrapper", changes)))


_SETTINGS = Struct(
    "UpdateStreamSettings",
    _SCALARS
    | {key: _change(shape) for key, shape in _LISTS.items()}
    | {"fields": _change(_FIELD), "distinct_value_fields": _change(STRING)},
)


def _key(request: Request, *, exact: bool = False) -> StreamKey:
    name = request.path_params["name"]
    return StreamKey(org_of(request), stream_type(request), name if exact else stream_name(name))


async def _list(request: Request) -> Response:
    server, org, kind = server_of(request), org_of(request), stream_type(request)
    fetch = query_flag(request, "fetchSchema")
    keyword = request.query_params.get("keyword", "")
    records = [record for record in server.streams.list(org, kind) if keyword in record["name"]]
    page = _page(request, records)
    return json_answer(
        {
            "list": [_shown(record, server.rows, org, whole=fetch) for record in page],
            "total": len(records),
        }
    )


def _page(request: Request, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    offset = int(request.query_params.get("offset", "0") or 0)
    limit = int(request.query_params.get("limit", "0") or 0)
    return records[offset : offset + limit] if limit else records[offset:]


def _shown(record: dict[str, Any], rows: RowStore, org: str, *, whole: bool) -> dict[str, Any]:
    """Return a stream as the server shows it; without its columns, it shows default settings."""
    columns: dict[str, str] = record["columns"] if whole else {}
    shown: dict[str, Any] = {
        "name": record["name"],
        "storage_type": "disk",
        "stream_type": record["type"],
        "stats": _stats(StreamKey(org, record["type"], record["name"]), record, rows, whole=whole),
        "schema": [{"name": name, "type": kind} for name, kind in columns.items()],
        "settings": record["settings"] if whole else stream_settings.defaults(),
    }
    if record["type"] == "metrics":
        shown["metrics_meta"] = {
            "metric_type": "",
            "metric_family_name": record["name"],
            "help": record["name"],
            "unit": "",
        }
    return shown | {"total_fields": len(columns)}


def _stats(
    key: StreamKey, record: dict[str, Any], rows: RowStore, *, whole: bool
) -> dict[str, Any]:
    """Return figures of the files; the newest rows are not in files yet and do not count."""
    files = rows.files(key)
    size = sum(file.size for file in files) / (1024 * 1024)
    times: list[int] = record.get("loaded") or [
        moment for file in files for moment in (file.earliest, file.latest)
    ]
    return {
        "created_at": record["created_at"] if whole else 0,
        "doc_time_min": min(times, default=0),
        "doc_time_max": max(times, default=0),
        "doc_num": sum(file.rows for file in files),
        "file_num": len(files),
        "storage_size": round(size, 2),
        "compressed_size": round(size, 2),
        "index_size": 0.0,
    }


async def _schema(request: Request) -> Response:
    server, key = server_of(request), _key(request)
    record = server.streams.get(key)
    if record is None:
        raise Refusal(404, "stream not found")
    return json_answer(_shown(record, server.rows, key.org, whole=True))


async def _create(request: Request) -> Response:
    server, key = server_of(request), _key(request)
    body = await read_json(request, _CREATE)
    if key.type in {"enrichment_tables", "index"}:
        raise Refusal(400, f"Stream type '{key.type}' not allowed")
    columns: dict[str, str] = {}
    for field in body["fields"]:
        kind = column_type(field["type"])
        if kind is None:
            raise Refusal(400, f"invalid data type: {field['type']}")
        columns[column_name(field["name"])] = kind
    server.streams.create(key, columns, body["settings"])
    return done("stream created")


async def _settings(request: Request) -> Response:
    server, key = server_of(request), _key(request)
    server.streams.change(key, await read_json(request, _SETTINGS))
    return done("")


async def _delete(request: Request) -> Response:
    server_of(request).streams.delete(_key(request, exact=True))
    return done("stream deleted")


_BASE = "/api/{org}/streams"
routes = [
    Route(_BASE, _list, methods=["GET"]),
    Route(_BASE + "/{name}", _create, methods=["POST"]),
    Route(_BASE + "/{name}", _delete, methods=["DELETE"]),
    Route(_BASE + "/{name}/settings", _settings, methods=["PUT"]),
    Route(_BASE + "/{name}/schema", _schema, methods=["GET"]),
]
