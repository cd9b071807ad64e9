"""Ingest pipelines: from a declaration and the price table to functions and a graph of nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.catalog.pipeline_files import FunctionNode, StreamNode
from llmcost_infra.catalog.teams import NO_TEAMS, compile_teams
from llmcost_infra.catalog.vrl_templates import render_vrl
from llmcost_infra.columns import STORED
from llmcost_infra.pricing import compile_vrl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.catalog.pipeline_files import Comparison, Node, PipelineSpec
    from llmcost_infra.catalog.teams import Teams
    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.settings import Settings

__all__ = ["RenderedFunction", "RenderedPipeline", "render_pipeline"]

_OWN: Final = "llmcost_"
_SECRET: Final = re.compile(r"\$\{secret:(\w+)\}")
# These are made anew by the templates, so that nothing a client wrote into them is kept.
_REWRITTEN: Final = frozenset({"operation_name", "service_name", "events", "links"})
_LIMITS: Final = {
    "text_limit": "200",  # characters of a column that a client fills
    "count_limit": "1000000000",  # tokens; more is a mistake, not a bill
    "longest_ms": "86400000.0",  # a day
}


@dataclass(frozen=True, slots=True)
class RenderedFunction:
    """A function as the server gets it.

    Args:
        name: with the stack's prefix.
        text: VRL; ``${secret:NAME}`` stands for a secret of the stack.
    """

    name: str
    text: str

    @property
    def secrets(self) -> list[str]:
        """Names of the secrets in its text."""
        return sorted(set(_SECRET.findall(self.text)))


@dataclass(frozen=True, slots=True)
class RenderedPipeline:
    """A pipeline as resources get it.

    Args:
        name: with the stack's prefix.
        description: one sentence.
        functions: role → function.
        nodes: inputs of the Pipeline resource: node id → type, `next`, and what the type needs.
    """

    name: str
    description: str
    functions: Mapping[str, RenderedFunction]
    nodes: dict[str, dict[str, Any]]


def render_pipeline(
    spec: PipelineSpec, settings: Settings, table: PriceTable, teams: Teams = NO_TEAMS
) -> RenderedPipeline:
    """Return the functions and the graph of one stack.

    Args:
        spec: the declaration.
        settings: names and environment.
        table: the prices that the normaliser applies.
        teams: who is registered.

    Raises:
        DeclarationError: a template is wrong.
    """
    values = {
        **_LIMITS,
        "environment": settings.environment,
        "attribution": settings.attribution,
        "patterns": settings.content.as_rust(),
        "own_columns": [column for column in STORED if column.startswith(_OWN)],
        "trace_columns": [
            column for column in STORED if not column.startswith(_OWN) and column not in _REWRITTEN
        ],
        "price_version": table.version,
        "prices": compile_vrl(table),
        "teams": compile_teams(teams),
        "wrapper_spans": spec.wrapper_spans,
    }
    return RenderedPipeline(
        name=settings.prefixed(spec.name),
        description=spec.description,
        functions={
            role: RenderedFunction(
                getattr(settings.functions, role), render_vrl(path, values, spec.folders)
            )
            for role, path in spec.functions.items()
        },
        nodes={name: _node(node, settings) for name, node in spec.nodes.items()},
    )


def _node(node: Node, settings: Settings) -> dict[str, Any]:
    onwards: dict[str, Any] = {"next": list(node.next)} if node.next else {}
    if isinstance(node, StreamNode):
        name = getattr(settings.streams, node.stream)
        return {"type": "stream", "stream_name": name, "stream_type": "traces"} | onwards
    if isinstance(node, FunctionNode):
        name = getattr(settings.functions, node.function)
        return {"type": "function", "name": name, "after_flatten": True} | onwards
    return {"type": "condition", "conditions": _group(node.all_)} | onwards


def _group(tests: tuple[Comparison, ...]) -> dict[str, Any]:
    return {
        "filterType": "group",
        "logicalOperator": "AND",
        "conditions": [
            {
                "filterType": "condition",
                "column": test.column,
                "operator": "=",
                "value": test.is_,
                "logicalOperator": "AND",
            }
            for test in tests
        ],
    }
