"""The resources of a stack by kind: all that policies look at, whoever lists them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from llmcost_infra.check.policies import Policies

if TYPE_CHECKING:
    from llmcost_infra.program import Program, Registered

__all__ = ["COST", "TEXTS", "StackResources"]

COST: Final = "llmcost_cost_usd"
"""Column of a stream of calls."""
TEXTS: Final = ("llmcost_prompt", "llmcost_completion", "gen_ai_input_messages", "llm_input")
"""Columns of prompts and completions."""


@dataclass(frozen=True)
class StackResources:
    """A program's resources for one stack.

    Args:
        program: what it registers.
        policies: what the organization chose.
    """

    program: Program
    policies: Policies = field(default_factory=Policies)

    def of(self, kind: str) -> list[Registered]:
        """Return the managed resources of a kind, e.g. ``Alert``, whose inputs are known."""
        return [
            one
            for one in self.program.resources
            if one.type == f"openobserve:index:{kind}" and not one.read
        ]

    @cached_property
    def streams(self) -> dict[tuple[str, str], Registered]:
        """The streams by type and name."""
        return {
            (str(one.inputs.get("stream_type")), str(one.inputs.get("name"))): one
            for one in self.of("Stream")
        }
