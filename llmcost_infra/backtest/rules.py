"""Alerts as a program registers them for a stack, and which of them somebody means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from llmcost_infra.backtest.measure import Measure, measure_of
from llmcost_infra.catalog import alert_declared_by
from llmcost_infra.declarations import nearest
from llmcost_infra.errors import LlmCostError
from llmcost_infra.openobserve.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost_infra.catalog import AlertSpec
    from llmcost_infra.program import Program, Registered

__all__ = ["ALERT", "Rule", "chosen", "rule_of", "rules_of"]

ALERT = "openobserve:index:Alert"
"""Pulumi's type of an alert."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert of a stack.

    Args:
        name: of the alert.
        body: as the server gets it.
        source: file that declares it, relative to the project; empty when that is not known.
        expected: most firings in 30 days that its declaration expects; None without one.
        screen: SQL that finds over a whole past when the alert may find something; empty without.
        measure: what a picture shows of it, where its declaration says so.
    """

    name: str
    body: Mapping[str, Any]
    source: str = ""
    expected: int | None = None
    screen: str = ""
    measure: Measure | None = None

    @property
    def stream(self) -> str:
        """The stream that it reads."""
        return str(self.body["stream_name"])

    @property
    def sql(self) -> str:
        """Its statement."""
        return str(self.body["query_condition"]["sql"])


def rules_of(program: Program, project: Path) -> list[Rule]:
    """Return the SQL alerts that a program registers, in its order.

    Args:
        program: what it registered.
        project: its folder, whose declarations say how often an alert is expected to fire.

    Raises:
        LlmCostError: the provider would refuse one of them.
    """
    found = [one for one in program.resources if one.type == ALERT and not one.read]
    return [rule for one in found if (rule := _rule(one, project)) is not None]


def chosen(rules: Sequence[Rule], wanted: Sequence[str], project: Path) -> list[Rule]:
    """Return the rules that somebody means, each once; all when nothing is named.

    Args:
        rules: of the stack.
        wanted: names of alerts or of declarations, or paths of declarations.
        project: folder to which the rules' files are relative.

    Raises:
        LlmCostError: one of them is none; the nearest name is the hint.
    """
    if not wanted:
        return list(rules)
    meant = [rule for word in wanted for rule in _meant(rules, word, project)]
    return list({rule.name: rule for rule in meant}.values())


def _rule(resource: Registered, project: Path) -> Rule | None:
    if resource.problems:
        problem = resource.problems[0]
        raise LlmCostError(
            f"alert {resource.name!r}: {problem.path}: {problem.message}",
            hint="`llmcost render` tells all that the provider would refuse.",
        )
    source = resource.source.path if resource.source else ""
    return rule_of(resource.inputs, source, project)


def rule_of(inputs: Mapping[str, Any], source: str, project: Path) -> Rule | None:
    """Return the rule of an alert; None when it is no SQL alert that runs by a schedule.

    Args:
        inputs: of its resource.
        source: file that declares it, relative to the project.
        project: the folder.
    """
    known = {key: value for key, value in inputs.items() if key != "secrets"}
    body = KINDS[ALERT].body(known, str(known.get("organization", "default")))
    if body["is_real_time"] or body["query_condition"]["type"] != "sql":
        return None
    rule = Rule(str(body["name"]), body, source)
    spec = alert_declared_by(source, project)
    if spec is None:
        return rule
    return replace(
        rule,
        expected=spec.declared.expected_firings_per_30d,
        screen=_screen(spec, rule.sql),
        measure=measure_of(spec, rule.sql),
    )


def _screen(spec: AlertSpec, sql: str) -> str:
    """Return the screen with the streams, columns and limits of a statement."""
    for profile, screen in spec.screens.items():
        choices = spec.statements[profile].choices(sql)
        if choices is not None:
            return screen.chosen(choices)
    return ""


def _meant(rules: Sequence[Rule], word: str, project: Path) -> list[Rule]:
    if by_name := [rule for rule in rules if rule.name == word]:
        return by_name
    if "/" in word or word.endswith(".yaml"):
        place = Path(word).resolve()
        by_file = [rule for rule in rules if rule.source and _same(rule.source, place, project)]
        if by_file:
            return by_file
    elif by_id := [rule for rule in rules if PurePath(rule.source).stem == word]:
        return by_id
    stem = PurePath(word).stem
    known = sorted({name for rule in rules for name in (rule.name, PurePath(rule.source).stem)})
    raise LlmCostError(
        f"This stack has no alert {word!r}.", hint=nearest(stem, [one for one in known if one])
    )


def _same(source: str, place: Path, project: Path) -> bool:
    # A shipped declaration is named relative to what declares it, wherever the package is.
    return (project / source).resolve() == place or PurePath(source).name == place.name
