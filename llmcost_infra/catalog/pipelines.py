"""Ingest pipelines: from a declaration and the price table to functions and a graph of nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import jinja2
from pydantic import Field

from llmcost_infra import declarations
from llmcost_infra.columns import STORED
from llmcost_infra.declarations import InvalidDeclaration, Strict
from llmcost_infra.errors import DeclarationError
from llmcost_infra.pricing import compile_vrl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from llmcost_infra.declarations import Document
    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.settings import Settings

__all__ = [
    "PipelineSpec",
    "RenderedFunction",
    "RenderedPipeline",
    "load_pipeline",
    "render_pipeline",
]

Role = Literal["mark_new", "normalise", "project", "scrub_other", "quarantine"]
StreamRole = Literal["source", "calls", "other", "quarantine"]

_OWN: Final = "llmcost_"
# These are made anew by the templates, so that nothing a client wrote into them is kept.
_REWRITTEN: Final = frozenset({"operation_name", "service_name", "events", "links"})
_LIMITS: Final = {
    "text_limit": "200",  # characters of a column that a client fills
    "count_limit": "1000000000",  # tokens; more is a mistake, not a bill
    "longest_ms": "86400000.0",  # a day
}


class _StreamNode(Strict):
    """A stream of the stack, as source or as destination."""

    type: Literal["stream"]
    stream: StreamRole
    next: tuple[str, ...] = ()


class _FunctionNode(Strict):
    """A function that every row passes."""

    type: Literal["function"]
    function: Role
    next: tuple[str, ...] = ()


class _Test(Strict):
    """A comparison of a column; a row without the column fails it."""

    column: str
    is_: str | bool = Field(alias="is")


class _ConditionNode(Strict):
    """Lets the rows through that pass every test."""

    type: Literal["condition"]
    all_: tuple[_Test, ...] = Field(alias="all", min_length=1)
    next: tuple[str, ...] = ()


_Node = Annotated[_StreamNode | _FunctionNode | _ConditionNode, Field(discriminator="type")]


class _Options(Strict):
    """What a project may choose by a declaration of its own.

    Args:
        wrapper_spans: whether hand-written wrapper spans are calls or repeat them.
    """

    wrapper_spans: Literal["ignore", "count"] = "ignore"


class _Declaration(Strict):
    """The shape of `pipelines/<name>.yaml`."""

    description: str
    options: _Options = _Options()
    functions: dict[Role, str]
    nodes: dict[str, _Node]


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """A pipeline's declaration, checked.

    Args:
        name: id of the declaration.
        description: one sentence for the server's list.
        wrapper_spans: `ignore` or `count`.
        functions: role → file with VRL or a template of it.
        nodes: id → node, as declared.
    """

    name: str
    description: str
    wrapper_spans: str
    functions: Mapping[str, Path]
    nodes: Mapping[str, _Node]


@dataclass(frozen=True, slots=True)
class RenderedFunction:
    """A function as the server gets it.

    Args:
        name: with the stack's prefix.
        text: VRL.
    """

    name: str
    text: str


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


def load_pipeline(name: str, project: Path | None = None) -> PipelineSpec:
    """Read and check a pipeline's declaration.

    Args:
        name: id of the declaration.
        project: a project whose own file of that id replaces the shipped one.

    Raises:
        DeclarationError: with every problem of the file.
    """
    document = declarations.read(declarations.find("pipelines", name, project))
    declared = document.parse(_Declaration)
    files: dict[str, Path | None] = {
        role: declarations.file("pipelines", file, project)
        for role, file in declared.functions.items()
    }
    problems = [
        document.problem(("functions", role), "there is no such file in pipelines/")
        for role, path in files.items()
        if path is None
    ]
    problems += _graph_problems(document, declared)
    if problems:
        raise InvalidDeclaration(problems)
    return PipelineSpec(
        name=name,
        description=declared.description,
        wrapper_spans=declared.options.wrapper_spans,
        functions={role: path for role, path in files.items() if path is not None},
        nodes=declared.nodes,
    )


def render_pipeline(spec: PipelineSpec, settings: Settings, table: PriceTable) -> RenderedPipeline:
    """Return the functions and the graph of one stack.

    Args:
        spec: the declaration.
        settings: names and environment.
        table: the prices that the normaliser applies.

    Raises:
        DeclarationError: a template is wrong.
    """
    values = {
        **_LIMITS,
        "environment": settings.environment,
        "own_columns": [column for column in STORED if column.startswith(_OWN)],
        "trace_columns": [
            column for column in STORED if not column.startswith(_OWN) and column not in _REWRITTEN
        ],
        "price_version": table.version,
        "prices": compile_vrl(table),
        "wrapper_spans": spec.wrapper_spans,
    }
    return RenderedPipeline(
        name=settings.prefixed(spec.name),
        description=spec.description,
        functions={
            role: RenderedFunction(getattr(settings.functions, role), _text(path, values))
            for role, path in spec.functions.items()
        },
        nodes={name: _node(node, settings) for name, node in spec.nodes.items()},
    )


def _graph_problems(document: Document, declared: _Declaration) -> Iterator[DeclarationError]:
    targets: list[str] = []
    for name, node in declared.nodes.items():
        at = ("nodes", name)
        targets += node.next
        for index, target in enumerate(node.next):
            if target not in declared.nodes:
                known = sorted(declared.nodes)
                hint = declarations.nearest(target, known)
                yield document.problem((*at, "next", index), f"no node {target!r}", hint)
        if isinstance(node, _FunctionNode) and node.function not in declared.functions:
            yield document.problem((*at, "function"), f"{node.function} has no file in functions")
        if not node.next and not isinstance(node, _StreamNode):
            yield document.problem(at, "loses its rows", "name the next node, in the end a stream")
    sources = [name for name in declared.nodes if name not in targets]
    if len(sources) != 1:
        said = ", ".join(sources) or "none"
        yield document.problem(("nodes",), f"exactly one node has to be a source, not {said}")
    elif _circle(declared, sources[0]):
        yield document.problem(("nodes",), "a row could come back to a node that it has passed")


def _circle(declared: _Declaration, at: str, passed: frozenset[str] = frozenset()) -> bool:
    if at in passed:
        return True
    onwards = declared.nodes[at].next if at in declared.nodes else ()
    return any(_circle(declared, target, passed | {at}) for target in onwards)


def _text(path: Path, values: Mapping[str, object]) -> str:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".j2":
        environment = jinja2.Environment(
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # noqa: S701 - VRL, not HTML
            lstrip_blocks=True,
        )
        try:
            source = environment.from_string(source).render(values)
        except jinja2.TemplateSyntaxError as error:
            raise DeclarationError(str(error.message), path=path, line=error.lineno) from error
        except jinja2.UndefinedError as error:
            hint = f"a template knows {', '.join(sorted(values))}"
            raise DeclarationError(str(error.message), path=path, hint=hint) from error
    # The server appends a line to a function that does not end like this, and would then differ.
    return source.rstrip()


def _node(node: _Node, settings: Settings) -> dict[str, Any]:
    onwards: dict[str, Any] = {"next": list(node.next)} if node.next else {}
    if isinstance(node, _StreamNode):
        name = getattr(settings.streams, node.stream)
        return {"type": "stream", "stream_name": name, "stream_type": "traces"} | onwards
    if isinstance(node, _FunctionNode):
        name = getattr(settings.functions, node.function)
        return {"type": "function", "name": name, "after_flatten": True} | onwards
    return {"type": "condition", "conditions": _group(node.all_)} | onwards


def _group(tests: tuple[_Test, ...]) -> dict[str, Any]:
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
