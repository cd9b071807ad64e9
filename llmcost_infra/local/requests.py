"""What a request carries: server, organization, body, query; refused in the server's words."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.local.json_text import JsonText, SyntaxFault, path_text, position
from llmcost_infra.local.responses import PlainRefusal
from llmcost_infra.local.shapes import Mismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from llmcost_infra.local.auth import Caller
    from llmcost_infra.local.json_text import JsonPath
    from llmcost_infra.local.server import Server
    from llmcost_infra.local.shapes import Shape

__all__ = [
    "MAX_BODY",
    "caller_of",
    "org_of",
    "query_flag",
    "read_body",
    "read_flattened_json",
    "read_json",
    "read_loose_json",
    "required_flag",
    "server_of",
]

MAX_BODY = 209_715_200
"""The largest body that is read, in bytes, packed or unpacked."""

_EXPLAINED = 2_000_000
"""Characters up to which a refusal names line and column: finding them is slow."""

_WRONG_SHAPE = "Failed to deserialize the JSON body into the target type: "
_NOT_JSON = "Failed to parse the request body as JSON: "


def server_of(request: Request) -> Server:
    """Return the server that answers."""
    return cast("Server", request.app.state.server)


def org_of(request: Request) -> str:
    """Return the organization in the path."""
    return str(request.path_params["org"])


def caller_of(request: Request) -> Caller:
    """Return who calls."""
    return cast("Caller", request.state.caller)


async def read_body(request: Request) -> bytes:
    """Return the body, unpacked when it came as gzip or deflate."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        _limit(size)
        chunks.append(chunk)
    return _unpack(b"".join(chunks), request.headers.get("content-encoding", ""))


def _limit(size: int) -> None:
    if size > MAX_BODY:
        raise PlainRefusal(413, "Failed to buffer the request body: length limit exceeded")


def _unpack(body: bytes, encoding: str) -> bytes:
    if encoding.strip().lower() not in {"gzip", "deflate"}:
        return body
    # 32: the header tells gzip from zlib.
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        unpacked = unpacker.decompress(body, MAX_BODY + 1) + unpacker.flush(1)
    except zlib.error as error:
        raise PlainRefusal(400, f"Failed to buffer the request body: {error}") from error
    _limit(len(unpacked))
    return unpacked


async def read_json(request: Request, shape: Shape) -> Any:
    """Return the body in a shape; a refusal names path, line and column."""
    text, value = await _parsed(request)
    try:
        return shape.read(value)
    except Mismatch as mismatch:
        raise PlainRefusal(422, _WRONG_SHAPE + _where(text, mismatch)) from mismatch


async def read_loose_json(request: Request, shape: Shape) -> Any:
    """Return the body in a shape; a refusal names no path and no position, as for dashboards."""
    _, value = await _parsed(request)
    try:
        return shape.read(value)
    except Mismatch as mismatch:
        raise PlainRefusal(422, _WRONG_SHAPE + mismatch.words) from mismatch


async def read_flattened_json(request: Request, shape: Shape, outer: Sequence[str]) -> Any:
    """Return the body in a shape that the server flattens into another.

    Args:
        request: the request.
        shape: of the body.
        outer: keys that are not flattened; only their refusals name a path and a place.
    """
    text, value = await _parsed(request)
    try:
        return shape.read(value)
    except Mismatch as mismatch:
        inside = mismatch.path[:1] and mismatch.path[0] in outer
        told = mismatch if inside else Mismatch(mismatch.words, ())
        raise PlainRefusal(422, _WRONG_SHAPE + _where(text, told)) from mismatch


async def _parsed(request: Request) -> tuple[str, Any]:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json" and not (
        media.startswith("application/") and media.endswith("+json")
    ):
        raise PlainRefusal(415, "Expected request with `Content-Type: application/json`")
    text = (await read_body(request)).decode("utf-8", errors="replace")
    try:
        return text, json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        if len(text) > _EXPLAINED:
            raise PlainRefusal(400, f"{_NOT_JSON}{error}") from None
        raise _syntax_refusal(text) from None
    except RecursionError:
        raise PlainRefusal(400, f"{_NOT_JSON}recursion limit exceeded") from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _syntax_refusal(text: str) -> PlainRefusal:
    try:
        JsonText(text).walk()
    except SyntaxFault as fault:
        return PlainRefusal(
            400, f"{_NOT_JSON}{_prefix(fault.path)}{fault.words} at {position(text, fault.offset)}"
        )
    return PlainRefusal(400, f"{_NOT_JSON}invalid text")


def _prefix(path: JsonPath) -> str:
    return f"{path_text(path)}: " if path else ""


def _where(text: str, mismatch: Mismatch) -> str:
    if len(text) > _EXPLAINED:
        return f"{_prefix(mismatch.path)}{mismatch.words}"
    start, end = JsonText(text).walk().get(mismatch.path, (0, len(text)))
    at = position(text, start if mismatch.before else end)
    return f"{_prefix(mismatch.path)}{mismatch.words} at {at}"


def query_flag(request: Request, name: str, *, default: bool = False) -> bool:
    """Read a query parameter that is `true` or `false`."""
    text = request.query_params.get(name)
    return default if text is None else text.strip().lower() == "true"


def required_flag(request: Request, name: str) -> bool:
    """Read a query parameter that is `true` or `false` and must be there."""
    text = request.query_params.get(name)
    if text is None:
        raise PlainRefusal(400, f"Failed to deserialize query string: missing field `{name}`")
    if text not in {"true", "false"}:
        raise PlainRefusal(
            400,
            f"Failed to deserialize query string: {name}: "
            "provided string was not `true` or `false`",
        )
    return text == "true"
