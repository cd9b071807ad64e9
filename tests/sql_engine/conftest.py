"""Streams in memory for the tests of the SQL engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import MemoryStreams

RECORDINGS = Path(__file__).parents[1] / "data" / "openobserve-transcripts"
EARLY, LATE = 1_795_466_939_854_528, 1_795_467_018_743_721
EVERYTHING = TimeRange(1_795_456_305_150_531, 1_795_467_155_270_582)


def recorded_searches(*numbers: str) -> list[dict[str, Any]]:
    """Return the recorded `_search` exchanges of some files."""
    files = [path for path in sorted(RECORDINGS.glob("*.jsonl")) if path.name[:2] in numbers]
    exchanges = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return [found for found in exchanges if found["request"]["path"].endswith("_search")]


def _calls() -> pa.Table:
    """The seven rows that `llm_traces` held when files 10 and 14 were recorded."""
    summary = ["document_summary"] * 4
    return pa.table(
        {
            "_timestamp": pa.array([EARLY] * 5 + [LATE] * 2, pa.int64()),
            "duration": pa.array([900_000] * 7, pa.int64()),
            "feature": pa.array([*summary, None, "nonllm", "piped"], pa.string()),
            "gen_ai_usage_cost_usd": pa.array([0.0123, *[None] * 6], pa.float64()),
            "llmcost_cost_usd": pa.array([*[None] * 5, 0.25, 0.25], pa.float64()),
            "llmcost_input_tokens": pa.array([*[None] * 6, 2006], pa.int64()),
            "llmcost_is_call": pa.array([*[None] * 5, False, True], pa.bool_()),
            "llmcost_model": pa.array([*[None] * 5, "", "gpt-4o-2024-08-06"], pa.string()),
            "service_team": pa.array(["search"] * 7, pa.string()),
            "span_status": pa.array(["ERROR", *["UNSET"] * 6], pa.string()),
            "trace_id": pa.array(list("abcdefg"), pa.string()),
            "user_id": pa.array([*["u1"] * 4, *[None] * 3], pa.string()),
        }
    )


@pytest.fixture(scope="session")
def streams() -> MemoryStreams:
    """Hold what the recorded server held."""
    calls = _calls()
    rollup = pa.schema(
        [("cost_usd", pa.float64()), ("feature", pa.string()), ("_timestamp", pa.int64())]
    ).empty_table()
    app_logs = pa.table({"_timestamp": pa.array([LATE]), "message": ["hello"]})
    return MemoryStreams(
        {"llm_traces": calls, "llm_cost_hourly": rollup, "logs.app_logs": app_logs}
    )
