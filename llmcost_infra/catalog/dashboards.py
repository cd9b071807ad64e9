"""Dashboards: from a YAML file and its SQL templates to the inputs of the Dashboard resource."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

from llmcost_infra.catalog.panels import AnyPanel, Id, QueryPanel, Text
from llmcost_infra.catalog.statements import StatementError, output_columns
from llmcost_infra.catalog.templates import SqlContext, SqlTemplate, SqlTemplates
from llmcost_infra.columns import PROFILES
from llmcost_infra.declarations import InvalidDeclaration, Strict, find, nearest, read
from llmcost_infra.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import Path

    from llmcost_infra.declarations import Document, KeyPath
    from llmcost_infra.settings import Settings

__all__ = ["DashboardSpec", "Inputs", "PanelSpec", "TabSpec", "load_dashboard", "render_dashboard"]

Inputs = dict[str, Any]
"""Inputs of a resource as plain JSON values."""

STREAM_TYPE: Final = "traces"


class Tab(Strict):
    """A tab as it is declared."""

    order: int
    name: Text
    panels: Annotated[Mapping[Id, AnyPanel], Field(min_length=1)]


class Dashboard(Strict):
    """A dashboard as it is declared."""

    title: Text
    description: str = ""
    default_time_range: Annotated[str, Field(pattern=r"^[1-9][0-9]*[smhdwM]$")]
    tabs: Annotated[Mapping[Id, Tab], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """A panel, ready to be rendered.

    Args:
        id: unique in the dashboard.
        inputs: all inputs that do not depend on the stack.
        template: its SQL; None for a panel of text.
    """

    id: str
    inputs: Mapping[str, Any]
    template: SqlTemplate | None


@dataclass(frozen=True, slots=True)
class TabSpec:
    """A tab, ready to be rendered.

    Args:
        id: unique in the dashboard.
        order: place among the tabs.
        name: what people see.
        panels: its panels, in the order of the file.
    """

    id: str
    order: int
    name: str
    panels: tuple[PanelSpec, ...]


@dataclass(frozen=True, slots=True)
class DashboardSpec:
    """A dashboard that is known to be right for every profile.

    Args:
        name: id of the declaration.
        path: the file.
        inputs: all inputs of the dashboard itself.
        tabs: in the order of the file.
        templates: where the SQL comes from.
    """

    name: str
    path: Path
    inputs: Mapping[str, Any]
    tabs: tuple[TabSpec, ...]
    templates: SqlTemplates


def load_dashboard(name: str, project: Path | None = None) -> DashboardSpec:
    """Read a dashboard's declaration and check all that can be checked without a server.

    Args:
        name: id of the declaration, e.g. ``llm_cost``.
        project: a project whose own files of the same id override the shipped ones.

    Raises:
        DeclarationError: there is no such declaration, or everything that is wrong with it and
            its templates, each with file and line.
    """
    document = read(find("dashboards", name, project))
    declared = document.parse(Dashboard)
    templates = SqlTemplates(project)
    check = _Check(document, templates)
    tabs = tuple(check.tab(tab_id, tab) for tab_id, tab in declared.tabs.items())
    check.uniqueness(declared)
    if check.problems:
        raise InvalidDeclaration(check.problems)
    described = {"description": declared.description} if declared.description else {}
    inputs = {"title": declared.title, "default_time_range": declared.default_time_range}
    return DashboardSpec(name, document.path, inputs | described, tabs, templates)


def render_dashboard(spec: DashboardSpec, settings: Settings) -> Inputs:
    """Return the Dashboard resource's inputs for a stack, without folder and organization."""
    stream = settings.streams.calls
    context = spec.templates.context(PROFILES[settings.profile], stream)
    tabs = {
        tab.id: {
            "order": tab.order,
            "name": tab.name,
            "panels": {panel.id: _rendered(panel, context, stream) for panel in tab.panels},
        }
        for tab in spec.tabs
    }
    return {**spec.inputs, "tabs": tabs}


def _rendered(panel: PanelSpec, context: SqlContext, stream: str) -> Inputs:
    inputs = {key: _copied(value) for key, value in panel.inputs.items()}
    if panel.template is not None:
        inputs["query"] = panel.template.render(context)
        inputs["stream"] = stream
        inputs["stream_type"] = STREAM_TYPE
    return inputs


def _copied(value: Any) -> Any:
    """Copy what a caller could change; the spec is rendered more than once."""
    if isinstance(value, dict):
        keyed: Inputs = value
        return {key: _copied(below) for key, below in keyed.items()}
    if isinstance(value, list):
        listed: list[Any] = value
        return [_copied(below) for below in listed]
    return value


class _Check:
    """Builds the parts of a spec and collects what is wrong with them."""

    def __init__(self, document: Document, templates: SqlTemplates) -> None:
        self.problems: list[DeclarationError] = []
        self._document = document
        self._templates = templates
        self._contexts = [templates.context(profile, "llm_calls") for profile in PROFILES.values()]

    def tab(self, tab_id: str, tab: Tab) -> TabSpec:
        panels = tuple(
            self._panel(("tabs", tab_id, "panels", panel_id), panel_id, panel)
            for panel_id, panel in tab.panels.items()
        )
        return TabSpec(tab_id, tab.order, tab.name, panels)

    def uniqueness(self, declared: Dashboard) -> None:
        """Check what must differ: orders among siblings, panel ids and tab names in all."""
        tabs = {("tabs", tab_id): tab for tab_id, tab in declared.tabs.items()}
        panels = {
            (*at, "panels", panel_id): panel
            for at, tab in tabs.items()
            for panel_id, panel in tab.panels.items()
        }
        self._differ("order", {(*at, "order"): tab.order for at, tab in tabs.items()})
        self._differ("name", {(*at, "name"): tab.name for at, tab in tabs.items()})
        self._differ("panel id", {at: at[-1] for at in panels})
        self._differ(
            "order", {(*at, "order"): (at[1], panel.order) for at, panel in panels.items()}
        )

    def _differ(self, what: str, values: Mapping[KeyPath, Hashable]) -> None:
        first: dict[Hashable, KeyPath] = {}
        for at, value in values.items():
            other = first.setdefault(value, at)
            if other != at:
                self._broken(
                    at,
                    f"the {what} stands twice",
                    f"first in {'.'.join(map(str, other))}, line {self._document.line(other)}",
                )

    def _panel(self, at: KeyPath, panel_id: str, panel: AnyPanel) -> PanelSpec:
        for rule in panel.broken_rules():
            self._broken((*at, *rule.at), rule.message, rule.hint)
        template = None
        if isinstance(panel, QueryPanel):
            template = self._template(at, panel.sql or panel_id)
        if isinstance(panel, QueryPanel) and template is not None:
            self._columns(at, panel, template)
        return PanelSpec(panel_id, panel.as_inputs(), template)

    def _template(self, at: KeyPath, name: str) -> SqlTemplate | None:
        try:
            return self._templates.get(name)
        except DeclarationError as error:
            self.problems.append(error)
        except KeyError as error:
            self._broken((*at, "sql"), f"there is no sql/{name}.sql.j2", error.args[0])
        return None

    def _columns(self, at: KeyPath, panel: QueryPanel, template: SqlTemplate) -> None:
        for returned in self._returned(template):
            for axis, alias in panel.columns():
                if alias not in returned:
                    self._broken(
                        (*at, axis, alias),
                        f"{template.path.name} returns no column {alias!r}",
                        nearest(alias, list(returned)),
                    )

    def _returned(self, template: SqlTemplate) -> Iterator[tuple[str, ...]]:
        """Yield the output columns in each profile, up to the first one that fails."""
        try:
            for context in self._contexts:
                yield output_columns(template.tried(context))
        except DeclarationError as error:
            self.problems.append(error)
        except StatementError as error:
            self.problems.append(template.problem(str(error), error.fragment))

    def _broken(self, at: KeyPath, message: str, hint: str) -> None:
        self.problems.append(self._document.problem(at, message, hint))
