"""The policies of the pack, and what they find in resources as the engine lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from llmcost_infra.check.registered import StackResources
from llmcost_infra.check.registry import RULES
from llmcost_infra.check.rules import policies as rules
from llmcost_infra.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from llmcost_infra.check.finding import Severity
    from llmcost_infra.check.policies import Policies
    from llmcost_infra.check.registry import Breach, Rule
    from llmcost_infra.program import Registered

__all__ = ["OF_A_STACK", "OF_ONE_RESOURCE", "Find", "Violation", "violations"]

Find: TypeAlias = "Callable[[StackResources], Iterable[Breach]]"

OF_ONE_RESOURCE: Final[Mapping[str, Find]] = {
    "alert-context": rules.context,
    "stream-ceiling": rules.ceiling,
    "stream-protected": rules.protected,
}
"""Policies that are asked about each resource, before it is written."""
OF_A_STACK: Final[Mapping[str, Find]] = {"stream-watched": rules.watched}
"""Policies that have to see every resource, and so are asked last."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Where a policy is broken.

    Args:
        rule: the policy.
        severity: an error stops the update.
        urn: of the resource.
        message: what is wrong, and what to do.
    """

    rule: Rule
    severity: Severity
    urn: str
    message: str


def violations(
    policies: Mapping[str, Find], resources: Iterable[Registered], stack: str, chosen: Policies
) -> list[Violation]:
    """Return what breaks rules.

    Args:
        policies: those to ask.
        resources: of the stack, or one of them.
        stack: its name.
        chosen: what the organization chose.
    """
    view = StackResources(Program("", stack, tuple(resources), ()), chosen)
    return [
        Violation(rule, severity, breach.resource.urn, f"{breach.message}: {breach.hint}.")
        for name, find in policies.items()
        if (severity := chosen.severity(rule := RULES[name]))
        for breach in find(view)
    ]
