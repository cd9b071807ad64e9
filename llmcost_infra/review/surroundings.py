"""What an object is among the others of a program: whose it is, and what comes with a new one."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Final

from llmcost_infra.catalog import alert_declared_by
from llmcost_infra.catalog.alerts import shown
from llmcost_infra.catalog.templates import value_in
from llmcost_infra.openobserve.kinds.rules import entries
from llmcost_infra.program.rendering import kind_of
from llmcost_infra.review.plain_words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from llmcost_infra.catalog import AlertSpec
    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.program import Program, Registered
    from llmcost_infra.review.finding import Fact

__all__ = ["Surroundings"]

_DESTINATION: Final = "openobserve:index:AlertDestination"


class Surroundings:
    """A program's objects, to tell of one of them what only the others know.

    Args:
        program: what it registered.
        project: its folder, whose declarations say more of an alert; None where it is not known.
    """

    def __init__(self, program: Program, project: Path | None = None) -> None:
        self._components = {one.urn: one for one in program.resources if not one.custom}
        self._routes = {
            str(one.inputs.get("name")): one.name.removeprefix(f"{_last(one.parent)}-")
            for one in program.resources
            if one.type == _DESTINATION
        }
        self._project = project
        self._declared = cache(self._read)

    def team_of(self, resource: Registered) -> str:
        """Return the team that a component around an object is for; nothing where there is none."""
        around = self._components.get(resource.parent or "")
        while around is not None:
            team = around.inputs.get("team")
            if team and isinstance(team, str):
                return team
            around = self._components.get(around.parent or "")
        return ""

    def facts_of(self, resource: Registered, inputs: Inputs) -> Iterator[Fact]:
        """Yield in a few words what somebody gets with an object, from its canonical inputs."""
        match kind_of(resource):
            case "dashboard":
                yield from _dashboard(inputs)
            case "alert":
                spec = self._declared(resource.source.path) if resource.source else None
                yield from _alert(inputs, spec, self.team_of(resource))
                yield from self._told(inputs)
                if spec:
                    most = counted(spec.declared.expected_firings_per_30d, "firing")
                    yield "expected", f"at most {most} expected in 30 days"
            case "alert_destination" if inputs.get("emails"):
                yield "recipients", f"e-mail to {', '.join(map(str, inputs['emails']))}"
            case "folder":
                yield "holds", f"for {inputs.get('folder_type', 'dashboards')}"
            case _:
                pass

    def _read(self, source: str) -> AlertSpec | None:
        return alert_declared_by(source, self._project) if self._project else None

    def _told(self, inputs: Inputs) -> Iterator[Fact]:
        severity = entries(inputs).get("context_attributes", {}).get("severity", "goes")
        names = [self._routes.get(str(one), str(one)) for one in inputs.get("destinations") or ()]
        yield "route", f"{severity} to {', '.join(names) or 'nobody'}"


def _last(urn: str | None) -> str:
    return (urn or "").rpartition("::")[2]


def _dashboard(inputs: Inputs) -> Iterator[Fact]:
    tabs = sorted(entries(inputs.get("tabs")).values(), key=lambda tab: tab.get("order", 0))
    counts = [(tab.get("name"), len(entries(tab.get("panels")))) for tab in tabs]
    panels = counted(sum(count for _, count in counts), "panel")
    named = ", ".join(f"{name} ({count})" for name, count in counts)
    if counts:
        yield "tabs", f"{panels} on {counted(len(counts), 'tab')}, {named}"


def _alert(inputs: Inputs, spec: AlertSpec | None, team: str) -> Iterator[Fact]:
    parts = entries(inputs)
    description = str(inputs.get("description") or "").removeprefix(f"{team}: ").rstrip(".")
    if description:
        yield "condition", description
    sql = str(parts.get("query_condition", {}).get("sql", ""))
    if spec and (limits := ", ".join(_limits(spec, sql))):
        yield "limits", limits
    yield "schedule", _schedule(parts.get("trigger_condition", {}))


def _schedule(trigger: Mapping[str, object]) -> str:
    every = trigger.get("cron") or f"{trigger.get('frequency')} min"
    rows = trigger.get("threshold", 1)
    return f"asked every {every}{f', fires from {rows} rows on' if rows != 1 else ''}"


def _limits(spec: AlertSpec, sql: str) -> Iterator[str]:
    """Yield the limits of a statement, as people read them; none of another statement."""
    for statement in spec.statements.values():
        if (choices := statement.choices(sql)) is None:
            continue
        for name in spec.declared.limits:
            if amount := value_in(choices, name):
                said = name.removesuffix("_usd").replace("_", " ")
                money = "$" if name.endswith("_usd") else ""
                yield f"{said} {money}{shown(name, Decimal(amount))}"
        return
