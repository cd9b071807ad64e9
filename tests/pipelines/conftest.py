"""The shipped pipeline, run on rows as the server hands them over."""

from __future__ import annotations

import hmac
import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from recorded_samples import Sample, dialects, recorded

from llmcost_infra.catalog import RenderedPipeline, load_pipeline, render_pipeline
from llmcost_infra.pricing import PriceTable, load_table
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.vrl import FunctionFault, Program

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = Path(__file__).parents[1] / "data" / "openobserve-transcripts" / "rows"

Row = dict[str, Any]

HASH_KEY = "${secret:hash_key}"
"""The key of a function whose secrets nobody filled in."""


def hashed(identity: str) -> str:
    """Return what an id of a user or a conversation is stored as."""
    return hmac.new(HASH_KEY.encode(), identity.encode(), "sha256").hexdigest()[:32]


@dataclass(frozen=True)
class Graph:
    """A rendered pipeline that runs as the server runs one.

    Args:
        rendered: functions and nodes.
    """

    rendered: RenderedPipeline = field(repr=False)

    @cached_property
    def _programs(self) -> dict[str, Program]:
        return {one.name: Program(one.text) for one in self.rendered.functions.values()}

    @cached_property
    def _source(self) -> str:
        reached = {name for node in self.rendered.nodes.values() for name in node.get("next", [])}
        (source,) = set(self.rendered.nodes) - reached
        return source

    def route(self, row: Row) -> dict[str, list[Row]]:
        """Return what a row becomes in each stream that it reaches; nulls are not stored."""
        found: defaultdict[str, list[Row]] = defaultdict(list)
        self._pass(self._source, dict(row), found)
        found[self.rendered.nodes[self._source]["stream_name"]].clear()
        return {stream: rows for stream, rows in found.items() if rows}

    def function(self, role: str) -> Program:
        """Return a function by its role."""
        return self._programs[self.rendered.functions[role].name]

    def _pass(self, name: str, row: Row, found: defaultdict[str, list[Row]]) -> None:
        node = self.rendered.nodes[name]
        if node["type"] == "stream":
            found[node["stream_name"]].append({k: v for k, v in row.items() if v is not None})
        if node["type"] == "condition" and not _holds(node["conditions"], row):
            return
        if node["type"] == "function":
            row = self._run(node["name"], row)
        for onwards in node.get("next", []):
            self._pass(onwards, dict(row), found)

    def _run(self, function: str, row: Row) -> Row:
        try:
            made: Row = self._programs[function].run(row)
        except FunctionFault:
            # The server lets the row through as it came.
            return row
        return made


def _holds(group: dict[str, Any], row: Row) -> bool:
    assert group["logicalOperator"] == "AND"
    return all(
        one["operator"] == "=" and row.get(one["column"]) == one["value"]
        for one in group["conditions"]
    )


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Return a stack's settings."""
    return Settings(environment="staging", prefix="t_")


@pytest.fixture(scope="session")
def table() -> PriceTable:
    """Return the shipped prices."""
    return load_table()


@pytest.fixture(scope="session")
def rendered(settings: Settings, table: PriceTable) -> RenderedPipeline:
    """Return the shipped pipeline of that stack."""
    return render_pipeline(load_pipeline("llm_cost"), settings, table)


@pytest.fixture(scope="session")
def graph(rendered: RenderedPipeline) -> Graph:
    """Return the shipped pipeline, ready to run."""
    return Graph(rendered)


@pytest.fixture(scope="session")
def counting_wrappers(settings: Settings, table: PriceTable) -> Graph:
    """Return the pipeline of a stack in which no span repeats another."""
    alone = settings.model_copy(update={"repeats": ()})
    return Graph(render_pipeline(load_pipeline("llm_cost"), alone, table))


@pytest.fixture(scope="session")
def broken(rendered: RenderedPipeline) -> Graph:
    """Return the pipeline with a normaliser that fails half-way through."""
    normalise = rendered.functions["normalise"]
    text = normalise.text.replace("\n.llmcost_provider", '\n.x = to_int!("x")\n.llmcost_provider')
    assert text != normalise.text
    functions = {**rendered.functions, "normalise": replace(normalise, text=text)}
    return Graph(replace(rendered, functions=functions))


@pytest.fixture(scope="session")
def samples() -> dict[tuple[str, str], Sample]:
    """Return the rows of every sample, by dialect and name.

    Those of a real server where they were recorded, else what the embedded one makes of the spans.
    """
    found: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for path in sorted(ROWS.glob("*.traces.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            found[path.name.removesuffix(".traces.jsonl"), told["sample"]].append(told["row"])
    seen = {key: Sample(*key, tuple(rows)) for key, rows in found.items()}
    folders = {dialect.folder for dialect in dialects()} - {folder for folder, _ in seen}
    for sample in (one for folder in sorted(folders) for one in recorded(folder)):
        seen[sample.dialect, sample.name] = sample
    return seen


@pytest.fixture
def span() -> Callable[..., Row]:
    """Return a function that makes a row of a span with the given columns."""

    def make(**columns: object) -> Row:
        base: Row = {
            "_timestamp": 1795467397879571,
            "start_time": 1795467397879571724,
            "end_time": 1795467397885091424,
            "duration": 5519,
            "trace_id": "7bcda053f301fdaf0ee8835ad02529c1",
            "span_id": "ee8e59046c4f497d",
            "operation_name": "a span",
            "service_name": "support-bot",
            "span_kind": "3",
            "span_status": "UNSET",
            "flags": 1,
            "events": "[]",
            "links": "[]",
        }
        return base | columns

    return make


@pytest.fixture
def chat(span: Callable[..., Row]) -> Callable[..., Row]:
    """Return a function that makes a row of a call of gpt-4o with 100 input and 10 output."""

    def make(**columns: object) -> Row:
        base: Row = {
            "gen_ai_operation_name": "chat",
            "gen_ai_provider_name": "openai",
            "gen_ai_request_model": "gpt-4o",
            "gen_ai_response_model": "gpt-4o-2024-08-06",
            "gen_ai_usage_input_tokens": "100",
            "gen_ai_usage_output_tokens": "10",
        }
        return span(**(base | columns))

    return make


@pytest.fixture
def normalised(graph: Graph, chat: Callable[..., Row]) -> Callable[..., Row]:
    """Return a function that gives the normaliser's columns of a call, without their prefix."""

    def make(**columns: object) -> Row:
        made = graph.function("normalise").run(chat(**columns))
        return {
            name.removeprefix("llmcost_"): value
            for name, value in made.items()
            if name.startswith("llmcost_")
        }

    return make
