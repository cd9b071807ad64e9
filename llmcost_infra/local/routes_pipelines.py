"""Pipelines: create, upsert under a chosen id, update under the version, delete, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from llmcost_infra.local.functions import KIND as FUNCTIONS
from llmcost_infra.local.pipeline_model import PIPELINE, check_graph, function_names, source_of
from llmcost_infra.local.requests import org_of, query_flag, read_json, server_of
from llmcost_infra.local.responses import Refusal, done, json_answer
from llmcost_infra.local.scheduled import RUNS, refuse_bad_query

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from llmcost_infra.local.server import Server

__all__ = ["routes"]

_KIND = "pipelines"


async def _list(request: Request) -> Response:
    pipelines = server_of(request).objects.list(org_of(request), _KIND)
    return json_answer({"list": [_shown(pipeline) for pipeline in pipelines]})


async def _get(request: Request) -> Response:
    key = request.path_params["id"]
    pipeline = server_of(request).objects.get(org_of(request), _KIND, key)
    if pipeline is None:
        raise Refusal(500, f"DbError# key {key} does not exist")
    return json_answer(_shown(pipeline))


def _shown(pipeline: dict[str, Any]) -> dict[str, Any]:
    return {**pipeline, "paused_at": None}


async def _streams(request: Request) -> Response:
    """List the streams that a realtime pipeline reads."""
    sources: list[dict[str, Any]] = []
    for pipeline in server_of(request).objects.list(org_of(request), _KIND):
        source = dict(pipeline["source"])
        if source.pop("source_type") == "realtime" and source not in sources:
            sources.append(source)
    return json_answer({"list": sources})


async def _create(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    pipeline = await read_json(request, PIPELINE)
    overwrite = query_flag(request, "overwrite")
    pipeline["name"] = pipeline["name"].strip().lower()
    # The server looks for a twin before it works out the source, so it finds one only when told.
    if pipeline["source"] and _has_twin(server, org, pipeline["source"]):
        raise Refusal(400, "A realtime pipeline with same source stream already exists")
    if overwrite and not pipeline["pipeline_id"]:
        raise Refusal(400, "Invalid pipeline Missing pipeline ID")
    await _check(server, org, pipeline)
    if not overwrite:
        pipeline["pipeline_id"] = server.snowflake()
    _save(server, org, pipeline | {"org": org})
    return done("Pipeline created successfully", id=pipeline["pipeline_id"], name=pipeline["name"])


def _has_twin(server: Server, org: str, source: dict[str, Any]) -> bool:
    if source["source_type"] != "realtime":
        return False
    return any(other["source"] == source for other in server.objects.list(org, _KIND))


async def _check(server: Server, org: str, pipeline: dict[str, Any]) -> None:
    if not pipeline["name"]:
        raise Refusal(400, "Invalid pipeline Pipeline name cannot be empty")
    check_graph(pipeline)
    pipeline["source"] = source_of(pipeline["nodes"])
    for name in function_names(pipeline):
        if server.objects.get(org, FUNCTIONS, name) is None:
            missing = f"DbError# key /function/{org}/{name} does not exist"
            raise Refusal(400, f"Invalid pipeline Failed to load function '{name}': {missing}")
    if pipeline["source"]["source_type"] == "scheduled":
        await run_in_threadpool(refuse_bad_query, server, org, pipeline["source"])


async def _update(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    sent = await read_json(request, PIPELINE)
    if sent == _current(server, org, sent):
        return done("Pipeline updated successfully")
    await _check(server, org, sent)
    # The check may have taken its time: somebody else may have written meanwhile.
    _current(server, org, sent)
    _save(server, org, sent | {"version": sent["version"] + 1, "org": org})
    return done("Pipeline updated successfully")


def _current(server: Server, org: str, sent: dict[str, Any]) -> dict[str, Any]:
    """Return the stored pipeline; refuses when the sent one is not based on it."""
    key = sent["pipeline_id"]
    existing = server.objects.get(org, _KIND, key)
    if existing is None:
        raise Refusal(404, f"Pipeline with ID {key} not found.")
    if sent["version"] != existing["version"]:
        raise Refusal(409, f"Pipeline with ID {key} modified by someone else. Please refresh.")
    return existing


def _save(server: Server, org: str, pipeline: dict[str, Any]) -> None:
    """Write a pipeline; every save starts its schedule anew."""
    server.objects.put(org, _KIND, pipeline["pipeline_id"], pipeline)
    server.objects.delete(org, RUNS, pipeline["pipeline_id"])


async def _enable(request: Request) -> Response:
    server, org, key = server_of(request), org_of(request), request.path_params["id"]
    pipeline = server.objects.get(org, _KIND, key)
    if pipeline is None:
        raise Refusal(404, f"Pipeline with ID {key} not found.")
    enabled = query_flag(request, "value")
    server.objects.put(org, _KIND, key, pipeline | {"enabled": enabled})
    return done(f"Pipeline successfully {'enabled' if enabled else 'disabled'}")


async def _delete(request: Request) -> Response:
    key = request.path_params["id"]
    if not server_of(request).objects.delete(org_of(request), _KIND, key):
        raise Refusal(404, f"Pipeline with ID {key} not found.")
    server_of(request).objects.delete(org_of(request), RUNS, key)
    return done("Pipeline deleted successfully")


_BASE = "/api/{org}/pipelines"
routes = [
    Route(_BASE, _list, methods=["GET"]),
    Route(_BASE, _create, methods=["POST"]),
    Route(_BASE, _update, methods=["PUT"]),
    Route(_BASE + "/streams", _streams, methods=["GET"]),
    Route(_BASE + "/{id}", _get, methods=["GET"]),
    Route(_BASE + "/{id}", _delete, methods=["DELETE"]),
    Route(_BASE + "/{id}/enable", _enable, methods=["PUT"]),
]
