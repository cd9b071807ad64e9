"""Enrichment tables: CSV uploads that become streams of their own type."""

from __future__ import annotations

import csv
import io
import re
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING

from starlette.routing import Route

from llmcost_infra.local.columnar import to_batch
from llmcost_infra.local.requests import org_of, query_flag, read_body, server_of
from llmcost_infra.local.responses import PlainRefusal, Refusal, done
from llmcost_infra.local.rows import StreamKey

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from llmcost_infra.local.server import Server

__all__ = ["routes"]

Table = list[dict[str, str]]
_NOT_A_NAME = re.compile(r"[^a-z0-9]")
_BOUNDARY = re.compile(r"^multipart/form-data\s*;.*\bboundary=", re.IGNORECASE)


async def _upload(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    media = request.headers.get("content-type", "")
    if not _BOUNDARY.match(media):
        raise PlainRefusal(400, "Invalid `boundary` for `multipart/form-data` request")
    table = [row for text in _files(media, await read_body(request)) for row in _rows(text)]
    key = StreamKey(org, "enrichment_tables", request.path_params["name"])
    _store(server, key, table, append=query_flag(request, "append"))
    return done("Saved enrichment table")


def _files(media: str, body: bytes) -> list[str]:
    """Return the texts of the uploaded files; parts without a file name are skipped."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {media}\r\n\r\n".encode() + body)
    texts: list[str] = []
    for part in message.walk():
        content = part.get_payload(decode=True)
        if part.get_filename() and isinstance(content, bytes):
            texts.append(content.decode("utf-8", errors="replace"))
    return texts


def _rows(text: str) -> Table:
    """Read CSV; a header alone makes one row of empty texts."""
    reader = csv.reader(io.StringIO(text))
    first: list[str] | None = next(reader, None)
    if not first:
        return []
    header = [_NOT_A_NAME.sub("_", name.strip().lower()) for name in first]
    lines = [line for line in reader if line] or [[""] * len(header)]
    return [dict(zip(header, line, strict=False)) for line in lines]


def _store(server: Server, key: StreamKey, table: Table, *, append: bool) -> None:
    known = server.streams.columns(key)
    names = {name for row in table for name in row}
    if append and known is not None and names | {"_timestamp"} != set(known):
        raise Refusal(500, f"Schema mismatch for enrichment table {key.org}/{key.name}")
    if not append:
        server.rows.drop(key)
    if not table:
        return
    now = server.now()
    batch = to_batch([{"_timestamp": now, **row} for row in table])
    stored = server.streams.learn(key, batch.columns, now)
    server.rows.append([(key, batch.record_batch(stored))])
    server.streams.note_load(key, now)


routes = [Route("/api/{org}/enrichment_tables/{name}", _upload, methods=["POST"])]
