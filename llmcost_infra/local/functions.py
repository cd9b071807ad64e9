"""Functions as stored: completed as the server completes them, compiled, in use or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import EngineError
from llmcost_infra.local.responses import Refusal
from llmcost_infra.sql_engine.vrl import Program, program

if TYPE_CHECKING:
    from llmcost_infra.local.server import Server

__all__ = ["KIND", "checked", "compiled", "dependents"]

KIND = "functions"
_VRL, _JAVASCRIPT = 0, 1


def compiled(source: str) -> Program:
    """Compile a function; refuses with the compiler's words."""
    try:
        return program(source)
    except EngineError as error:
        raise Refusal(400, error.message) from error


def checked(body: dict[str, Any]) -> dict[str, Any]:
    """Return the function as the server keeps it; refuses what it refuses."""
    name, source = body["name"].strip(), body["function"].strip()
    if not name:
        raise Refusal(400, "Function name cannot be empty")
    if not source:
        raise Refusal(400, "Function body cannot be empty")
    if body["transType"] == _JAVASCRIPT:
        raise Refusal(400, "JavaScript functions are only allowed in the _meta organization")
    if body["transType"] != _VRL:
        raise Refusal(400, "Invalid transform type. Use 0 for VRL or 1 for JS.")
    if "get_env_var" in source:
        raise Refusal(400, "get_env_var is not supported")
    source = _closed(source)
    compiled(source)
    params = body["params"].strip()
    return {
        "function": source,
        "name": name,
        "params": params,
        "numArgs": len(params.split(",")) if params else 0,
        "transType": _VRL,
    }


def _closed(source: str) -> str:
    """End a program with the event itself, so that it returns one."""
    return source if source.endswith(".") else f"{source} \n ."


def dependents(server: Server, org: str, name: str) -> list[dict[str, str]]:
    """Return id and name of the pipelines that use a function."""
    return [
        {"id": pipeline["pipeline_id"], "name": pipeline["name"]}
        for pipeline in server.objects.list(org, "pipelines")
        if any(
            node["data"]["node_type"] == "function" and node["data"]["name"] == name
            for node in pipeline["nodes"]
        )
    ]
