"""Pipelines: rows that are lost without a word, or kept although nobody foresaw them."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from llmcost_infra.check.registry import Breach, rule
from llmcost_infra.openobserve.kinds.graph import predecessors
from llmcost_infra.openobserve.kinds.rules import entries, items, maps
from llmcost_infra.sql_engine.vrl_names import reach

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmcost_infra.check.stack import StackView

__all__ = ["allow_list", "functions_before", "outputs", "row_lost", "signal", "source"]

_LONG_LIVED_DAYS = 30
_ASSIGNED = re.compile(r"^\s*\.(\w+)\s*=\s*(?:\"([^\"]*)\"|(true|false)\s*$|(.+))", re.MULTILINE)
_CHOSEN = re.compile(r"if [^{}]*\{\s*\"([^\"]*)\"\s*\}\s*else\s*\{\s*\"([^\"]*)\"\s*\}")
_STOPS = re.compile(r"\w!\(|\b(?:abort|assert|assert_eq)\b")
_BUILDS = re.compile(r"^( *)\. = \{$", re.MULTILINE)
_ABSENT = None
_OTHER = "\0"
_WORDS: Mapping[str | None, str] = {_ABSENT: "absent", _OTHER: "something else"}

Node = dict[str, Any]


def outputs(inputs: Any) -> Iterator[tuple[str, str]]:
    """Yield type and name of the streams that a pipeline fills."""
    nodes = entries(entries(inputs).get("nodes"))
    graph = _graph(nodes)
    before = predecessors(graph)
    for name, node in nodes.items():
        if node.get("type") == "stream" and before[name]:
            yield str(node.get("stream_type")), str(node.get("stream_name"))


def functions_before(stack: StackView, stream_type: str, stream: str) -> Iterator[str]:
    """Yield the texts of the functions that rows pass on their way to a stream."""
    texts = _texts(stack)
    for pipeline in stack.of("Pipeline"):
        nodes = entries(pipeline.inputs.get("nodes"))
        for way in _ways(nodes):
            last = nodes[way[-1]]
            if (last.get("stream_type"), last.get("stream_name")) == (stream_type, stream):
                yield from (texts.get(str(nodes[one].get("name")), "") for one in way)


def _texts(stack: StackView) -> dict[str, str]:
    return {
        str(one.inputs.get("name")): str(one.inputs.get("function")) for one in stack.of("Function")
    }


def _graph(nodes: Mapping[str, Node]) -> dict[str, list[str]]:
    return {name: [str(one) for one in items(node.get("next"))] for name, node in nodes.items()}


def _ways(nodes: Mapping[str, Node]) -> Iterator[list[str]]:
    """Yield the ways from a source to an end."""
    graph = _graph(nodes)
    waiting = [[name] for name, before in predecessors(graph).items() if not before]
    while waiting:
        way = waiting.pop()
        onwards = [one for one in graph[way[-1]] if one in graph and one not in way]
        waiting += [[*way, one] for one in onwards]
        if not onwards:
            yield way


@rule("pipeline-source")
def source(stack: StackView) -> Iterator[Breach]:
    """A stream has one realtime pipeline; of a second one the server takes both, or neither.

    Wrong::

        Pipeline("a", nodes={"in": {"type": "stream", "stream_name": "llm_ingest", …}, …})
        Pipeline("b", nodes={"in": {"type": "stream", "stream_name": "llm_ingest", …}, …})

    Right::

        Pipeline("a", nodes={"in": {"type": "stream", "stream_name": "llm_ingest", …}, …})
    """
    first: dict[tuple[str, str], str] = {}
    for pipeline in stack.of("Pipeline"):
        nodes = entries(pipeline.inputs.get("nodes"))
        before = predecessors(_graph(nodes))
        for name, node in nodes.items():
            if before[name] or node.get("type") != "stream":
                continue
            key = (str(node.get("stream_type")), str(node.get("stream_name")))
            other = first.setdefault(key, pipeline.name)
            if other != pipeline.name:
                said = f"{other} already reads the stream {key[1]} in real time"
                yield Breach(pipeline, f"nodes.{name}", said, "join the two pipelines")


@rule("pipeline-signal")
def signal(stack: StackView) -> Iterator[Breach]:
    """A pipeline that reads logs fills streams of logs; rows for any other vanish without a word.

    A pipeline that reads traces may fill both.

    Wrong::

        Pipeline(…, nodes={"in": {…, "stream_type": "logs"}, "out": {…, "stream_type": "traces"}})

    Right::

        Pipeline(…, nodes={"in": {…, "stream_type": "logs"}, "out": {…, "stream_type": "logs"}})
    """
    for pipeline in stack.of("Pipeline"):
        nodes = entries(pipeline.inputs.get("nodes"))
        before = predecessors(_graph(nodes))
        streams = {name: node for name, node in nodes.items() if node.get("type") == "stream"}
        reads = {node.get("stream_type") for name, node in streams.items() if not before[name]}
        for name, node in streams.items():
            if "logs" in reads and before[name] and node.get("stream_type") != "logs":
                said = f"{node.get('stream_name')} is of {node.get('stream_type')}, and gets no row"
                yield Breach(pipeline, f"nodes.{name}", said, "make it a stream of logs")


@rule("pipeline-allow-list")
def allow_list(stack: StackView) -> Iterator[Breach]:
    """Into a stream that is kept for more than 30 days goes what an allow-list names.

    A text that nobody foresaw is then not kept for a year. The function that lists the columns
    replaces the whole event: `. = {"cost": .cost, …}`.

    Wrong::

        source → normalise → llm_calls (data_retention 400)

    Right::

        source → normalise → project → llm_calls     # project: . = {"trace_id": .trace_id, …}
    """
    texts = _texts(stack)
    told: set[tuple[str, str]] = set()
    for pipeline in stack.of("Pipeline"):
        nodes = entries(pipeline.inputs.get("nodes"))
        for way in _ways(nodes):
            last = nodes[way[-1]]
            key = (str(last.get("stream_type")), str(last.get("stream_name")))
            stream = stack.streams.get(key)
            if stream is None or (stream.inputs.get("data_retention") or 0) <= _LONG_LIVED_DAYS:
                continue
            if not _listed(nodes, way, texts) and (pipeline.urn, way[-1]) not in told:
                told.add((pipeline.urn, way[-1]))
                said = f"rows reach {key[1]} without an allow-list of columns"
                hint = "put a function before it that ends with . = {…}"
                yield Breach(pipeline, f"nodes.{way[-1]}", said, hint)


def _listed(nodes: Mapping[str, Node], way: list[str], texts: Mapping[str, str]) -> bool:
    """Tell whether a function on the way builds every row that gets to its end."""
    for at, name in enumerate(way):
        text = texts.get(str(nodes[name].get("name")), "")
        tests = [_tests(nodes[later]) or {} for later in way[at + 1 :]]
        asked = {item for test in tests for item in test.items()}
        if reach(text).replaces or any(_built_when(text, *one) for one in asked):
            return True
    return False


def _built_when(text: str, column: str, value: str) -> bool:
    """Tell whether a function gives a column a value only after it built the row."""
    given = re.findall(rf"^( *)\.{column} = \"{re.escape(value)}\"$", text, re.MULTILINE)
    for built in _BUILDS.finditer(text):
        indent, rest = built[1], text[built.end() :]
        within = re.match(rf"(?:\n{indent}.*|\n)*", rest)
        if within and f'\n{indent}.{column} = "{value}"\n' in within[0]:
            return len(given) == 1
    return False


@rule("pipeline-row-lost")
def row_lost(stack: StackView) -> Iterator[Breach]:
    """A row that passes no condition is lost without a word.

    A condition on a column that the row lacks passes neither with = nor with !=, and a function
    that stops, as `to_int!` and `abort` may, lets the row through as it came. So a first function,
    which cannot stop, marks each row, a later one changes the mark, and every mark leads to a
    stream.

    Wrong::

        normalise (n = to_int!(.n), .state = "done") → state = "done" → calls

    Right::

        mark (.state = "new") → normalise (…, .state = "done") → state = "done" → calls
                                                               → state = "new"  → quarantine
    """
    texts = _texts(stack)
    for pipeline in stack.of("Pipeline"):
        nodes = entries(pipeline.inputs.get("nodes"))
        for name, node in nodes.items():
            following = [str(one) for one in items(node.get("next")) if one in nodes]
            tests = [_tests(nodes[one]) for one in following]
            if not following or any(one is None for one in tests):
                continue
            for way in _ways(nodes):
                if name in way:
                    passed = way[: way.index(name) + 1]
                    lost = _lost(nodes, passed, texts, [one or {} for one in tests])
                    if lost:
                        yield Breach(
                            pipeline,
                            f"nodes.{name}.next",
                            f"a row with {lost} after {name} passes no condition, and is lost",
                            "add a condition that it passes, and lead it to a stream",
                        )
                    break


def _tests(node: Node) -> dict[str, Any] | None:
    """Return what a condition of equalities asks, or None for any other node."""
    group = entries(node).get("conditions", {})
    if node.get("type") != "condition" or group.get("logicalOperator") != "AND":
        return None
    parts = maps(group.get("conditions"))
    if any(one.get("operator") != "=" for one in parts):
        return None
    return {str(one.get("column")): _value(one.get("value")) for one in parts}


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lost(
    nodes: Mapping[str, Node],
    passed: list[str],
    texts: Mapping[str, str],
    tests: list[dict[str, Any]],
) -> str:
    """Return the values of a row that no condition lets through, or nothing."""
    columns = sorted({column for test in tests for column in test})
    asked = {column: {test[column] for test in tests if column in test} for column in columns}
    rows: list[dict[str, str | None]] = [dict.fromkeys(columns, _ABSENT)]
    for name in passed:
        text = texts.get(str(nodes[name].get("name")), "")
        given = {column: _given(text, column, asked[column]) for column in columns}
        written = {column: values for column, values in given.items() if values}
        if written:
            done = [
                {**row, **dict(zip(written, values, strict=True))}
                for row in rows
                for values in itertools.product(*written.values())
            ]
            rows = [*(rows if _STOPS.search(text) else []), *done]
        passes = _tests(nodes[name]) or {}
        rows = [row for row in rows if all(row.get(c, v) == v for c, v in passes.items())]
    for row in rows:
        if not any(all(row[c] == wanted for c, wanted in test.items()) for test in tests):
            return ", ".join(
                f"{column} {_WORDS.get(value, value)}" for column, value in row.items()
            )
    return ""


def _given(text: str, column: str, asked: set[str]) -> list[str]:
    """Return the values that a function may give a column."""
    values: list[str] = []
    for name, words, flag, expression in _ASSIGNED.findall(text):
        if name == column and (chosen := _CHOSEN.fullmatch(expression.strip())):
            values += chosen.groups()
        elif name == column and expression:
            flags = asked <= {"true", "false"}
            values += ["true", "false"] if flags else [*asked, _OTHER]
        elif name == column:
            values.append(flag or words)
    return list(dict.fromkeys(values))
