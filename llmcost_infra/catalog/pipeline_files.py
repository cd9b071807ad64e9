"""Pipeline files: `pipelines/<name>.yaml` read and checked as a graph that loses no row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from llmcost_infra import declarations
from llmcost_infra.declarations import InvalidDeclaration, Strict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from llmcost_infra.declarations import Document
    from llmcost_infra.errors import DeclarationError

__all__ = [
    "Comparison",
    "ConditionNode",
    "FunctionNode",
    "Node",
    "PipelineDeclaration",
    "PipelineSpec",
    "StreamNode",
    "load_pipeline",
]

Role = Literal[
    "mark_new",
    "normalise",
    "read_logs",
    "project",
    "adjust",
    "scrub_other",
    "quarantine",
    "project_content",
]
StreamRole = Literal[
    "source", "log_source", "calls", "other", "other_logs", "quarantine", "content"
]


class StreamNode(Strict):
    """A stream of the stack, as source or as destination."""

    type: Literal["stream"]
    stream: StreamRole
    next: tuple[str, ...] = ()


class FunctionNode(Strict):
    """A function that every row passes."""

    type: Literal["function"]
    function: Role
    next: tuple[str, ...] = ()


class Comparison(Strict):
    """A comparison of a column; a row without the column fails it."""

    column: str
    is_: str | bool = Field(alias="is")


class ConditionNode(Strict):
    """Lets the rows through that pass every test.

    Args:
        when: the stack's choice without which the branch is not there.
    """

    type: Literal["condition"]
    when: Literal["capture"] | None = None
    all_: tuple[Comparison, ...] = Field(alias="all", min_length=1)
    next: tuple[str, ...] = ()


Node = Annotated[StreamNode | FunctionNode | ConditionNode, Field(discriminator="type")]


class PipelineDeclaration(Strict):
    """The shape of `pipelines/<name>.yaml`."""

    description: str
    functions: dict[Role, str]
    nodes: dict[str, Node]


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """A pipeline's declaration, checked.

    Args:
        name: id of the declaration.
        description: one sentence for the server's list.
        functions: role → file with VRL or a template of it.
        nodes: id → node, as declared.
        folders: where files that a template includes are looked for, in this order.
    """

    name: str
    description: str
    functions: Mapping[str, Path]
    nodes: Mapping[str, Node]
    folders: tuple[Path, ...]


def load_pipeline(name: str, project: Path | None = None) -> PipelineSpec:
    """Read and check a pipeline's declaration.

    Args:
        name: id of the declaration.
        project: a project whose own file of that id replaces the shipped one.

    Raises:
        DeclarationError: with every problem of the file.
    """
    document = declarations.read(declarations.find("pipelines", name, project))
    declared = document.parse(PipelineDeclaration)
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
        functions={role: path for role, path in files.items() if path is not None},
        nodes=declared.nodes,
        folders=declarations.roots("pipelines", project),
    )


def _graph_problems(
    document: Document, declared: PipelineDeclaration
) -> Iterator[DeclarationError]:
    targets: list[str] = []
    for name, node in declared.nodes.items():
        at = ("nodes", name)
        targets += node.next
        for index, target in enumerate(node.next):
            if target not in declared.nodes:
                known = sorted(declared.nodes)
                hint = declarations.nearest(target, known)
                yield document.problem((*at, "next", index), f"no node {target!r}", hint)
        if isinstance(node, FunctionNode) and node.function not in declared.functions:
            yield document.problem((*at, "function"), f"{node.function} has no file in functions")
        if not node.next and not isinstance(node, StreamNode):
            yield document.problem(at, "loses its rows", "name the next node, in the end a stream")
    sources = [name for name in declared.nodes if name not in targets]
    if len(sources) != 1:
        said = ", ".join(sources) or "none"
        yield document.problem(("nodes",), f"exactly one node has to be a source, not {said}")
    elif _circle(declared, sources[0]):
        yield document.problem(("nodes",), "a row could come back to a node that it has passed")


def _circle(declared: PipelineDeclaration, at: str, passed: frozenset[str] = frozenset()) -> bool:
    if at in passed:
        return True
    onwards = declared.nodes[at].next if at in declared.nodes else ()
    return any(_circle(declared, target, passed | {at}) for target in onwards)
