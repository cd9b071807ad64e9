"""Gathers what rules find in the stacks of a project: each with its place, the same only once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from llmcost_infra.check.allowed import apply
from llmcost_infra.check.finding import Finding
from llmcost_infra.check.organisation import rule_files, rule_in
from llmcost_infra.check.places import Places
from llmcost_infra.check.policies import Policies, policies_of
from llmcost_infra.check.profiles import other_profiles
from llmcost_infra.check.registry import RULES, Breach
from llmcost_infra.check.rules import (
    alerts,
    functions,
    panels,
    pipelines,
    policies,
    statements,
    streams,
)
from llmcost_infra.check.stack import StackView
from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.errors import DeclarationError, LlmCostError
from llmcost_infra.pricing import load_table
from llmcost_infra.pricing.reports import due_rows
from llmcost_infra.program.project import read_stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from llmcost_infra.check.registry import Rule
    from llmcost_infra.program import Program

__all__ = ["Gathering"]

_REGISTERED: Final = (alerts, functions, panels, pipelines, policies, statements, streams)
"""Importing them registers every rule."""


class Gathering:
    """What is found, as it is found.

    Args:
        folder: of ``Pulumi.yaml``, as seen from where the command runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._places = folder, Places(folder)
        self._stacks: dict[Finding, list[str]] = {}
        self._profiles: list[tuple[str, Finding]] = []
        self._files: set[str] = set()
        self._rules: dict[str, Rule] = dict(RULES)
        for path in rule_files(folder):
            try:
                own = rule_in(path)
            except DeclarationError as error:
                self._refused(error)
            else:
                self._rules[own.id] = own
        self._policies = self._chosen()

    def failed(self, stack: str, error: LlmCostError) -> None:
        """Note why a stack registers nothing."""
        path = str(self._folder / f"Pulumi.{stack}.yaml")
        self._files.add(path)
        if isinstance(error, DeclarationError):
            self._refused(error, stack)
        else:
            self._note(Finding(path, 0, "program", "error", error.message, error.hint), stack)

    def configured(self, stack: str) -> None:
        """Note what the provider would refuse of a stack's configuration."""
        try:
            problems = [*read_stack(self._folder, stack).provider_problems()]
        except DeclarationError:
            return  # the stack registers nothing, and says why
        for problem in problems:
            self._refused(problem, stack)

    def view(self, program: Program) -> StackView:
        """Return what a program registers as rules look at it."""
        return StackView(program, self._policies)

    def registered(self, stack: str, view: StackView) -> None:
        """Hold what a stack registers to every rule."""
        self._files.add(str(self._folder / f"Pulumi.{stack}.yaml"))
        for one in view.program.resources:
            for problem in one.problems:
                kind = one.type.rpartition(":")[2]
                said = f"{kind} {one.name}: {problem.path}: {problem.message}"
                body = Finding("", 0, "body", "error", said)
                self.found(body, Breach(one, problem.path, said), stack)
        for rule in self._rules.values():
            severity = self._policies.severity(rule)
            if severity is None:
                continue
            for breach in rule.find(view):
                self.found(Finding("", 0, rule.id, severity, breach.message), breach, stack)
        self._files |= {self._places.of(one, stack)[0] for one in _everything(view)}

    def with_other_profiles(self) -> None:
        """Hold the statements of every profile that no stack has chosen to their rules."""
        for profile, program in other_profiles(self._folder):
            self.with_profile(profile, program)

    def with_profile(self, profile: str, program: Program) -> None:
        """Hold the statements of a profile, which no stack need have chosen, to their rules.

        What a stack has as well is told of the stack alone.
        """
        view = StackView(program)
        for rule in RULES.values():
            for breach in rule.find(view) if rule.sql else ():
                what = Finding("", 0, rule.id, "warning", breach.message)
                self._profiles.append((profile, self._placed(what, breach)))

    def found(self, what: Finding, where: Breach, stack: str = "") -> None:
        """Note a finding at the place of a breach."""
        self._note(self._placed(what, where, stack), stack)

    def overdue_prices(self, today: date) -> None:
        """Note the rows of the price table that somebody was to compare with their source."""
        try:
            overdue = due_rows(load_table(self._folder), today)
        except LlmCostError:
            return  # the program of a stack has said it
        for row in overdue:
            path = self._folder / "pricing" / f"{row['row'].partition('/')[0]}.yaml"
            said = f"the price {row['row']} was to be reviewed by {row['review_by']}"
            hint = f"compare it with {row['source']}"
            self._note(Finding(str(path), 0, "price-review", "warning", said, hint))

    def findings(self, always: Iterable[str]) -> tuple[Finding, ...]:
        """Return what no comment allows, by file and line.

        Args:
            always: ids of what is found besides the rules.
        """
        found = [
            replace(one, stacks=tuple(dict.fromkeys(stacks)))
            for one, stacks in self._stacks.items()
        ]
        told = {(one.path, one.rule, one.message) for one in found}
        found += [
            replace(one, message=f"with profile {profile}: {one.message}")
            for profile, one in self._profiles
            if (one.path, one.rule, one.message) not in told
        ]
        return tuple(sorted(apply(found, self._files, {*self._rules, *always})))

    def _placed(self, what: Finding, where: Breach, stack: str = "") -> Finding:
        path, line, declared = self._places.of(where, stack)
        return replace(what, path=path, line=line, hint=where.hint, declaration=declared)

    def _chosen(self) -> Policies:
        try:
            return policies_of(self._folder)
        except DeclarationError as error:
            self._refused(error)
            return Policies()

    def _refused(self, error: DeclarationError, stack: str = "") -> None:
        for one in error.problems if isinstance(error, InvalidDeclaration) else (error,):
            path, line = str(one.path), one.line or 0
            self._note(Finding(path, line, "declaration", "error", one.message, one.hint), stack)

    def _note(self, finding: Finding, stack: str = "") -> None:
        self._stacks.setdefault(finding, []).extend([stack] if stack else [])


def _everything(view: StackView) -> Iterator[Breach]:
    for one in view.program.resources:
        yield Breach(one, "", "")
    for statement in view.statements:
        yield Breach(statement.resource, statement.path, "")
