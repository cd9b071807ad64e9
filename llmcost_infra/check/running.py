"""Runs the program of each stack, then every rule over what it registers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost_infra.check.live import LIVE, ask
from llmcost_infra.errors import LlmCostError
from llmcost_infra.program import Program, at_once, run_program

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llmcost_infra.check.finding import Finding
    from llmcost_infra.check.gathering import Gathering
    from llmcost_infra.openobserve import Client

__all__ = ["ALWAYS", "Report", "check", "findings_of"]

ALWAYS: Mapping[str, str] = {
    "allowance": "A comment allows a rule that is not there, or gives no reason.",
    "declaration": "A declaration, a rule or the settings of a stack are refused when loaded.",
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


def check(
    folder: Path,
    stacks: Sequence[str],
    paths: Sequence[Path] = (),
    today: date | None = None,
    client: Client | None = None,
) -> Report:
    """Check a project.

    Args:
        folder: of ``Pulumi.yaml``, as seen from where the command runs.
        stacks: names.
        paths: files or folders that findings have to come from; all when there are none.
        today: UTC; decides which prices are overdue.
        client: of the server of the stacks, which is asked as well; None asks none.

    Raises:
        DeclarationError: the client is of another organization than a stack.
        Unauthorized: the client may not ask.
    """
    # The rules look at declarations and at one stack while the programs of the next ones run.
    with at_once() as pool:
        running = {one: pool.submit(_outcome, folder, one) for one in stacks}
        gathering = _gathering(folder)
        gathering.with_other_profiles()
        for stack, run in running.items():
            gathering.configured(stack)
            _look_at(gathering, stack, run.result(), client)
    gathering.overdue_prices(today or datetime.now(UTC).date())
    found = gathering.findings({*ALWAYS, *LIVE})
    return Report(tuple(stacks), tuple(one for one in found if _within(one, paths)))


def findings_of(folder: Path, outcomes: Mapping[str, Program | LlmCostError]) -> list[Finding]:
    """Return what is wrong with what stacks register."""
    gathering = _gathering(folder)
    for stack, outcome in outcomes.items():
        _look_at(gathering, stack, outcome, None)
    return list(gathering.findings({*ALWAYS, *LIVE}))


def _gathering(folder: Path) -> Gathering:
    # Programs run meanwhile: the engines that the rules ask take a quarter of a second to load.
    from llmcost_infra.check.gathering import Gathering  # noqa: PLC0415

    return Gathering(folder)


def _outcome(folder: Path, stack: str) -> Program | LlmCostError:
    try:
        return run_program(folder, stack)
    except LlmCostError as error:
        return error


def _look_at(
    gathering: Gathering, stack: str, outcome: Program | LlmCostError, client: Client | None
) -> None:
    if isinstance(outcome, LlmCostError):
        gathering.failed(stack, outcome)
        return
    view = gathering.view(outcome)
    gathering.registered(stack, view)
    for what, where in ask(client, view) if client else ():
        gathering.found(what, where, stack)


def _within(found: Finding, paths: Iterable[Path]) -> bool:
    wanted = [path.resolve() for path in paths]
    own = [Path(one).resolve() for one in (found.path, found.declaration) if one]
    return not wanted or any(mine.is_relative_to(path) for mine in own for path in wanted)
