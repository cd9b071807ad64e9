"""The rules: each a function over a stack, with the docstring that the page of rules shows."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llmcost_infra.check.finding import Severity
    from llmcost_infra.check.stack import StackView
    from llmcost_infra.program import Registered

__all__ = ["RULES", "Breach", "Rule", "rule"]

FindT = TypeVar("FindT", bound="Callable[[StackView], Iterable[Breach]]")


@dataclass(frozen=True, slots=True)
class Breach:
    """Where a rule is broken.

    Args:
        resource: what breaks it.
        path: property path in its inputs, e.g. ``tabs.overview.panels.cost.query``.
        message: what is wrong.
        hint: what to do about it.
        word: what the line in a SQL template holds; the first line unless given.
    """

    resource: Registered
    path: str
    message: str
    hint: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Args:
        id: e.g. ``sql-plan``.
        severity: of its findings.
        find: yields what breaks it in a stack.
        sql: whether it looks at statements alone, so that it also holds for data of other profiles.
    """

    id: str
    severity: Severity
    find: Callable[[StackView], Iterable[Breach]]
    sql: bool

    @property
    def doc(self) -> str:
        """Why there is the rule, with a wrong and a right example."""
        return inspect.getdoc(self.find) or ""


RULES: dict[str, Rule] = {}
"""Every rule by its id, as far as its module is imported."""


def rule(name: str, severity: Severity = "error", *, sql: bool = False) -> Callable[[FindT], FindT]:
    """Register a rule.

    Args:
        name: its id.
        severity: of its findings.
        sql: whether it looks at statements alone.
    """

    def register(find: FindT) -> FindT:
        if name in RULES:
            raise ValueError(f"two rules are called {name!r}")
        RULES[name] = Rule(name, severity, find, sql)
        return find

    return register
