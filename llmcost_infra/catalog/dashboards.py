"""Dashboards: from a YAML file and its SQL templates to the inputs of the Dashboard resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

from pydantic import Field

from llmcost_infra.catalog.panel_config import Period
from llmcost_infra.catalog.panels import AnyPanel, Id, Text
from llmcost_infra.catalog.stack_values import fill_in
from llmcost_infra.catalog.templates import ENVIRONMENT, OWNER_OF_FEATURE, sql_text
from llmcost_infra.catalog.variables import QueryValues
from llmcost_infra.columns import COUNTED_STREAM
from llmcost_infra.declarations import Strict

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.catalog.templates import Statement
    from llmcost_infra.settings import Settings

__all__ = ["DashboardDeclaration", "DashboardSpec", "Inputs", "PanelSpec", "render_dashboard"]

Inputs = dict[str, Any]
"""Inputs of a resource as plain JSON values."""

STREAM_TYPE: Final = "traces"
TOTALS_TYPE: Final = "logs"
"""Of the streams that hold totals and no calls."""
METRICS_TYPE: Final = "metrics"


class TabDeclaration(Strict):
    """A tab as it is declared."""

    order: int
    name: Text
    only_with: Literal["billing", "cost_metric", "features", "history"] | None = None
    """Setting of the stack without which the tab is left out."""
    panels: Annotated[Mapping[Id, AnyPanel], Field(min_length=1)]


class DashboardDeclaration(Strict):
    """A dashboard as it is declared."""

    title: Text
    description: str = ""
    default_time_range: Period
    variables: Mapping[Id, QueryValues] = Field(default_factory=dict[str, QueryValues])
    tabs: Annotated[Mapping[Id, TabDeclaration], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """A panel, ready to be rendered.

    Args:
        inputs: all inputs that do not depend on the stack.
        statements: its SQL by profile; empty for a panel of text.
    """

    inputs: Inputs
    statements: Mapping[str, Statement]


@dataclass(frozen=True, slots=True)
class DashboardSpec:
    """A dashboard that is known to be right for every profile.

    Args:
        name: id of the declaration.
        path: the file.
        declared: what the file says.
        panels: by tab, then by id.
    """

    name: str
    path: Path
    declared: DashboardDeclaration
    panels: Mapping[str, Mapping[str, PanelSpec]]


def render_dashboard(spec: DashboardSpec, settings: Settings) -> Inputs:
    """Return the Dashboard resource's inputs for a stack, without folder and organization."""
    declared = spec.declared
    inputs: Inputs = {"title": declared.title}
    if declared.description:
        inputs["description"] = declared.description
    inputs["default_time_range"] = declared.default_time_range
    if declared.variables:
        inputs["variables"] = {
            name: variable.as_inputs(settings, STREAM_TYPE)
            for name, variable in declared.variables.items()
        }
    inputs["tabs"] = {
        tab_id: {
            "order": tab.order,
            "name": tab.name,
            "panels": {
                panel_id: _rendered(panel, settings)
                for panel_id, panel in spec.panels[tab_id].items()
            },
        }
        for tab_id, tab in declared.tabs.items()
        if tab.only_with is None or getattr(settings, tab.only_with)
    }
    return inputs


def _rendered(panel: PanelSpec, settings: Settings) -> Inputs:
    inputs = cast("Inputs", _copied(panel.inputs))
    if panel.statements:
        statement, streams = panel.statements[settings.profile], settings.streams
        inputs["query"] = statement.over(
            streams,
            settings.attribution,
            {
                ENVIRONMENT: sql_text(settings.environment),
                OWNER_OF_FEATURE: _owner_of_feature(settings),
            },
            team=settings.team,
        )
        inputs |= {"stream": streams.calls, "stream_type": STREAM_TYPE}
        if statement.reads_rollup:
            inputs |= {"stream": streams.rollup, "stream_type": TOTALS_TYPE}
        elif statement.reads_billing:
            inputs |= {"stream": streams.billing, "stream_type": TOTALS_TYPE}
        elif statement.reads_counted:
            inputs |= {"stream": COUNTED_STREAM, "stream_type": METRICS_TYPE}
    if config := inputs.get("config"):
        fill_in(config, settings)
    return inputs


def _owner_of_feature(settings: Settings) -> str:
    """Return SQL for who answers for the column `feature`; null where nobody is known to."""
    if not settings.features:
        return "CAST(NULL AS VARCHAR)"
    cases = (
        f"WHEN {sql_text(name)} THEN {sql_text(who)}" for name, who in settings.features.items()
    )
    return f"CASE feature {' '.join(cases)} END"


def _copied(value: Any) -> Any:
    """Copy what a caller could change; a spec is rendered more than once."""
    if isinstance(value, dict):
        return {key: _copied(below) for key, below in cast("Inputs", value).items()}
    if isinstance(value, list):
        return list(map(_copied, value))  # pyright: ignore[reportUnknownArgumentType] # JSON
    return value
