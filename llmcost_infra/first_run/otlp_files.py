"""Recorded telemetry: OTLP/JSON export requests, read from files and refused by file and line."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from google.protobuf.json_format import ParseDict, ParseError
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
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from llmcost_infra.errors import DeclarationError
from llmcost_infra.first_run.otlp_move import messages, row_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from google.protobuf.message import Message

__all__ = ["SIGNALS", "Recorded", "Signal", "files_of", "read_file"]


@dataclass(frozen=True, slots=True)
class Signal:
    """One of the three kinds of telemetry.

    Args:
        key: top-level key of a request in OTLP/JSON.
        name: last part of the path that requests are posted to.
        row: what one row of it is called.
        request: the protobuf request.
        answer: the protobuf answer.
    """

    key: str
    name: str
    row: str
    request: type[Message]
    answer: type[Message]


SIGNALS = (
    Signal(
        "resourceSpans", "traces", "span", ExportTraceServiceRequest, ExportTraceServiceResponse
    ),
    Signal(
        "resourceLogs", "logs", "log record", ExportLogsServiceRequest, ExportLogsServiceResponse
    ),
    Signal(
        "resourceMetrics",
        "metrics",
        "data point",
        ExportMetricsServiceRequest,
        ExportMetricsServiceResponse,
    ),
)

_FORM = (
    "A recorded file holds OTLP/JSON export requests, one or several, as the Collector's file "
    "exporter writes them."
)
_ID_FORM = "OTLP/JSON writes trace ids as 32 and span ids as 16 hexadecimal digits."
_ID_DIGITS = {"traceId": 32, "spanId": 16, "parentSpanId": 16}
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]*")
_BLANKS = re.compile(r"[ \t\r\n]*")
_PARSED = re.compile(r"Failed to parse (\w+) field: ")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Recorded:
    """One export request of a file.

    Args:
        signal: its kind of telemetry.
        message: the request, as protobuf.
        file: where it stands.
    """

    signal: Signal
    message: Message
    file: Path


def files_of(paths: Iterable[Path]) -> list[Path]:
    """Return the files, every ``*.json`` below folders included, each of them once.

    Raises:
        DeclarationError: a path does not exist, or a folder holds no such file.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _inside(path):
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _inside(path: Path) -> Sequence[Path]:
    if not path.exists():
        raise DeclarationError(
            "There is no such file or folder.",
            path=path,
            hint="Name files of OTLP/JSON, or a folder that holds some as *.json.",
        )
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*.json") if file.is_file())
    if not files:
        raise DeclarationError(
            "The folder holds no *.json file.", path=path, hint="Name the files themselves."
        )
    return files


def read_file(path: Path) -> list[Recorded]:
    """Return the export requests of a file, in its order.

    Raises:
        DeclarationError: it holds none, or something else; names the line where it can.
    """
    source = _Source(path, _text(path))
    try:
        requests = list(source.requests())
    except RecursionError:
        raise source.refusal("This is nested too deeply.") from None
    if not any(row_count(request.message) for request in requests):
        raise source.refusal("There is no span, log record or data point in this file.")
    return requests


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DeclarationError("This is not UTF-8 text.", path=path, hint=_FORM) from None


class _NoId(Exception):  # noqa: N818 - it never leaves this module
    """A value that is no id: its key and the value."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A file's text.

    Args:
        path: the file.
        text: all of it.
    """

    path: Path
    text: str

    def refusal(self, message: str, at: int | None = None, hint: str = _FORM) -> DeclarationError:
        """Return the error about something at an offset of the text."""
        line = None if at is None else self.text.count("\n", 0, at) + 1
        return DeclarationError(message, path=self.path, line=line, hint=hint)

    def requests(self) -> Iterator[Recorded]:
        """Yield the requests; a value may be one, or a list of them."""
        for at, value in self._values():
            for request in value if _is_list(value) else [value]:
                yield from self._of_request(request, at)

    def _values(self) -> Iterator[tuple[int, Any]]:
        """Yield each JSON value and where it begins."""
        at = self._after_blanks(0)
        while at < len(self.text):
            try:
                value, end = _DECODER.raw_decode(self.text, at)
            except json.JSONDecodeError as error:
                told = f"This is not JSON: {error.msg} (column {error.colno})."
                raise self.refusal(told, error.pos) from None
            yield at, value
            at = self._after_blanks(end)

    def _after_blanks(self, at: int) -> int:
        found = _BLANKS.match(self.text, at)
        return found.end() if found else at

    def _of_request(self, value: Any, at: int) -> Iterator[Recorded]:
        signals = [signal for signal in SIGNALS if _is_object(value) and signal.key in value]
        if not signals:
            keys = ", ".join(signal.key for signal in SIGNALS)
            raise self.refusal(f"This is no export request: it has none of {keys}.", at)
        for signal in signals:
            message = self._parsed(signal, value[signal.key], at)
            yield Recorded(signal, message, self.path)

    def _parsed(self, signal: Signal, content: Any, at: int) -> Message:
        request = signal.request()
        try:
            # Receivers ignore keys that they do not know, says the OTLP specification.
            ParseDict({signal.key: _with_bytes(content)}, request, ignore_unknown_fields=True)
        except _NoId as error:
            key, found = error.args
            where = self.text.find(json.dumps(found), at)
            told = f"{key} is {found!r}, which is no id."
            raise self.refusal(told, max(at, where), _ID_FORM) from None
        except (ParseError, ValueError, TypeError, AttributeError) as error:
            raise self.refusal(f"This is no OTLP: {_words(error)}.", at) from None
        if any(isinstance(inside, Span) and _nameless(inside) for inside in messages(request)):
            raise self.refusal("A span has no traceId or no spanId.", at, _ID_FORM)
        return request


def _with_bytes(value: Any) -> Any:
    """Return a value whose ids are in base64, the only form that protobuf's own JSON knows."""
    if _is_list(value):
        return [_with_bytes(item) for item in value]
    if not _is_object(value):
        return value
    return {
        key: _base64(key, item) if key in _ID_DIGITS else _with_bytes(item)
        for key, item in value.items()
    }


def _base64(key: str, value: Any) -> str:
    """Return an id in base64; an empty one means that there is none."""
    if (
        not isinstance(value, str)
        or len(value) not in {0, _ID_DIGITS[key]}
        or not _HEXADECIMAL.fullmatch(value)
    ):
        raise _NoId(key, value)
    return base64.b64encode(bytes.fromhex(value)).decode()


def _nameless(span: Span) -> bool:
    return not any(span.trace_id) or not any(span.span_id)


def _words(error: Exception) -> str:
    """Return protobuf's words with the place before them, instead of a sentence a level."""
    said = str(error)
    place = ".".join(_PARSED.findall(said))
    words = _PARSED.sub("", said).rstrip(".")
    return f"{place}: {words}" if place else words


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)
