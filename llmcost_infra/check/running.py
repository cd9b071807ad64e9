"""Runs the program of each stack, then every rule over what it registers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost_infra.check import rules
from llmcost_infra.check.allowed import apply
from llmcost_infra.check.finding import Finding
from llmcost_infra.check.places import Places
from llmcost_infra.check.registry import RULES, Breach
from llmcost_infra.check.stack import StackView
from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.errors import DeclarationError, LlmCostError
from llmcost_infra.pricing import load_table
from llmcost_infra.pricing.reports import due_rows
from llmcost_infra.program import Program, run_program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["ALWAYS", "Report", "check", "findings_of", "stacks_of"]

ALWAYS: Mapping[str, str] = {
    "allowance": "A comment allows a rule that is not there, or gives no reason.",
    "declaration": "A declaration or the settings of a stack are refused when they are loaded.",
    "program": "The program of a stack does not come to its end.",
    "body": "The server would refuse an object, or accept it and break: what the preview refuses.",
    "price-review": "A row of the price table is past its review_by (a warning).",
}
"""What is found besides the rules, and may not be left out."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Args:
        stacks: that were looked at.
        findings: by file and line.
    """

    stacks: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """Number of errors."""
        return sum(one.severity == "error" for one in self.findings)


def stacks_of(folder: Path) -> list[str]:
    """Return the names of all stacks of a project."""
    return sorted(
        path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        for path in folder.glob("Pulumi.*.yaml")
    )


def check(
    folder: Path, stacks: Sequence[str], paths: Sequence[Path] = (), today: date | None = None
) -> Report:
    """Check a project.

    Args:
        folder: of ``Pulumi.yaml``, as seen from where the command runs.
        stacks: names.
        paths: files or folders that findings have to come from; all when there are none.
        today: UTC; decides which prices are overdue.
    """
    with ThreadPoolExecutor(max_workers=len(stacks) or 1) as pool:
        running = {one: pool.submit(_outcome, folder, one) for one in stacks}
    outcomes = {one: run.result() for one, run in running.items()}
    found = [
        *findings_of(folder, outcomes),
        *_prices(folder, today or datetime.now(UTC).date()),
    ]
    return Report(tuple(stacks), tuple(one for one in found if _within(one, paths)))


def _outcome(folder: Path, stack: str) -> Program | LlmCostError:
    try:
        return run_program(folder, stack)
    except LlmCostError as error:
        return error


def findings_of(folder: Path, outcomes: Mapping[str, Program | LlmCostError]) -> list[Finding]:
    """Return what is wrong with what the stacks register, the same in several stacks once."""
    places = Places(folder)
    together: dict[Finding, list[str]] = {}
    files: set[str] = set()
    for stack, outcome in outcomes.items():
        files.add(str(folder / f"Pulumi.{stack}.yaml"))
        if isinstance(outcome, LlmCostError):
            each = list(_failed(folder, stack, outcome))
        else:
            each = list(_broken(outcome, stack, places))
            files.update(_files(outcome, stack, places))
        for one in each:
            together.setdefault(one, []).append(stack)
    found = [replace(one, stacks=tuple(dict.fromkeys(names))) for one, names in together.items()]
    return sorted(apply(found, files, {*RULES, *ALWAYS}))


def _broken(program: Program, stack: str, places: Places) -> Iterator[Finding]:
    view = StackView(program)
    assert rules  # noqa: S101 - importing it registers the rules
    for one in program.resources:
        for problem in one.problems:
            breach = Breach(one, problem.path, problem.message)
            path, line, declared = places.of(breach, stack)
            said = f"{one.type.rpartition(':')[2]} {one.name}: {problem.path}: {problem.message}"
            yield Finding(path, line, "body", "error", said, "", declared)
    for rule in RULES.values():
        for breach in rule.find(view):
            path, line, declared = places.of(breach, stack)
            yield Finding(path, line, rule.id, rule.severity, breach.message, breach.hint, declared)


def _files(program: Program, stack: str, places: Places) -> Iterator[str]:
    view = StackView(program)
    for one in program.resources:
        yield places.of(Breach(one, "", ""), stack)[0]
    for statement in view.statements:
        yield places.of(Breach(statement.resource, statement.path, ""), stack)[0]


def _failed(folder: Path, stack: str, error: LlmCostError) -> Iterator[Finding]:
    if isinstance(error, DeclarationError):
        for one in error.problems if isinstance(error, InvalidDeclaration) else (error,):
            path, line = str(one.path), one.line or 0
            yield Finding(path, line, "declaration", "error", one.message, one.hint)
    else:
        path = str(folder / f"Pulumi.{stack}.yaml")
        yield Finding(path, 0, "program", "error", error.message, error.hint)


def _prices(folder: Path, today: date) -> Iterator[Finding]:
    try:
        overdue = due_rows(load_table(folder), today)
    except LlmCostError:
        return  # the program of a stack has said it
    for row in overdue:
        path = folder / "pricing" / f"{row['row'].partition('/')[0]}.yaml"
        said = f"the price {row['row']} was to be reviewed by {row['review_by']}"
        hint = f"compare it with {row['source']}"
        yield Finding(str(path), 0, "price-review", "warning", said, hint)


def _within(found: Finding, paths: Iterable[Path]) -> bool:
    wanted = [path.resolve() for path in paths]
    own = [Path(one).resolve() for one in (found.path, found.declaration) if one]
    return not wanted or any(mine.is_relative_to(path) for mine in own for path in wanted)
