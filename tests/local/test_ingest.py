"""Telemetry over HTTP: what is taken in, what it becomes, what is refused."""

from __future__ import annotations

import gzip
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.local.telemetry import PROTOBUF, encoded, span, spans_body, spans_json

if TYPE_CHECKING:
    import httpx

HOUR = 3_600_000_000
NAMED = PROTOBUF | {"stream-name": "Calls.In"}

Row = dict[str, Any]


def _now() -> int:
    return time.time_ns() // 1000


def _rows(client: httpx.Client, stream: str, kind: str = "traces") -> list[Row]:
    now = _now()
    query = {
        "sql": 'SELECT * FROM "?"'.replace("?", stream),
        "start_time": now - 6 * HOUR,
        "end_time": now + HOUR,
    }
    answer = client.post("/api/default/_search", params={"type": kind}, json={"query": query})
    assert answer.status_code == 200, answer.text
    hits: list[Row] = answer.json()["hits"]
    return hits


def _schema(client: httpx.Client, stream: str, kind: str = "traces") -> dict[str, str]:
    answer = client.get(f"/api/default/streams/{stream}/schema", params={"type": kind})
    assert answer.status_code == 200, answer.text
    return {field["name"]: field["type"] for field in answer.json()["schema"]}


class TestTraces:
    """Spans."""

    def test_a_span_becomes_a_row(self, client: httpx.Client) -> None:
        """Attributes as text, times in three units, the resource with its prefix."""
        at = _now()
        sent = span(
            "GET /",
            at,
            {"http.status": 200, "ratio": 0.5, "ok": True, "tags": ["a", 1], "http": {"x": 1}},
            parentSpanId="00f067aa0ba902b7",
            status={"code": 2, "message": "no"},
        )

        answer = client.post("/api/default/v1/traces", content=spans_body(sent), headers=NAMED)

        assert (answer.status_code, answer.content) == (200, b"")
        assert _rows(client, "calls_in") == [
            {
                "_timestamp": at,
                "duration": 900_000,
                "end_time": at * 1000 + 900_000_000,
                "events": "[]",
                "flags": 1,
                "http_status": "200",
                "http_x": "1",
                "links": "[]",
                "ok": "true",
                "operation_name": "GET /",
                "ratio": "0.5",
                "reference_parent_span_id": "00f067aa0ba902b7",
                "reference_parent_trace_id": sent["traceId"],
                "reference_ref_type": "ChildOf",
                "service_name": "shop",
                "span_id": sent["spanId"],
                "span_kind": "3",
                "span_status": "ERROR",
                "start_time": at * 1000,
                "status_code": 2,
                "status_message": "no",
                "tags": '["a","1"]',
                "trace_id": sent["traceId"],
            }
        ]

    def test_attributes_do_not_hide_the_columns_of_the_span(self, client: httpx.Client) -> None:
        """Nor those that the resource has."""
        body = spans_body(
            span("x", _now(), {"duration": "long", "trace_id": "mine", "team": "theirs"}),
            resource={"service.name": "shop", "team": "ours"},
        )

        client.post("/api/default/v1/traces", content=body, headers=NAMED)

        (row,) = _rows(client, "calls_in")
        assert row["duration"] == 900_000
        assert (row["attr_duration"], row["attr_trace_id"]) == ("long", "mine")
        assert (row["attr_team"], row["service_team"]) == ("theirs", "ours")

    def test_events_and_links_are_json_text(self, client: httpx.Client) -> None:
        """Attributes of an event stay inside, with their dots."""
        at = _now()
        sent = span(
            "x",
            at,
            events=[
                {
                    "name": "exception",
                    "timeUnixNano": str(at * 1000),
                    "attributes": [{"key": "exception.type", "value": {"stringValue": "E"}}],
                }
            ],
            links=[{"traceId": "0" * 31 + "1", "spanId": "0" * 15 + "2"}],
        )

        client.post("/api/default/v1/traces", content=spans_body(sent), headers=NAMED)

        (row,) = _rows(client, "calls_in")
        assert json.loads(row["events"]) == [
            {"name": "exception", "_timestamp": at * 1000, "exception.type": "E"}
        ]
        assert json.loads(row["links"])[0]["context"]["spanId"] == "0" * 15 + "2"

    def test_without_a_header_spans_go_to_default(self, client: httpx.Client) -> None:
        """Every path that exporters use works."""
        for path in ("v1/traces", "traces", "otel/v1/traces"):
            client.post(
                f"/api/default/{path}", content=spans_body(span("x", _now())), headers=PROTOBUF
            )

        assert len(_rows(client, "default")) == 3

    def test_a_service_without_name_is_called_as_its_stream(self, client: httpx.Client) -> None:
        """There is always a name."""
        body = spans_body(span("x", _now()), resource={"team": "t"})

        client.post("/api/default/v1/traces", content=body, headers=NAMED)

        assert _rows(client, "calls_in")[0]["service_name"] == "calls_in"

    def test_bodies_may_be_packed(self, client: httpx.Client) -> None:
        """As exporters send them when told to."""
        body = gzip.compress(spans_body(span("x", _now())))

        answer = client.post(
            "/api/default/v1/traces", content=body, headers=NAMED | {"content-encoding": "gzip"}
        )

        assert answer.status_code == 200
        assert len(_rows(client, "calls_in")) == 1

    @pytest.mark.parametrize("shift", [-5 * HOUR - 60_000_000, 25 * HOUR])
    def test_spans_out_of_the_window_are_rejected(self, client: httpx.Client, shift: int) -> None:
        """The others are kept; the answer is still 200 and says how many were not."""
        body = spans_body(span("good", _now()), span("bad", _now() + shift))

        answer = client.post("/api/default/v1/traces", content=body, headers=NAMED)

        partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
        assert answer.status_code == 200
        assert (partial.rejected_spans, len(_rows(client, "calls_in"))) == (1, 1)
        assert "allowed retention period" in partial.error_message

    def test_a_rejection_in_json_has_its_own_status(self, client: httpx.Client) -> None:
        """206, with what protobuf says in the body."""
        answer = client.post("/api/default/v1/traces", json=spans_json(span("old", 1)))

        assert answer.status_code == 206
        assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"

    def test_json_works_like_protobuf(self, client: httpx.Client) -> None:
        """Ids are hexadecimal there."""
        sent = span("x", _now(), {"a": "b", "n": 3})

        answer = client.post(
            "/api/default/v1/traces", json=spans_json(sent), headers={"stream-name": "calls_in"}
        )

        (row,) = _rows(client, "calls_in")
        assert answer.json() == {"partialSuccess": None}
        assert (row["trace_id"], row["a"], row["n"]) == (sent["traceId"], "b", "3")

    def test_json_with_a_double_is_refused(self, client: httpx.Client) -> None:
        """The server's model of it cannot be read; protobuf is fine."""
        answer = client.post(
            "/api/default/v1/traces", json=spans_json(span("x", _now(), {"d": 0.5}))
        )

        assert answer.status_code == 400
        assert answer.json()["message"].startswith(
            "Invalid json: invalid type: map, expected f64 at line 1 column "
        )

    @pytest.mark.parametrize(
        ("content", "media", "words"),
        [
            (b"\xff\xff\xff", "application/x-protobuf", "Invalid proto"),
            (
                b"[1",
                "application/json",
                "Invalid json: EOF while parsing a list at line 1 column 2",
            ),
            (b"[1]", "application/json", "Invalid json"),
            (b'{"resourceSpans": 3}', "application/json", "Invalid json"),
            (b"{}", "text/plain", "Bad Request"),
            (b"{}", "application/x-protobuf; charset=utf-8", "Bad Request"),
        ],
    )
    def test_what_is_no_request_is_refused(
        self, client: httpx.Client, content: bytes, media: str, words: str
    ) -> None:
        """With what is wrong; nothing is kept."""
        answer = client.post(
            "/api/default/v1/traces", content=content, headers={"content-type": media}
        )

        assert answer.status_code == 400
        assert words in answer.json()["message"]

    def test_a_span_with_very_many_attributes_is_kept(self, client: httpx.Client) -> None:
        """Ten thousand columns are many, not too many."""
        body = spans_body(span("x", _now(), {f"key{at}": at for at in range(10_000)}))

        answer = client.post("/api/default/v1/traces", content=body, headers=NAMED)

        assert answer.status_code == 200
        assert len(_schema(client, "calls_in")) > 10_000

    def test_spans_of_language_models_mark_their_stream(self, client: httpx.Client) -> None:
        """The server shows such streams elsewhere in its UI."""
        body = spans_body(span("chat", _now(), {"gen_ai.operation.name": "chat"}))

        client.post("/api/default/v1/traces", content=body, headers=NAMED)

        shown = client.get("/api/default/streams/calls_in/schema", params={"type": "traces"})
        assert shown.json()["settings"]["is_llm_stream"] is True


class TestColumns:
    """What ingest does to the columns of a stream."""

    def _send(self, client: httpx.Client, at: int, **attributes: Any) -> httpx.Response:
        return client.post(
            "/api/default/v1/traces", content=spans_body(span("x", at, attributes)), headers=NAMED
        )

    def _declare(self, client: httpx.Client, **columns: str) -> None:
        fields = [{"name": name, "type": kind} for name, kind in columns.items()]
        client.post(
            "/api/default/streams/calls_in",
            params={"type": "traces"},
            json={"fields": fields, "settings": {}},
        )

    def test_new_columns_are_learned_and_sorted(self, client: httpx.Client) -> None:
        """A declared one stays."""
        self._declare(client, zebra="Float64", apple="Utf8")

        self._send(client, _now(), middle="x")

        names = list(_schema(client, "calls_in"))
        assert names == sorted(names)
        assert {"zebra", "apple", "middle"} <= set(names)

    def test_text_of_now_turns_a_number_column_into_text(self, client: httpx.Client) -> None:
        """This is why client attributes are never declared as numbers."""
        self._declare(client, cost="Float64")

        self._send(client, _now() + 1_000_000, cost="n/a")

        assert _schema(client, "calls_in")["cost"] == "Utf8"

    def test_text_from_before_the_declaration_poisons_the_column(
        self, client: httpx.Client
    ) -> None:
        """It stays a number column, and what does not fit blanks every query on it."""
        self._declare(client, cost="Float64")
        self._send(client, _now() - 60_000_000, cost="0.5")

        assert _schema(client, "calls_in")["cost"] == "Float64"
        self._send(client, _now() - 50_000_000, cost="n/a")
        query = {
            "sql": 'SELECT SUM(cost) AS c FROM "calls_in"',
            "start_time": _now() - HOUR,
            "end_time": _now() + HOUR,
        }
        answer = client.post(
            "/api/default/_search", params={"type": "traces"}, json={"query": query}
        ).json()

        assert (answer["hits"], answer["is_partial"]) == ([], True)
        assert "Cannot cast string 'n/a' to value of Float64 type" in answer["function_error"][0]

    def test_two_changes_of_types_at_one_time_are_refused(self, client: httpx.Client) -> None:
        """The spans are lost, as on the server."""
        at = _now() + 5_000_000
        self._declare(client, cost="Float64", tokens="Int64")
        self._send(client, at, cost="x")

        answer = self._send(client, at, tokens="x")

        assert answer.status_code == 400
        assert "UNIQUE constraint failed" in answer.json()["message"]
        assert len(_rows(client, "calls_in")) == 1


class TestPipeline:
    """Spans through a realtime pipeline."""

    def _build(self, client: httpx.Client, source: str, *, output: str = "out") -> None:
        client.post("/api/default/functions", json={"name": "f", "function": source})
        stream = {"node_type": "stream", "org_id": "default", "stream_type": "traces"}
        function = {"node_type": "function", "name": "f", "after_flatten": True, "num_args": 0}
        data = [stream | {"stream_name": "calls_in"}, function, stream | {"stream_name": output}]
        nodes = [
            {"id": str(at), "io_type": kind, "position": {"x": 0, "y": 0}, "data": item}
            for at, (kind, item) in enumerate(
                zip(("input", "default", "output"), data, strict=True)
            )
        ]
        edges = [
            {"id": "e0-1", "source": "0", "target": "1"},
            {"id": "e1-2", "source": "1", "target": "2"},
        ]
        answer = client.post(
            "/api/default/pipelines", json={"name": "p", "nodes": nodes, "edges": edges}
        )
        assert answer.status_code == 200, answer.text

    def test_types_that_a_function_writes_are_kept(self, client: httpx.Client) -> None:
        """A whole double stays a double, a null is nothing."""
        self._build(client, ".f = 2.0\n.i = 3\n.b = true\n.n = null\n.")

        client.post("/api/default/v1/traces", content=spans_body(span("x", _now())), headers=NAMED)

        (row,) = _rows(client, "out")
        schema = _schema(client, "out")
        assert (row["f"], row["i"], row["b"]) == (2.0, 3, True)
        assert (schema["f"], schema["i"], schema["b"]) == ("Float64", "Int64", "Boolean")
        assert "n" not in schema

    def test_a_whole_number_in_a_double_column_is_a_double(self, client: httpx.Client) -> None:
        """The stream keeps its type where the value fits."""
        fields = [{"name": "cost", "type": "Float64"}]
        client.post(
            "/api/default/streams/out",
            params={"type": "traces"},
            json={"fields": fields, "settings": {}},
        )
        self._build(client, ".cost = 2\n.")

        client.post("/api/default/v1/traces", content=spans_body(span("x", _now())), headers=NAMED)

        (row,) = _rows(client, "out")
        assert type(row["cost"]) is float

    def test_a_function_that_returns_nothing_loses_the_request(self, client: httpx.Client) -> None:
        """All spans of it, with status 500."""
        self._build(client, ". = null\n.")

        answer = client.post(
            "/api/default/v1/traces", content=spans_body(span("x", _now())), headers=NAMED
        )

        assert answer.status_code == 500
        assert answer.json()["message"] == "stream did not receive a valid json object"

    def test_the_source_keeps_nothing(self, client: httpx.Client) -> None:
        """Searching it finds no stream."""
        self._build(client, ".")

        client.post("/api/default/v1/traces", content=spans_body(span("x", _now())), headers=NAMED)

        query = {"sql": 'SELECT * FROM "calls_in"', "start_time": 0, "end_time": 1}
        answer = client.post(
            "/api/default/_search", params={"type": "traces"}, json={"query": query}
        )
        assert answer.json()["message"] == "Search stream not found: calls_in"


class TestLogs:
    """Log records, over OTLP and as JSON."""

    def _export(self, *records: Row) -> bytes:
        payload = {
            "resourceLogs": [
                {
                    "resource": {
                        "attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]
                    },
                    "scopeLogs": [
                        {"scope": {"name": "lib", "version": "1"}, "logRecords": list(records)}
                    ],
                }
            ]
        }
        return encoded(payload, ExportLogsServiceRequest())

    def test_a_record_keeps_its_types(self, client: httpx.Client) -> None:
        """Nothing is prefixed; a body of parts becomes columns."""
        at = _now()
        record = {
            "timeUnixNano": str(at * 1000),
            "severityText": "WARN",
            "body": {"kvlistValue": {"values": [{"key": "n", "value": {"intValue": "3"}}]}},
            "attributes": [{"key": "http.port", "value": {"intValue": "443"}}],
            "traceId": "0" * 31 + "1",
        }

        answer = client.post("/api/default/v1/logs", content=self._export(record), headers=NAMED)

        assert answer.content == b""
        assert _rows(client, "calls_in", "logs") == [
            {
                "_timestamp": at,
                "body_n": "3",
                "dropped_attributes_count": 0,
                "http_port": 443,
                "instrumentation_library_name": "lib",
                "instrumentation_library_version": "1",
                "service_name": "shop",
                "severity": "WARN",
                "trace_id": "0" * 31 + "1",
            }
        ]

    def test_a_record_without_time_has_the_time_it_was_seen(self, client: httpx.Client) -> None:
        """Or now."""
        seen = _now() - 1_000_000

        client.post(
            "/api/default/v1/logs",
            content=self._export({"observedTimeUnixNano": str(seen * 1000)}, {}),
            headers=NAMED,
        )

        times = [row["_timestamp"] for row in _rows(client, "calls_in", "logs")]
        assert min(times) == seen
        assert max(times) > seen

    def test_old_records_are_rejected(self, client: httpx.Client) -> None:
        """The answer says how many and why."""
        answer = client.post(
            "/api/default/v1/logs", content=self._export({"timeUnixNano": "1000"}), headers=NAMED
        )

        partial = ExportLogsServiceResponse.FromString(answer.content).partial_success
        assert partial.rejected_log_records == 1
        assert partial.error_message.startswith("Too old data, only last 5 hours")

    def test_json_records_keep_their_types(self, client: httpx.Client) -> None:
        """One or several."""
        one = client.post(
            "/api/default/app/_json", json={"m": "x", "cost": 1.5, "n": 3, "ok": True}
        )
        two = client.post("/api/default/app/_json", json=[{"m": "y"}, {"m": "z"}])

        assert one.json() == {
            "code": 200,
            "status": [{"name": "app", "successful": 1, "failed": 0}],
        }
        assert two.json()["status"][0]["successful"] == 2
        assert _schema(client, "app", "logs") == {
            "_timestamp": "Int64",
            "cost": "Float64",
            "m": "Utf8",
            "n": "Int64",
            "ok": "Boolean",
        }

    @pytest.mark.parametrize("unit", [1, 1_000, 1_000_000, 1_000_000_000])
    def test_a_time_may_have_any_unit(self, client: httpx.Client, unit: int) -> None:
        """Seconds, milliseconds, microseconds or nanoseconds."""
        seconds = _now() // 1_000_000

        client.post("/api/default/app/_json", json=[{"_timestamp": seconds * unit}])

        assert _rows(client, "app", "logs") == [{"_timestamp": seconds * 1_000_000}]

    @pytest.mark.parametrize("written", ["iso", "digits"])
    def test_a_time_may_be_text(self, client: httpx.Client, written: str) -> None:
        """ISO 8601, or a number in quotes."""
        seconds = _now() // 1_000_000
        text = (
            str(seconds)
            if written == "digits"
            else time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
        )

        client.post("/api/default/app/_json", json=[{"_timestamp": text}])

        assert _rows(client, "app", "logs") == [{"_timestamp": seconds * 1_000_000}]

    @pytest.mark.parametrize(
        ("record", "words"),
        [
            ({"_timestamp": 1_000_000}, "Too old data"),
            ({"_timestamp": "soon"}, "invalid timestamp"),
            ({"_timestamp": True}, "invalid timestamp"),
            ("text", "expected an object"),
        ],
    )
    def test_bad_records_fail_inside_of_a_200(
        self, client: httpx.Client, record: Any, words: str
    ) -> None:
        """The good ones of the same request are kept."""
        answer = client.post("/api/default/app/_json", json=[{"good": 1}, record])

        status = answer.json()["status"][0]
        assert (answer.status_code, status["successful"], status["failed"]) == (200, 1, 1)
        assert words in status["error"]

    def test_what_is_no_json_is_refused(self, client: httpx.Client) -> None:
        """With the place."""
        answer = client.post("/api/default/app/_json", content=b'[{"a": 1]')

        assert answer.status_code == 400
        assert "line 1 column 9" in answer.json()["message"]


class TestMetrics:
    """Metrics become streams of their names."""

    def _export(self, **data: Any) -> bytes:
        metric = {"name": "gen_ai.client.token.usage", **data}
        scope = {"scope": {"name": "lib", "version": "2"}, "metrics": [metric]}
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
        payload = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [scope]}]}
        return encoded(payload, ExportMetricsServiceRequest())

    def _point(self, **more: Any) -> Row:
        at = str(_now() * 1000)
        return {
            "timeUnixNano": at,
            "startTimeUnixNano": at,
            "attributes": [{"key": "feature", "value": {"stringValue": "x"}}],
            **more,
        }

    def _post(self, client: httpx.Client, body: bytes) -> httpx.Response:
        return client.post("/api/default/v1/metrics", content=body, headers=PROTOBUF)

    def test_a_sum_is_one_stream(self, client: httpx.Client) -> None:
        """Labels are unprefixed text, the value a double."""
        point = self._point(asInt="7")
        data = {"dataPoints": [point], "aggregationTemporality": 2, "isMonotonic": True}

        assert self._post(client, self._export(sum=data)).content == b""

        (row,) = _rows(client, "gen_ai_client_token_usage", "metrics")
        assert row["value"] == 7.0
        assert row["feature"] == "x"
        assert row["service_name"] == "shop"
        assert row["aggregation_temporality"] == "AGGREGATION_TEMPORALITY_CUMULATIVE"
        assert row["start_time"] == point["startTimeUnixNano"]

    def test_a_series_has_one_hash(self, client: httpx.Client) -> None:
        """Whatever its values; another label is another series."""
        other = self._point(asDouble=3.0) | {"attributes": []}
        start = {"startTimeUnixNano": "1000"}
        points = [
            self._point(asDouble=1.0) | start,
            self._point(asDouble=2.0) | start,
            other | start,
        ]

        self._post(client, self._export(gauge={"dataPoints": points}))

        rows = _rows(client, "gen_ai_client_token_usage", "metrics")
        hashes = {row["value"]: row["__hash__"] for row in rows}
        assert hashes[1.0] == hashes[2.0] != hashes[3.0]

    def test_a_histogram_is_five_streams(self, client: httpx.Client) -> None:
        """Buckets add up; the stream of its own name holds nothing."""
        point = self._point(
            count="3", sum=9.0, min=1.0, max=5.0, bucketCounts=["1", "2"], explicitBounds=[4.0]
        )

        self._post(
            client,
            self._export(histogram={"dataPoints": [point], "aggregationTemporality": 1}),
        )

        name = "gen_ai_client_token_usage"
        values = {
            part: [row["value"] for row in _rows(client, f"{name}_{part}", "metrics")]
            for part in ("count", "sum", "min", "max")
        }
        buckets = {row["le"]: row["value"] for row in _rows(client, f"{name}_bucket", "metrics")}
        assert values == {"count": [3.0], "sum": [9.0], "min": [1.0], "max": [5.0]}
        assert buckets == {"4": 1.0, "+Inf": 3.0}
        assert _schema(client, name, "metrics") == {}

    def test_a_summary_has_quantiles(self, client: httpx.Client) -> None:
        """Under its own name."""
        point = self._point(count="3", sum=9.0, quantileValues=[{"quantile": 0.5, "value": 2.0}])

        self._post(client, self._export(summary={"dataPoints": [point]}))

        (row,) = _rows(client, "gen_ai_client_token_usage", "metrics")
        assert (row["quantile"], row["value"]) == ("0.5", 2.0)

    def test_old_points_are_rejected(self, client: httpx.Client) -> None:
        """The answer says how many."""
        point = self._point(asDouble=1.0) | {"timeUnixNano": "1000000"}

        answer = self._post(client, self._export(gauge={"dataPoints": [point]}))

        partial = ExportMetricsServiceResponse.FromString(answer.content).partial_success
        assert partial.rejected_data_points == 1

    def test_a_metric_without_data_is_nothing(self, client: httpx.Client) -> None:
        """It makes no stream."""
        self._post(client, self._export())

        listed = client.get("/api/default/streams", params={"type": "metrics"}).json()
        assert listed["total"] == 0
