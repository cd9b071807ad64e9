"""Scheduled pipelines: the trial run before one is saved, and the runs afterwards."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import EngineError
from llmcost_infra.local.pipelines_run import NotAnObject, RealtimePipeline
from llmcost_infra.local.responses import Refusal
from llmcost_infra.local.search import StoredStreams, run_sql
from llmcost_infra.sql_engine.refusals import SqlRefusal
from llmcost_infra.sql_engine.sql import plan

if TYPE_CHECKING:
    from llmcost_infra.local.server import Server

__all__ = ["RUNS", "refuse_bad_query", "run_due_pipelines"]

_LOG = logging.getLogger(__name__)
_KIND = "pipelines"
RUNS = "pipeline_runs"
_TIMESTAMP = "_timestamp"
_TRIAL = 5_000_000  # microseconds
_MINUTE = 60_000_000
_MAX_ROWS = 100_000


def refuse_bad_query(server: Server, org: str, source: dict[str, Any]) -> None:
    """Try a scheduled source's query over the last seconds, and refuse what the server refuses."""
    sql: str = source["query_condition"]["sql"] or ""
    if not sql:
        raise _invalid("Scheduled pipeline with SQL mode should have a query")
    now = server.now()
    try:
        _rows(server, org, source, now - _TRIAL, now)
        planned = plan(sql, StoredStreams(org, source["stream_type"], server.streams, server.rows))
    except SqlRefusal as refusal:
        raise _failed_trial(refusal) from refusal
    if _TIMESTAMP not in {field.name for field in planned.fields}:
        raise _invalid(
            "SQL for scheduled pipeline must include _timestamp, or aliased as _timestamp.\n"
            "e.g. SELECT app_name, MAX(_timestamp) AS _timestamp FROM ..."
        )


def _invalid(words: str) -> Refusal:
    return Refusal(400, f"Invalid DerivedStream config: {words}")


def _failed_trial(refusal: SqlRefusal) -> Refusal:
    _, _, inner = refusal.server_message.partition(": ")
    told = {
        "code": refusal.code,
        "inner": refusal.detail or inner,
        "message": refusal.server_message,
    }
    return _invalid(
        "DerivedStream not saved due to failed test run caused by Server Internal Error "
        f"search failed: ErrorCode# {json.dumps(told, separators=(',', ':'))}"
    )


def run_due_pipelines(server: Server) -> int:
    """Run every scheduled pipeline that is due now; return how many there were."""
    now, ran = server.now(), 0
    for org in server.objects.organizations_with(_KIND):
        for pipeline in server.objects.list(org, _KIND):
            if pipeline["source"]["source_type"] == "scheduled" and pipeline["enabled"]:
                ran += _run_if_due(server, org, pipeline, now)
    return ran


def _run_if_due(server: Server, org: str, pipeline: dict[str, Any], now: int) -> bool:
    """Run a pipeline whose time has come; a new one waits for its first full interval."""
    key = pipeline["pipeline_id"]
    frequency = max(1, pipeline["source"]["trigger_condition"]["frequency"]) * _MINUTE
    state = server.objects.get(org, RUNS, key)
    if state is None:
        server.objects.put(org, RUNS, key, {"next_run_at": now + frequency})
        return False
    due: int = state["next_run_at"]
    if now < due:
        return False
    # Missed runs are skipped, not made up for.
    server.objects.put(org, RUNS, key, {"next_run_at": max(due + frequency, now)})
    _run(server, org, pipeline, due)
    return True


def _run(server: Server, org: str, pipeline: dict[str, Any], due: int) -> None:
    source = pipeline["source"]
    end = due - source.get("delay", 0) * _MINUTE
    start = end - source["trigger_condition"]["period"] * _MINUTE
    known = {item["name"]: item["function"] for item in server.objects.list(org, "functions")}
    try:
        found = _rows(server, org, source, start, end)
        # An aggregate over nothing is a row of nulls; what lacks a time gets the time of the run.
        rows = [{"_timestamp": due, **row} for row in found if row]
        if rows:
            server.intake.keep(org, RealtimePipeline(pipeline, known.get).run(rows))
    except (EngineError, Refusal, NotAnObject) as error:
        # The server, too, writes a failed run to its log and nowhere else.
        _LOG.warning("scheduled pipeline %s failed: %s", pipeline["name"], error)


def _rows(
    server: Server, org: str, source: dict[str, Any], start: int, end: int
) -> list[dict[str, Any]]:
    sql: str = source["query_condition"]["sql"] or ""
    return run_sql(server, org, source["stream_type"], sql, start, end, _MAX_ROWS)
