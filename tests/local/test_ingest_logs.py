"""Logs and metrics over HTTP: what is taken in, what it becomes, what is refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)

from tests.local.telemetry import (
    PROTOBUF,
    encoded,
    metric_body,
    now,
    rows,
    schema,
)

if TYPE_CHECKING:
    import httpx

NAMED = PROTOBUF | {"stream-name": "Calls.In"}

Row = dict[str, Any]


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
        at = now()
        record = {
            "timeUnixNano": str(at * 1000),
            "severityText": "WARN",
            "body": {"kvlistValue": {"values": [{"key": "n", "value": {"intValue": "3"}}]}},
            "attributes": [{"key": "http.port", "value": {"intValue": "443"}}],
            "traceId": "0" * 31 + "1",
        }

        answer = client.post("/api/default/v1/logs", content=self._export(record), headers=NAMED)

        assert answer.content == b""
        assert rows(client, "calls_in", "logs") == [
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
        seen = now() - 1_000_000

        client.post(
            "/api/default/v1/logs",
            content=self._export({"observedTimeUnixNano": str(seen * 1000)}, {}),
            headers=NAMED,
        )

        times = [row["_timestamp"] for row in rows(client, "calls_in", "logs")]
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

    def test_a_pipeline_of_logs_fills_streams_of_logs_only(self, client: httpx.Client) -> None:
        """What it leads to a stream of another type is dropped, with status 200."""
        stream = {"node_type": "stream", "org_id": "default"}
        nodes: list[Row] = [
            {"id": "1", "io_type": "input"}, {"id": "2", "io_type": "output"},
            {"id": "3", "io_type": "output"},
        ]  # fmt: skip
        to = [("calls_in", "logs"), ("kept", "logs"), ("dropped", "traces")]
        for node, (name, kind) in zip(nodes, to, strict=True):
            node |= {
                "position": {"x": 0, "y": 0},
                "data": stream | {"stream_name": name, "stream_type": kind},
            }
        edges = [{"id": f"e1-{one}", "source": "1", "target": one} for one in "23"]
        body = {"pipeline_id": "", "version": 0, "enabled": True, "org": "default", "name": "p"}
        made = client.post(
            "/api/default/pipelines",
            json=body | {"description": "", "nodes": nodes, "edges": edges},
        )
        assert made.status_code == 200, made.text

        answer = client.post("/api/default/v1/logs", content=self._export({}), headers=NAMED)

        assert answer.status_code == 200
        assert len(rows(client, "kept", "logs")) == 1
        listed = client.get("/api/default/streams", params={"type": "traces"}).json()["list"]
        assert listed == []

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
        assert schema(client, "app", "logs") == {
            "_timestamp": "Int64",
            "cost": "Float64",
            "m": "Utf8",
            "n": "Int64",
            "ok": "Boolean",
        }

    @pytest.mark.parametrize("unit", [1, 1_000, 1_000_000, 1_000_000_000])
    def test_a_time_may_have_any_unit(self, client: httpx.Client, unit: int) -> None:
        """Seconds, milliseconds, microseconds or nanoseconds."""
        seconds = now() // 1_000_000

        client.post("/api/default/app/_json", json=[{"_timestamp": seconds * unit}])

        assert rows(client, "app", "logs") == [{"_timestamp": seconds * 1_000_000}]

    @pytest.mark.parametrize("written", ["iso", "digits"])
    def test_a_time_may_be_text(self, client: httpx.Client, written: str) -> None:
        """ISO 8601, or a number in quotes."""
        seconds = now() // 1_000_000
        text = (
            str(seconds)
            if written == "digits"
            else time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
        )

        client.post("/api/default/app/_json", json=[{"_timestamp": text}])

        assert rows(client, "app", "logs") == [{"_timestamp": seconds * 1_000_000}]

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
        return metric_body("gen_ai.client.token.usage", {"service.name": "shop"}, **data)

    def _point(self, **more: Any) -> Row:
        at = str(now() * 1000)
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

        (row,) = rows(client, "gen_ai_client_token_usage", "metrics")
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

        found = rows(client, "gen_ai_client_token_usage", "metrics")
        hashes = {row["value"]: row["__hash__"] for row in found}
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
            part: [row["value"] for row in rows(client, f"{name}_{part}", "metrics")]
            for part in ("count", "sum", "min", "max")
        }
        buckets = {row["le"]: row["value"] for row in rows(client, f"{name}_bucket", "metrics")}
        assert values == {"count": [3.0], "sum": [9.0], "min": [1.0], "max": [5.0]}
        assert buckets == {"4": 1.0, "+Inf": 3.0}
        assert schema(client, name, "metrics") == {}

    def test_a_summary_has_quantiles(self, client: httpx.Client) -> None:
        """Under its own name."""
        point = self._point(count="3", sum=9.0, quantileValues=[{"quantile": 0.5, "value": 2.0}])

        self._post(client, self._export(summary={"dataPoints": [point]}))

        (row,) = rows(client, "gen_ai_client_token_usage", "metrics")
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
