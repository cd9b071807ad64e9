"""OTLP bodies and the values of attributes."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from llmcost_infra.local.ingest_window import FUTURE, TOO_OLD, Window
from llmcost_infra.local.otlp import attributes, read_json, read_protobuf, span_text, typed_value
from llmcost_infra.local.responses import Refusal
from tests.local.telemetry import span, spans_body, spans_json

HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.2, "0.2"),
        (2.0, "2"),
        (0.0, "0"),
        (-1.5, "-1.5"),
        (1e-7, "0.0000001"),
        (1e21, "1000000000000000000000"),
        (24.297552999996697, "24.297552999996697"),
        (math.nan, "NaN"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
    ],
)
def test_doubles_are_written_without_exponent(number: float, text: str) -> None:
    """As the server's language writes them."""
    assert span_text(AnyValue(double_value=number)) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_double_reads_back(number: float) -> None:
    """No digit is lost, and nothing but digits, a dot and a sign is written."""
    text = span_text(AnyValue(double_value=number))

    assert float(text) == number
    assert set(text) <= set("-.0123456789")


@pytest.mark.parametrize(
    ("value", "text", "typed"),
    [
        (AnyValue(string_value="x"), "x", "x"),
        (AnyValue(int_value=7), "7", 7),
        (AnyValue(bool_value=False), "false", False),
        (AnyValue(bytes_value=b"ab\xff"), "ab\ufffd", "ab\ufffd"),
        (AnyValue(), None, None),
    ],
)
def test_spans_keep_text_and_log_records_keep_types(value: AnyValue, text: Any, typed: Any) -> None:
    """An empty value is nothing in both."""
    assert span_text(value) == text
    assert typed_value(value) == typed


def test_lists_and_objects_hold_values_of_the_same_kind() -> None:
    """Text in spans, types in log records."""
    pair = KeyValue(key="n", value=AnyValue(int_value=1))
    value = AnyValue()
    value.array_value.values.add().kvlist_value.values.append(pair)

    assert span_text(value) == [{"n": "1"}]
    assert typed_value(value) == [{"n": 1}]


def test_the_last_of_two_equal_keys_wins() -> None:
    """Clients may send one twice."""
    pairs = [KeyValue(key="a", value=AnyValue(string_value=text)) for text in ("x", "y")]

    assert attributes(pairs, span_text) == {"a": "y"}


def test_json_and_protobuf_are_two_forms_of_one_request() -> None:
    """Hexadecimal ids become bytes."""
    sent = span("x", 1_000, {"a": "b", "n": 1, "list": ["c"]}, parentSpanId="00f067aa0ba902b7")

    from_json = read_json(json.dumps(spans_json(sent)).encode(), ExportTraceServiceRequest())
    from_protobuf = read_protobuf(spans_body(sent), ExportTraceServiceRequest())

    assert from_json == from_protobuf


def test_a_double_is_placed_after_the_value_that_holds_it() -> None:
    """This is where the server's parser gives up."""
    text = json.dumps(spans_json(span("x", 1, {"a": 0.5, "b": 0.5})))

    with pytest.raises(Refusal, match="invalid type: map, expected f64") as caught:
        read_json(text.encode(), ExportTraceServiceRequest())

    column = int(caught.value.message.rpartition(" ")[2])
    assert text[column - 2 : column] == "}}" or text[:column].endswith("0.5}")


def test_a_double_in_another_place_is_fine() -> None:
    """Numbers of a metric are no attribute values."""
    request = read_json(b'{"resourceSpans":[],"doubleValue":0.5}', ExportTraceServiceRequest())

    assert request == ExportTraceServiceRequest()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "Invalid json: EOF while parsing an object at line 1 column 1"),
        (b"", "Invalid json: EOF while parsing a value at line 1 column 0"),
        (b"{} x", "Invalid json: trailing characters at line 1 column 4"),
        (b'{"resourceSpans":[{"resource":7}]}', "Invalid json"),
        (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]}', "Invalid json"),
        (b"[]", "Invalid json"),
        (b"3", "Invalid json"),
        (b"[" * 5_000, "Invalid json: recursion limit exceeded"),
        (b"[" * 5_000 + b"]" * 5_000, "Invalid json: recursion limit exceeded"),
    ],
)
def test_what_is_no_request_is_refused_with_the_place(content: bytes, words: str) -> None:
    """In the server's words where they are known."""
    with pytest.raises(Refusal) as caught:
        read_json(content, ExportTraceServiceRequest())

    assert caught.value.status == 400
    assert caught.value.message.startswith(words)


@given(st.binary(min_size=1, max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Nothing crashes."""
    for read in (read_json, read_protobuf):
        with suppress(Refusal):
            read(content, ExportTraceServiceRequest())


class TestWindow:
    """Which times are taken."""

    @given(st.integers(-5 * HOUR, 24 * HOUR))
    def test_from_five_hours_ago_to_a_day_ahead(self, shift: int) -> None:
        """Both ends included."""
        assert Window(100 * HOUR).takes(100 * HOUR + shift)

    @given(st.integers(1, 50 * HOUR))
    def test_nothing_older_and_nothing_later(self, beyond: int) -> None:
        """Each with its reason."""
        window = Window(100 * HOUR)

        assert window.refusal(95 * HOUR - beyond) == TOO_OLD
        assert window.refusal(124 * HOUR + beyond) == FUTURE
