"""Ingest pipelines: from a declaration and the price table to functions and a graph of nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.catalog.pipeline_files import ConditionNode, FunctionNode, StreamNode
from llmcost_infra.catalog.teams import NO_TEAMS, compile_teams
from llmcost_infra.catalog.vrl_templates import render_vrl
from llmcost_infra.columns import CONTENT, QUARANTINED, STORED
from llmcost_infra.errors import DeclarationError
from llmcost_infra.pricing import compile_vrl
from llmcost_infra.settings import RESOURCE, Attribution, Streams, in_logs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from llmcost_infra.catalog.pipeline_files import Comparison, Node, PipelineSpec
    from llmcost_infra.catalog.teams import Teams
    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.settings import Settings

__all__ = ["RenderedFunction", "RenderedPipeline", "render_pipeline"]

_OWN: Final = "llmcost_"
_SECRET: Final = re.compile(r"\$\{secret:(\w+)\}")
# These are made anew by the templates, so that nothing a client wrote into them is kept.
_REWRITTEN: Final = frozenset({"operation_name", "service_name", "events", "links"})
_MADE: Final = frozenset({"llmcost_prompt", "llmcost_completion", "llmcost_state"})
_LIMITS: Final = {
    "text_limit": "200",  # characters of a column that a client fills
    "count_limit": "1000000000",  # tokens; more is a mistake, not a bill
    "longest_ms": "86400000.0",  # a day
    "parameters_limit": "20000",  # characters; what was asked for is a few words
    "content_limit": "32768",  # characters of a prompt or a completion
}


@dataclass(frozen=True, slots=True)
class RenderedFunction:
    """A function as the server gets it.

    Args:
        name: with the stack's prefix.
        text: VRL; ``${secret:NAME}`` stands for a secret of the stack.
        file: that holds it, relative to the project.
    """

    name: str
    text: str
    file: str

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
        DeclarationError: a template is wrong, or the stack captures content and the pipeline has
            no branch for it.
    """
    nodes = _nodes(spec, settings)
    used = {node.function for node in nodes.values() if isinstance(node, FunctionNode)}
    environment = _of_resource(settings.attribution.environment)
    values = {
        **_LIMITS,
        "capture": settings.content.services if settings.content.capture else (),
        "resource_environment": environment,
        "log_environment": [column.removeprefix(RESOURCE) for column in environment],
        "log_environments": _in_any_form(settings.attribution.environment),
        "log_attribution": {
            name: in_logs(columns) for name, columns in settings.attribution.model_dump().items()
        },
        "content_columns": [
            column for column in CONTENT if column.startswith(_OWN) and column not in _MADE
        ],
        "environment": settings.environment,
        "attribution": settings.attribution,
        "patterns": settings.content.as_rust(),
        "own_columns": [column for column in STORED if column.startswith(_OWN)],
        "trace_columns": [
            column for column in STORED if not column.startswith(_OWN) and column not in _REWRITTEN
        ],
        "id_columns": [column for column in QUARANTINED if column.endswith("_id")],
        "stored": STORED,
        "price_version": table.version,
        # They take their time, and only who normalises reads them.
        "prices": compile_vrl(table) if "normalise" in used else "",
        "teams": compile_teams(teams),
        "repeats": settings.repeats,
    }
    return RenderedPipeline(
        name=settings.prefixed(spec.name),
        description=spec.description,
        functions={
            role: RenderedFunction(
                getattr(settings.functions, role),
                render_vrl(path, values, spec.folders),
                _file(path, spec.folders),
            )
            for role, path in spec.functions.items()
            if role in used
        },
        nodes={name: _node(node, nodes, settings) for name, node in nodes.items()},
    )


def _file(path: Path, folders: Sequence[Path]) -> str:
    inside = next(path.relative_to(one) for one in folders if path.is_relative_to(one))
    return f"pipelines/{inside.as_posix()}"


def _nodes(spec: PipelineSpec, settings: Settings) -> dict[str, Node]:
    """Return the nodes that a row can reach with the stack's choices."""
    captures = settings.content.capture
    off = {
        name
        for name, node in spec.nodes.items()
        if isinstance(node, ConditionNode) and node.when == "capture" and not captures
    }
    targets = {target for node in spec.nodes.values() for target in node.next}
    reached: list[str] = [name for name in spec.nodes if name not in targets]
    for name in reached:
        onwards = spec.nodes[name].next
        reached += [one for one in onwards if one not in off and one not in reached]
    nodes = {name: node for name, node in spec.nodes.items() if name in reached}
    kept = (node.stream for node in nodes.values() if isinstance(node, StreamNode))
    if captures and "content" not in kept:
        raise DeclarationError(
            f"the stack captures content, and pipelines/{spec.name}.yaml has no stream for it",
            path="llmcost:settings",
            hint="take the nodes from is_content to content over from the shipped pipeline",
        )
    return nodes


def _of_resource(columns: Sequence[str]) -> list[str]:
    """Return the columns that resource attributes come in."""
    own = [column for column in columns if column.startswith(RESOURCE)]
    return own or [one for one in Attribution().environment if one.startswith(RESOURCE)]


def _in_any_form(columns: Sequence[str]) -> list[str]:
    """Return every column of a log record that names an environment, by choice or convention."""
    plain = [one.removeprefix(RESOURCE) for one in (*columns, *Attribution().environment)]
    return sorted({form for one in plain for form in (one, f"{RESOURCE}{one}")})


def _node(node: Node, nodes: Mapping[str, Node], settings: Settings) -> dict[str, Any]:
    following = [name for name in node.next if name in nodes]
    onwards: dict[str, Any] = {"next": following} if following else {}
    remote = settings.content.remote
    if isinstance(node, StreamNode) and node.stream == "content" and remote:
        return {"type": "remote_stream", "destination_name": remote}
    if isinstance(node, StreamNode):
        name = getattr(settings.streams, node.stream)
        kind = Streams.type_of(node.stream)
        return {"type": "stream", "stream_name": name, "stream_type": kind} | onwards
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
