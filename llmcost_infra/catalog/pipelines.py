"""Ingest pipelines: from a declaration and the price table to functions and a graph of nodes."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from llmcost_infra.declarations import Strict

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
_REWRITTEN: Final = frozenset({"operation_name", "service_name", "events", "links"})
_LIMITS: Final = {
    "text_limit": 200,  # characters of a column that a client fills
    "count_limit": 1_000_000_000,  # tokens; more is a mistake, not a bill
    "longest_ms": "86400000.0",  # a day
}


class StreamNode(Strict):
    """A stream of the stack, as source or as destination."""

    type: Literal["stream"]
    stream: StreamRole
    next: list[str] = []  # noqa: RUF012 - pydantic copies defaults


class FunctionNode(Strict):
    """A function that every row passes."""

    type: Literal["function"]
    function: Role
    next: list[str] = []  # noqa: RUF012


class Test(Strict):
    """A comparison of a column; a row without the column fails it."""

    column: str
    is_: str | bool = Field(alias="is")


class ConditionNode(Strict):
    """Lets the rows through that pass every test."""

    type: Literal["condition"]
    all: list[Test] = Field(min_length=1)
    next: list[str] = []  # noqa: RUF012


Node = Annotated[StreamNode | FunctionNode | ConditionNode, Field(discriminator="type")]
