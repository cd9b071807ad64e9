"""Every recorded payload becomes the row that the real server made of it."""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from llmcost_infra.local.ingest_logs import read_logs
from llmcost_infra.local.ingest_traces import Spans
from llmcost_infra.local.ingest_window import Window
from llmcost_infra.local.model_prices import KIND
from llmcost_infra.local.objects import Objects
from llmcost_infra.local.prices import span_price
from tests.local.telemetry import encoded

DATA = Path(__file__).parents[1] / "data"
SAMPLES = DATA / "otlp-samples"
ROWS = DATA / "openobserve-transcripts" / "rows"
MOVED = {"_timestamp", "start_time", "end_time"}  # times were moved to the day of the recording
# What the organization had defined when the rows were recorded.
PRICE = {
    "enabled": True,
    "match_pattern": "^gpt-4o(-2024-(08-06|11-20))?$",
    "sort_order": 0,
    "tiers": [{"name": "default", "prices": {"input": 2.5e-06, "output": 1e-05}}],
}

Row = dict[str, Any]


class _Always(Window):
    """Takes every time."""

    def refusal(self, time: int) -> str:
        """Refuse nothing."""
        return "" if time else "no time"


def _recorded(name: str) -> list[Row]:
    return [json.loads(line)["row"] for line in (ROWS / name).read_text().splitlines()]


def _payloads(folder: str, signal: str) -> list[Any]:
    return [
        json.loads(path.read_text())
        for path in sorted((SAMPLES / folder).glob(f"*.{signal}*.json"))
    ]


def _comparable(row: Row) -> str:
    kept = {key: value for key, value in row.items() if key not in MOVED}
    events = json.loads(kept.pop("events", "[]"))
    kept["events"] = [{**event, "_timestamp": 0} for event in events]
    return json.dumps(kept, sort_keys=True)


def _spans(folder: str, tmp_path: Path) -> list[Row]:
    objects = Objects(tmp_path / "objects.sqlite")
    objects.put("default", KIND, "gpt-4o", PRICE)
    price = span_price(objects, "default", defined=True)
    rows: list[Row] = []
    for payload in _payloads(folder, "traces"):
        request = ExportTraceServiceRequest()
        request.ParseFromString(encoded(payload, ExportTraceServiceRequest()))
        rows += chain.from_iterable(Spans(folder, _Always(0), price).read(request))
    objects.close()
    return rows


@pytest.mark.parametrize("folder", ["blog", "genai", "genai_content", "openllmetry", "v2", "v2exp"])
def test_spans_become_the_recorded_rows(folder: str, tmp_path: Path) -> None:
    """Columns, types, events, and all that the server adds."""
    recorded = {row["span_id"]: row for row in _recorded(f"{folder}.traces.jsonl")}

    ours = {row["span_id"]: row for row in _spans(folder, tmp_path)}

    assert ours.keys() == recorded.keys()
    assert [_comparable(ours[span]) for span in recorded] == [
        _comparable(row) for row in recorded.values()
    ]


@pytest.mark.parametrize("folder", ["genai_content", "v2"])
def test_log_records_become_the_recorded_rows(folder: str) -> None:
    """Attributes keep their types, bodies become columns."""
    ours: list[Row] = []
    for payload in _payloads(folder, "logs"):
        request = ExportLogsServiceRequest()
        request.ParseFromString(encoded(payload, ExportLogsServiceRequest()))
        ours += read_logs(request, _Always(1)).rows

    recorded = _recorded(f"{folder}.logs.jsonl")

    assert Counter(map(_comparable, ours)) == Counter(map(_comparable, recorded))
