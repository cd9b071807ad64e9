"""The shipped alerts of the example stack prod, and rows to replay them over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from llmcost_infra.backtest import Rule, needed_columns, rules_of
from llmcost_infra.backtest.data import Rows
from llmcost_infra.backtest.rows import SortedStreams, column_types, sorted_rows
from llmcost_infra.program import run_program
from llmcost_infra.sql_engine.columns import ARROW

ROOT = Path(__file__).resolve().parents[2]
NOON = 1_795_521_600_000_000
"""2026-11-24T12:00:00Z in µs, a Tuesday."""
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

Row = dict[str, Any]


class Rules(dict[str, Rule]):
    """Alerts by name; a failing test prints the stack, not all their statements."""

    def __repr__(self) -> str:
        return "the alerts of prod"


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The alerts of the stack prod by name."""
    return Rules({rule.name: rule for rule in rules_of(run_program(ROOT, "prod"), ROOT)})


def call(end: int, *, seconds: int = 1, number: int = 0, **columns: Any) -> Row:
    """Return the row of a call that ended at a time, in µs; others by their stored names."""
    start = end - seconds * SECOND
    return {
        "_timestamp": start,
        "end_time": end * 1000,
        "trace_id": f"{start:032x}",
        "span_id": f"{number:016x}",
        "service_name": "shop",
        "span_status": "OK",
        "llmcost_is_call": True,
        "llmcost_is_tool": False,
        "llmcost_pricing_status": "priced",
        "llmcost_feature": "summarize",
        "llmcost_team": "search",
        "llmcost_model": "gpt-4o",
        "llmcost_provider": "openai",
        **columns,
    }


def rows_of(rule: Rule, rows: list[Row]) -> dict[str, Rows]:
    """Return rows as a rule's stream."""
    types = column_types(needed_columns([rule.sql]))
    schema = pa.schema([(name, ARROW[kind]) for name, kind in types.items()])
    return {rule.stream: Rows(sorted_rows(pa.Table.from_pylist(rows, schema=schema)))}


def streams_of(rule: Rule, rows: list[Row]) -> SortedStreams:
    """Return rows for the engine."""
    return SortedStreams({name: one.batch for name, one in rows_of(rule, rows).items()})
