"""Realtime pipelines at work: rows go from the source through functions and conditions to streams.

A function that stops on a row lets the row through as it was. Rows reach only the streams that an
output node names: the source keeps nothing unless one names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost_infra.errors import EngineError
from llmcost_infra.local.conditions_run import Test, compile_condition
from llmcost_infra.local.naming import column_name, flatten, stream_name
from llmcost_infra.local.shapes import is_object
from llmcost_infra.sql_engine.vrl import FunctionFault, Program, program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from llmcost_infra.local.objects import Objects

__all__ = ["NotAnObject", "Output", "Pipelines", "RealtimePipeline"]

Row = dict[str, Any]

_MOST_NAMES = 10_000
_column_names: set[str] = set()  # names that are columns as they stand
_PIPELINES = "pipelines"
_FUNCTIONS = "functions"


class NotAnObject(Exception):  # noqa: N818 - it says what arrived
    """A function turned a row into something that is no object."""


class Output(NamedTuple):
    """A stream that a pipeline writes to.

    Args:
        type: logs, traces or metrics.
        name: the stream.
    """

    type: str
    name: str


@dataclass(frozen=True)
class _Node:
    next: tuple[str, ...]
    program: Program | None = None
    test: Test | None = None
    output: Output | None = None


class RealtimePipeline:
    """A pipeline, ready to run.

    Args:
        pipeline: as the server keeps it.
        source_of: text of a function by name, or None.
    """

    def __init__(self, pipeline: Mapping[str, Any], source_of: Callable[[str], str | None]) -> None:
        following: dict[str, list[str]] = {}
        for edge in pipeline["edges"]:
            following.setdefault(edge["source"], []).append(edge["target"])
        self._nodes = {
            node["id"]: _node(node["data"], tuple(following.get(node["id"], ())), source_of)
            for node in pipeline["nodes"]
        }
        self._first = self._nodes[pipeline["nodes"][0]["id"]].next

    def run(self, rows: Sequence[Row]) -> dict[Output, list[Row]]:
        """Return the rows by stream that they arrive at.

        Raises:
            NotAnObject: a function made something else of a row.
        """
        arrived: dict[Output, list[Row]] = {}
        waiting: list[tuple[str, Sequence[Row]]] = [(name, rows) for name in self._first]
        while waiting:
            name, current = waiting.pop()
            node = self._nodes[name]
            if node.output is not None:
                arrived.setdefault(node.output, []).extend(current)
                continue
            if node.program is not None:
                current = list(_apply(node.program, current))
            elif node.test is not None:
                current = [row for row in current if node.test(row)]
            if current:
                waiting += [(following, current) for following in node.next]
        return arrived


def _node(
    data: Mapping[str, Any], following: tuple[str, ...], source_of: Callable[[str], str | None]
) -> _Node:
    match data["node_type"]:
        case "stream":
            output = Output(data["stream_type"], stream_name(data["stream_name"]))
            return _Node(following, output=None if following else output)
        case "function":
            source = source_of(data["name"])
            return _Node(following, program=_compiled(source) if source is not None else None)
        case "condition":
            return _Node(following, test=compile_condition(data))
        case _:
            return _Node(following)


def _compiled(source: str) -> Program | None:
    """A function that does not compile changes nothing, like one that stops on every row."""
    try:
        return program(source)
    except EngineError:
        return None


def _apply(function: Program, rows: Sequence[Row]) -> Iterator[Row]:
    for row in rows:
        try:
            made = function.run(row)
        except FunctionFault:
            yield row
            continue
        if not is_object(made):
            raise NotAnObject
        yield _flat(made)


def _flat(row: Row) -> Row:
    """Return what a function made as columns; most rows need no more than their nulls left out."""
    for value in row.values():
        kind = value.__class__
        if kind is dict or kind is list:
            return flatten(row)
    if not _column_names.issuperset(row):
        if any(column_name(name) != name for name in row):
            return flatten(row)
        if len(_column_names) < _MOST_NAMES:
            _column_names.update(row)
    return {name: value for name, value in row.items() if value is not None}


class Pipelines:
    """The realtime pipelines of one server, compiled once until one or a function changes.

    Args:
        objects: keeps pipelines and functions.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._revision = (-1, -1)
        self._compiled: dict[tuple[str, str, str], RealtimePipeline | None] = {}

    def of(self, org: str, kind: str, name: str) -> RealtimePipeline | None:
        """Return the pipeline that takes the rows of a stream, if there is one."""
        revision = (self._objects.revision(_PIPELINES), self._objects.revision(_FUNCTIONS))
        if revision != self._revision:
            self._compiled, self._revision = {}, revision
        key = (org, kind, name)
        if key not in self._compiled:
            self._compiled[key] = self._load(*key)
        return self._compiled[key]

    def _load(self, org: str, kind: str, name: str) -> RealtimePipeline | None:
        found = [
            pipeline
            for pipeline in self._objects.list(org, _PIPELINES)
            if pipeline["enabled"] and _reads(pipeline, kind, name)
        ]
        if not found:
            return None

        def source_of(function: str) -> str | None:
            stored = self._objects.get(org, _FUNCTIONS, function)
            return stored["function"] if stored else None

        # The server's cache keeps the last of several on one stream.
        return RealtimePipeline(found[-1], source_of)


def _reads(pipeline: Mapping[str, Any], kind: str, name: str) -> bool:
    data = pipeline["nodes"][0]["data"]
    return (
        data["node_type"] == "stream"
        and data["stream_type"] == kind
        and stream_name(data["stream_name"]) == name
    )
