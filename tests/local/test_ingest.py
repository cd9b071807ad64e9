"""Telemetry over HTTP: what is taken in, what it becomes, what is refused."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.local.telemetry import (
    HOUR,
    PROTOBUF,
    now,
    rows,
    schema,
    span,
    spans_body,
    spans_json,
)

if TYPE_CHECKING:
    import httpx

NAMED = PROTOBUF | {"stream-name": "Calls.In"}

Row = dict[str, Any]


class TestTraces:
    """Spans."""

    def test_a_span_becomes_a_row(self, client: httpx.Client) -> None:
        """Attributes as text, times in three units, the resource with its prefix."""
        at = now()
        sent = span(
            "GET /",
            at,
            {"http.status": 200, "ratio": 0.5, "ok": True, "tags": ["a", 1], "http": {"x": 1}},
            parentSpanId="00f067aa0ba902b7",
            status={"code": 2, "message": "no"},
        )

        answer = client.post("/api/default/v1/traces", content=spans_body(sent), headers=NAMED)

        assert (answer.status_code, answer.content) == (200, b"")
        assert rows(client, "calls_in") == [
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
            span("x", now(), {"duration": "long", "trace_id": "mine", "team": "theirs"}),
            resource={"service.name": "shop", "team": "ours"},
        )

        client.post("/api/default/v1/traces", content=body, headers=NAMED)

        (row,) = rows(client, "calls_in")
        assert row["duration"] == 900_000
        assert (row["attr_duration"], row["attr_trace_id"]) == ("long", "mine")
        assert (row["attr_team"], row["service_team"]) == ("theirs", "ours")

    def test_events_and_links_are_json_text(self, client: httpx.Client) -> None:
        """Attributes of an event stay inside, with their dots."""
        at = now()
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

        (row,) = rows(client, "calls_in")
        assert json.loads(row["events"]) == [
            {"name": "exception", "_timestamp": at * 1000, "exception.type": "E"}
        ]
        assert json.loads(row["links"])[0]["context"]["spanId"] == "0" * 15 + "2"

    def test_without_a_header_spans_go_to_default(self, client: httpx.Client) -> None:
        """Every path that exporters use works."""
        for path in ("v1/traces", "traces", "otel/v1/traces"):
            client.post(
                f"/api/default/{path}", content=spans_body(span("x", now())), headers=PROTOBUF
            )

        assert len(rows(client, "default")) == 3

    def test_a_service_without_name_is_called_as_its_stream(self, client: httpx.Client) -> None:
        """There is always a name."""
        body = spans_body(span("x", now()), resource={"team": "t"})

        client.post("/api/default/v1/traces", content=body, headers=NAMED)

        assert rows(client, "calls_in")[0]["service_name"] == "calls_in"

    def test_bodies_may_be_packed(self, client: httpx.Client) -> None:
        """As exporters send them when told to."""
        body = gzip.compress(spans_body(span("x", now())))

        answer = client.post(
            "/api/default/v1/traces", content=body, headers=NAMED | {"content-encoding": "gzip"}
        )

        assert answer.status_code == 200
        assert len(rows(client, "calls_in")) == 1

    @pytest.mark.parametrize("shift", [-5 * HOUR - 60_000_000, 25 * HOUR])
    def test_spans_out_of_the_window_are_rejected(self, client: httpx.Client, shift: int) -> None:
        """The others are kept; the answer is still 200 and says how many were not."""
        body = spans_body(span("good", now()), span("bad", now() + shift))

        answer = client.post("/api/default/v1/traces", content=body, headers=NAMED)

        partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
        assert answer.status_code == 200
        assert (partial.rejected_spans, len(rows(client, "calls_in"))) == (1, 1)
        assert "allowed retention period" in partial.error_message

    def test_a_rejection_in_json_has_its_own_status(self, client: httpx.Client) -> None:
        """206, with what protobuf says in the body."""
        answer = client.post("/api/default/v1/traces", json=spans_json(span("old", 1)))

        assert answer.status_code == 206
        assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"

    def test_json_works_like_protobuf(self, client: httpx.Client) -> None:
        """Ids are hexadecimal there."""
        sent = span("x", now(), {"a": "b", "n": 3})

        answer = client.post(
            "/api/default/v1/traces", json=spans_json(sent), headers={"stream-name": "calls_in"}
        )

        (row,) = rows(client, "calls_in")
        assert answer.json() == {"partialSuccess": None}
        assert (row["trace_id"], row["a"], row["n"]) == (sent["traceId"], "b", "3")

    def test_json_with_a_double_is_refused(self, client: httpx.Client) -> None:
        """The server's model of it cannot be read; protobuf is fine."""
        answer = client.post(
            "/api/default/v1/traces", json=spans_json(span("x", now(), {"d": 0.5}))
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
        body = spans_body(span("x", now(), {f"key{at}": at for at in range(10_000)}))

        answer = client.post("/api/default/v1/traces", content=body, headers=NAMED)

        assert answer.status_code == 200
        assert len(schema(client, "calls_in")) > 10_000

    def test_spans_of_language_models_mark_their_stream(self, client: httpx.Client) -> None:
        """The server shows such streams elsewhere in its UI."""
        body = spans_body(span("chat", now(), {"gen_ai.operation.name": "chat"}))

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

        self._send(client, now(), middle="x")

        names = list(schema(client, "calls_in"))
        assert names == sorted(names)
        assert {"zebra", "apple", "middle"} <= set(names)

    def test_text_of_now_turns_a_number_column_into_text(self, client: httpx.Client) -> None:
        """This is why client attributes are never declared as numbers."""
        self._declare(client, cost="Float64")

        self._send(client, now() + 1_000_000, cost="n/a")

        assert schema(client, "calls_in")["cost"] == "Utf8"

    def test_text_from_before_the_declaration_poisons_the_column(
        self, client: httpx.Client
    ) -> None:
        """It stays a number column, and what does not fit blanks every query on it."""
        self._declare(client, cost="Float64")
        self._send(client, now() - 60_000_000, cost="0.5")

        assert schema(client, "calls_in")["cost"] == "Float64"
        self._send(client, now() - 50_000_000, cost="n/a")
        query = {
            "sql": 'SELECT SUM(cost) AS c FROM "calls_in"',
            "start_time": now() - HOUR,
            "end_time": now() + HOUR,
        }
        answer = client.post(
            "/api/default/_search", params={"type": "traces"}, json={"query": query}
        ).json()

        assert (answer["hits"], answer["is_partial"]) == ([], True)
        assert "Cannot cast string 'n/a' to value of Float64 type" in answer["function_error"][0]

    def test_two_changes_of_types_at_one_time_are_refused(self, client: httpx.Client) -> None:
        """The spans are lost, as on the server."""
        at = now() + 5_000_000
        self._declare(client, cost="Float64", tokens="Int64")
        self._send(client, at, cost="x")

        answer = self._send(client, at, tokens="x")

        assert answer.status_code == 400
        assert "UNIQUE constraint failed" in answer.json()["message"]
        assert len(rows(client, "calls_in")) == 1


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

        client.post("/api/default/v1/traces", content=spans_body(span("x", now())), headers=NAMED)

        (row,) = rows(client, "out")
        types = schema(client, "out")
        assert (row["f"], row["i"], row["b"]) == (2.0, 3, True)
        assert (types["f"], types["i"], types["b"]) == ("Float64", "Int64", "Boolean")
        assert "n" not in types

    def test_a_whole_number_in_a_double_column_is_a_double(self, client: httpx.Client) -> None:
        """The stream keeps its type where the value fits."""
        fields = [{"name": "cost", "type": "Float64"}]
        client.post(
            "/api/default/streams/out",
            params={"type": "traces"},
            json={"fields": fields, "settings": {}},
        )
        self._build(client, ".cost = 2\n.")

        client.post("/api/default/v1/traces", content=spans_body(span("x", now())), headers=NAMED)

        (row,) = rows(client, "out")
        assert type(row["cost"]) is float

    def test_a_function_that_returns_nothing_loses_the_request(self, client: httpx.Client) -> None:
        """All spans of it, with status 500."""
        self._build(client, ". = null\n.")

        answer = client.post(
            "/api/default/v1/traces", content=spans_body(span("x", now())), headers=NAMED
        )

        assert answer.status_code == 500
        assert answer.json()["message"] == "stream did not receive a valid json object"

    def test_the_source_keeps_nothing(self, client: httpx.Client) -> None:
        """Searching it finds no stream."""
        self._build(client, ".")

        client.post("/api/default/v1/traces", content=spans_body(span("x", now())), headers=NAMED)

        query = {"sql": 'SELECT * FROM "calls_in"', "start_time": 0, "end_time": 1}
        answer = client.post(
            "/api/default/_search", params={"type": "traces"}, json={"query": query}
        )
        assert answer.json()["message"] == "Search stream not found: calls_in"
