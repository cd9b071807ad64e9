"""Reads a dashboard's files, and finds all that can be wrong with them without asking a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.catalog.dashboards import DashboardDeclaration, DashboardSpec, PanelSpec
from llmcost_infra.catalog.panels import QueryPanel
from llmcost_infra.catalog.statements import StatementError, output_columns, variables
from llmcost_infra.catalog.templates import SqlTemplates
from llmcost_infra.columns import LOGICAL
from llmcost_infra.declarations import InvalidDeclaration, find, nearest, read
from llmcost_infra.errors import DeclarationError
from llmcost_infra.profiles import PROFILES
from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping
    from pathlib import Path

    from llmcost_infra.catalog.panels import AnyPanel
    from llmcost_infra.catalog.templates import SqlTemplate, Statement
    from llmcost_infra.declarations import Document, KeyPath

__all__ = ["load_dashboard"]

_ANY: Final = Settings(environment="any")
"""Names do not change what a statement returns."""


def load_dashboard(
    name: str, project: Path | None = None, *, narrowed: Collection[str] = ()
) -> DashboardSpec:
    """Read a dashboard's declaration and check all that can be checked without a server.

    Args:
        name: id of the declaration, e.g. ``llm_cost``.
        project: a project whose own files of the same id override the shipped ones.
        narrowed: logical columns of which the stack has one value alone: there is nothing to
            choose, and the dashboard has no variable for it.

    Raises:
        DeclarationError: there is no such declaration, or everything that is wrong with it and
            its templates, each with file and line.
    """
    document = read(find("dashboards", name, project))
    declared = document.parse(DashboardDeclaration)
    left = {key: one for key, one in declared.variables.items() if one.column not in narrowed}
    declared = declared.model_copy(update={"variables": left})
    reader = _Reader(document, declared, project)
    panels = {
        tab_id: {
            panel_id: reader.panel(("tabs", tab_id, "panels", panel_id), panel)
            for panel_id, panel in tab.panels.items()
        }
        for tab_id, tab in declared.tabs.items()
    }
    reader.look_for_twins()
    reader.look_for_unused()
    if reader.problems:
        raise InvalidDeclaration(reader.problems)
    return DashboardSpec(name, document.path, declared, panels)


class _Reader:
    """Builds the panels of a dashboard and collects what is wrong with it."""

    def __init__(
        self, document: Document, declared: DashboardDeclaration, project: Path | None
    ) -> None:
        self.problems: list[DeclarationError] = []
        self._document = document
        self._declared = declared
        self._used: set[str] = set()
        self._templates = SqlTemplates("dashboards", project)
        filters = self._filters()
        self._macros = {
            name: self._templates.macros(profile, filters) for name, profile in PROFILES.items()
        }

    def _filters(self) -> dict[str, str]:
        columns = {name: one.column for name, one in self._declared.variables.items()}
        for name, column in columns.items():
            if column not in LOGICAL:
                self._broken(
                    ("variables", name, "column"),
                    f"there is no logical column {column!r}",
                    nearest(column, sorted(LOGICAL)),
                )
        return {name: column for name, column in columns.items() if column in LOGICAL}

    def panel(self, at: KeyPath, panel: AnyPanel) -> PanelSpec:
        """Return a panel with its statements; what is wrong is noted."""
        for rule in panel.broken_rules():
            self._broken((*at, *rule.at), rule.message, rule.hint)
        statements: dict[str, Statement] = {}
        if isinstance(panel, QueryPanel):
            template = self._template(at, panel.sql or str(at[-1]))
            statements = self._statements(at, panel, template) if template else {}
        return PanelSpec(panel.as_inputs(), statements)

    def _template(self, at: KeyPath, name: str) -> SqlTemplate | None:
        try:
            return self._templates.get(name)
        except DeclarationError as error:
            self._note(error)
        except KeyError as error:
            self._broken((*at, "sql"), f"there is no sql/{name}.sql.j2", str(error.args[0]))
        return None

    def _statements(
        self, at: KeyPath, panel: QueryPanel, template: SqlTemplate
    ) -> dict[str, Statement]:
        statements: dict[str, Statement] = {}
        first = next(iter(self._macros))
        for profile, macros in self._macros.items():
            try:
                statements[profile] = template.statement(macros)
                text = statements[profile].over(_ANY.streams, _ANY.attribution)
                self._check_text(at, panel, template, text)
            except DeclarationError as error:
                self._note(error, "" if profile == first else f"with profile {profile}")
        return statements

    def _check_text(self, at: KeyPath, panel: QueryPanel, template: SqlTemplate, text: str) -> None:
        try:
            returned = output_columns(text)
        except StatementError as error:
            raise template.problem(str(error), text, error.at) from error
        for axis, alias in panel.columns():
            if alias not in returned:
                message = f"{template.path.name} returns no column {alias!r}"
                self._broken((*at, axis, alias), message, nearest(alias, list(returned)))
        for name, where in variables(text):
            self._used.add(name)
            if name not in self._declared.variables:
                hint = nearest(name, sorted(self._declared.variables))
                message = f"the dashboard declares no variable {name!r}"
                self._note(template.problem(message, text, where, hint))

    def look_for_twins(self) -> None:
        """Note what stands twice: orders among siblings, panel ids and tab names anywhere."""
        tabs, chosen = self._declared.tabs, self._declared.variables
        ids: dict[KeyPath, Hashable] = {}
        self._differ("order", {("variables", id_, "order"): v.order for id_, v in chosen.items()})
        self._differ("order", {("tabs", id_, "order"): tab.order for id_, tab in tabs.items()})
        self._differ("name", {("tabs", id_, "name"): tab.name for id_, tab in tabs.items()})
        for tab_id, tab in tabs.items():
            panels = {("tabs", tab_id, "panels", id_): panel for id_, panel in tab.panels.items()}
            ids |= {at: at[-1] for at in panels}
            self._differ("order", {(*at, "order"): panel.order for at, panel in panels.items()})
        self._differ("panel id", ids)

    def _differ(self, what: str, values: Mapping[Any, Hashable]) -> None:
        first: dict[Hashable, KeyPath] = {}
        for at, value in values.items():
            other = first.setdefault(value, at)
            if other != at:
                where = f"{'.'.join(map(str, other))}, line {self._document.line(other)}"
                self._broken(at, f"this {what} stands twice", f"first in {where}")

    def look_for_unused(self) -> None:
        """Note variables that nothing reads: people would choose and nothing would change."""
        # A panel that could not be read may use what looks unused.
        unread = [] if self.problems else sorted(set(self._declared.variables) - self._used)
        for name in unread:
            self._broken(("variables", name), "no panel uses this variable", "")

    def _broken(self, at: KeyPath, message: str, hint: str) -> None:
        self._note(self._document.problem(at, message, hint))

    def _note(self, problem: DeclarationError, where: str = "") -> None:
        """Keep a problem; most are the same with every profile, and one telling is enough."""
        if str(problem) not in {str(known) for known in self.problems}:
            hint = "; ".join(filter(None, (where, problem.hint)))
            self.problems.append(
                DeclarationError(problem.message, path=problem.path, line=problem.line, hint=hint)
                if where
                else problem
            )
