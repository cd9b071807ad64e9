"""OTLP export requests: reading protobuf and JSON bodies, and the values of attributes."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError, Message

from llmcost_infra.local.ingest_text import read_text
from llmcost_infra.local.json_text import JsonText, position
from llmcost_infra.local.responses import Refusal
from llmcost_infra.local.shapes import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["attributes", "read_json", "read_protobuf", "span_text", "typed_value", "with_ids"]

_M = TypeVar("_M", bound=Message)
_IDS = ("traceId", "spanId", "parentSpanId")


def read_protobuf(body: bytes, request: _M) -> _M:
    """Fill a request from protobuf.

    Raises:
        Refusal: it is none.
    """
    try:
        request.ParseFromString(body)
    except DecodeError as error:
        raise Refusal(400, f"Invalid proto: failed to decode Protobuf message: {error}") from None
    return request


def read_json(body: bytes, request: _M) -> _M:
    """Fill a request from OTLP/JSON, whose ids are hexadecimal.

    Raises:
        Refusal: it is no JSON, or holds a double: the server's model of it cannot be read.
    """
    text = body.decode("utf-8", errors="replace")
    content = read_text(text, "Invalid json: ")
    if not is_object(content):
        kind = "sequence" if is_list(content) else "value"
        expected = request.DESCRIPTOR.name
        raise Refusal(400, f"Invalid json: invalid type: {kind}, expected struct {expected}")
    _refuse_doubles(text)
    try:
        return ParseDict(with_ids(content), request, ignore_unknown_fields=True)
    except (ParseError, ValueError, TypeError, AttributeError) as error:
        raise Refusal(400, f"Invalid json: {error}") from None


def _refuse_doubles(text: str) -> None:
    if "doubleValue" not in text:
        return
    for path, (_, end) in JsonText(text).walk().items():
        if path and path[-1] == "doubleValue" and "attributes" in path:
            # The parser gives up after the attribute value that holds the double.
            at = position(text, end + 1)
            raise Refusal(400, f"Invalid json: invalid type: map, expected f64 at {at}")


def with_ids(value: Any) -> Any:
    """Return a value of OTLP/JSON with its ids as protobuf's own JSON form has them."""
    if is_list(value):
        return [with_ids(item) for item in value]
    if not is_object(value):
        return value
    return {
        key: _base64(item) if key in _IDS and isinstance(item, str) else with_ids(item)
        for key, item in value.items()
    }


def _base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


def attributes(pairs: Iterable[Any], read: Callable[[Any], Any]) -> dict[str, Any]:
    """Return attributes as a mapping, each value read with `span_text` or `typed_value`."""
    return {pair.key: read(pair.value) for pair in pairs}


def span_text(value: Any) -> Any:
    """Return an attribute value as spans keep it: everything is text, also inside of lists."""
    kind = value.WhichOneof("value")
    if kind == "string_value":  # nearly all are
        return value.string_value
    return _SPAN_TEXT[kind](value) if kind else None


def _decimal_text(number: float) -> str:
    """Write a double without exponent and without `.0`, as Rust's Display does."""
    if number != number or number in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN
        return {"nan": "NaN", "inf": "inf", "-inf": "-inf"}[str(number)]
    text = repr(number)
    if "e" in text:
        text = format(Decimal(text), "f")
    return text.removesuffix(".0")


def typed_value(value: Any) -> Any:
    """Return an attribute value with its type, as log records keep it."""
    match value.WhichOneof("value"):
        case "array_value":
            return [typed_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return attributes(value.kvlist_value.values, typed_value)
        case "bytes_value":
            return value.bytes_value.decode("utf-8", errors="replace")
        case None:
            return None
        case scalar:
            return getattr(value, scalar)


_SPAN_TEXT: dict[str, Callable[[Any], Any]] = {
    "int_value": lambda value: str(value.int_value),
    "double_value": lambda value: _decimal_text(value.double_value),
    "bool_value": lambda value: "true" if value.bool_value else "false",
    "bytes_value": lambda value: value.bytes_value.decode("utf-8", errors="replace"),
    "array_value": lambda value: [span_text(item) for item in value.array_value.values],
    "kvlist_value": lambda value: attributes(value.kvlist_value.values, span_text),
}
