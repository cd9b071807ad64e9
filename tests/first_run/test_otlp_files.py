"""Recorded OTLP files: what is read from them, and how a file that is none is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from llmcost_infra.errors import DeclarationError, ExitCode
from llmcost_infra.first_run.otlp_files import files_of, read_file
from tests.local.telemetry import encoded, span, spans_json

SAMPLES = Path(__file__).parents[1] / "data" / "otlp-samples"
NOW = 1_795_466_990_000_000  # microseconds since 1970
SPAN = spans_json(span("chat", NOW, {"gen_ai.usage.input_tokens": 12, "temperature": 0.5}))
LOG = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "hello"}}]}]}]}


def changed(**fields: Any) -> str:
    """Return a request whose one span has other fields, on its third line."""
    return "\n\n" + json.dumps(spans_json(span("chat", NOW) | fields))


def test_a_span_is_read_whole() -> None:
    """Ids, numbers as text, doubles and attributes become the protobuf that an SDK would send."""
    (request,) = read_file(SAMPLES / "genai" / "chat_basic.traces.json")
    payload = json.loads((SAMPLES / "genai" / "chat_basic.traces.json").read_text())

    assert request.signal.name == "traces"
    assert request.message.SerializeToString() == encoded(payload, ExportTraceServiceRequest())


@pytest.mark.parametrize(
    "text",
    [
        f"{json.dumps(SPAN)}\n{json.dumps(LOG)}\n",
        f"{json.dumps(SPAN)}\r\n\r\n{json.dumps(LOG)}",
        json.dumps(SPAN, indent=1) + json.dumps(LOG, indent=1),
        json.dumps([SPAN, LOG]),
        json.dumps(SPAN | LOG),
        "\ufeff" + json.dumps(SPAN) + "\n" + json.dumps(LOG),
    ],
    ids=["a line each", "blank lines", "indented", "a list", "one object", "byte order mark"],
)
def test_a_file_may_hold_several_requests(tmp_path: Path, text: str) -> None:
    """One a line, as the Collector's file exporter writes them, and what people make of it."""
    file = tmp_path / "recorded.jsonl"
    file.write_text(text, encoding="utf-8")

    assert [request.signal.name for request in read_file(file)] == ["traces", "logs"]


def test_what_a_newer_version_added_is_skipped(tmp_path: Path) -> None:
    """Receivers ignore keys that they do not know, so a newer recording can still be sent."""
    file = tmp_path / "newer.json"
    file.write_text(changed(inventedLater=[1]))

    (request,) = read_file(file)

    assert b"chat" in request.message.SerializeToString()


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", None, "no span, log record or data point"),
        (" \n", None, "no span, log record or data point"),
        ('{"resourceSpans": []}', None, "no span, log record or data point"),
        ("hello", 1, r"not JSON: Expecting value \(column 1\)"),
        (json.dumps(SPAN, indent=1)[:40], 4, "not JSON"),
        (f'{json.dumps(SPAN)}\n{{"resourceSpans": [}}', 2, "not JSON"),
        ('{"a": NaN}', 1, "none of resourceSpans, resourceLogs, resourceMetrics"),
        (f'{json.dumps(SPAN)}\n{{"a": 1}}', 2, "none of resourceSpans"),
        ('"text"', 1, "none of resourceSpans"),
        ("[[]]", 1, "none of resourceSpans"),
        (changed(traceId="xyz"), 3, "traceId is 'xyz', which is no id"),
        (changed(traceId="ab" * 8), 3, "which is no id"),
        (changed(spanId="q83vq83vq80="), 3, "spanId is 'q83vq83vq80='"),
        (changed(spanId="ab ab ab ab ab a"), 3, "which is no id"),
        (changed(parentSpanId=7), 3, "parentSpanId is 7"),
        (changed(traceId=""), 3, "A span has no traceId or no spanId"),
        (changed(spanId="0" * 16), 3, "A span has no traceId or no spanId"),
        (changed(startTimeUnixNano="soon"), 3, r"resourceSpans\.scopeSpans\.spans\.start.*soon"),
        (changed(startTimeUnixNano=-1), 3, "out of range"),
        (changed(name="\ud800"), 3, "surrogate"),
        (changed(attributes=[{"key": "a", "value": {"doubleValue": float("nan")}}]), 3, "NaN"),
        ('{"resourceSpans": {}}', 1, "no OTLP: resourceSpans"),
        ('{"resourceSpans": [3]}', 1, "no OTLP: resourceSpans"),
        ("[" * 100_000, None, "nested too deeply"),
        ('{"resourceSpans": ' + "[" * 900 + "]" * 900 + "}", None, "nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_sent_is_refused(
    tmp_path: Path, text: str, line: int | None, told: str
) -> None:
    """The message names the file, the line where there is one, and the form that is meant."""
    file = tmp_path / "recorded.json"
    file.write_text(text)

    with pytest.raises(DeclarationError, match=told) as refused:
        read_file(file)

    assert (refused.value.path, refused.value.line) == (file, line)
    assert "OTLP/JSON" in refused.value.hint
    assert refused.value.exit_code == ExitCode.USAGE


def test_an_id_is_found_on_its_own_line(tmp_path: Path) -> None:
    """In an indented request of many lines, the line is that of the id and not of the request."""
    file = tmp_path / "recorded.json"
    payload = spans_json(span("chat", NOW), span("chat", NOW, spanId="no id"))
    file.write_text(json.dumps(payload, indent=1))

    with pytest.raises(DeclarationError) as refused:
        read_file(file)

    assert refused.value.line is not None
    assert "no id" in file.read_text().splitlines()[refused.value.line - 1]


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    """Recorded protobuf, or a compressed file, is told from text."""
    file = tmp_path / "recorded.json.gz"
    file.write_bytes(b"\x1f\x8b\x08\xff")

    with pytest.raises(DeclarationError, match=r"recorded\.json\.gz: This is not UTF-8 text"):
        read_file(file)


def test_a_folder_stands_for_its_json_files(tmp_path: Path) -> None:
    """Files in folders below count too, other files do not, and the order is that of names."""
    inner = tmp_path / "b" / "c.json"
    inner.mkdir(parents=True)
    names = ["a.json", "b/a.json", "b/c.json/d.json"]
    for name in [*names, "README.md"]:
        (tmp_path / name).touch()

    assert files_of([tmp_path]) == [tmp_path / name for name in names]


def test_a_file_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    """A folder and a file in it do not send the same calls twice."""
    file = tmp_path / "a.jsonl"
    other = tmp_path / "b.json"
    file.touch()
    other.touch()

    assert files_of([file, tmp_path, tmp_path / ".." / tmp_path.name / "b.json"]) == [file, other]


@pytest.mark.parametrize(
    ("name", "told"), [("gone.json", "no such file or folder"), (".", r"no \*\.json file")]
)
def test_a_path_without_files_is_refused(tmp_path: Path, name: str, told: str) -> None:
    """A mistyped path and an empty folder are told before anything is read."""
    with pytest.raises(DeclarationError, match=told) as refused:
        files_of([tmp_path / name])

    assert str(tmp_path) in str(refused.value)
