"""What rules look at: the panels of a stack, and every statement in what it registers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llmcost_infra.check.analysis import Analysis, Declared, analyse
from llmcost_infra.check.registered import StackResources
from llmcost_infra.columns import COUNTED, COUNTED_STREAM, LOGICAL, STORED_NAMES
from llmcost_infra.openobserve.kinds.rules import entries, maps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.program import Registered

__all__ = ["Panel", "StackView", "Statement", "variables_in"]

_TYPES = {
    "boolean": "Boolean",
    "float64": "Float64",
    "int64": "Int64",
    "uint64": "UInt64",
    "utf8": "Utf8",
}
_TRACE = tuple(
    (name, _TYPES[column.type]) for name, column in LOGICAL.items() if STORED_NAMES[name] == name
)
_COUNTED = tuple((name, _TYPES[kind]) for name, kind in COUNTED.items())
_VARIABLE = re.compile(r"'?\$\{\s*([\w-]+)(?::\w+)?\s*\}'?")
_ALL = "'_o2_all_'"

Inputs = Mapping[str, Any]


def variables_in(sql: str) -> list[str]:
    """Return the names of the dashboard variables in a statement."""
    return _VARIABLE.findall(sql)


@dataclass(frozen=True)
class Panel:
    """A panel of a registered dashboard.

    Args:
        dashboard: the resource.
        tab: id of its tab.
        id: its own id.
        inputs: its inputs.
    """

    dashboard: Registered
    tab: str
    id: str
    inputs: Inputs

    @property
    def path(self) -> str:
        """Property path of the panel."""
        return f"tabs.{self.tab}.panels.{self.id}"

    def aliases(self, *axes: str) -> list[str]:
        """Return the output columns on some axes."""
        return [str(one["alias"]) for axis in axes for one in maps(self.inputs.get(axis))]


@dataclass(frozen=True)
class Statement:
    """A SQL statement that the server would get.

    Args:
        resource: what it is in.
        path: property path of the text.
        sql: the text.
        stream_type: of the streams that it reads.
        analysis: what it is made of and answers with, every variable on "all".
        panel: its panel, if it is a panel's.
    """

    resource: Registered
    path: str
    sql: str
    stream_type: str
    analysis: Analysis
    panel: Panel | None = None


@dataclass(frozen=True)
class StackView(StackResources):
    """A program's resources for one stack, as rules look at them."""

    @cached_property
    def panels(self) -> list[Panel]:
        """Every panel."""
        return [
            Panel(dashboard, tab_id, panel_id, panel)
            for dashboard in self.of("Dashboard")
            for tab_id, tab in entries(dashboard.inputs.get("tabs")).items()
            for panel_id, panel in entries(tab.get("panels")).items()
        ]

    @cached_property
    def statements(self) -> list[Statement]:
        """Every statement of panels, alerts and scheduled pipelines."""
        return [*self._of_panels(), *self._of_alerts(), *self._of_pipelines()]

    def columns(self, stream_type: str) -> Declared:
        """Return the columns of the declared streams of a type, for planning."""
        return self._declared.get(stream_type, Declared(()))

    @cached_property
    def _declared(self) -> Mapping[str, Declared]:
        """The columns of declared streams, by the type of these."""
        # Nobody declares what the server makes of a metric.
        found = {"metrics": [(COUNTED_STREAM, _COUNTED)]}
        for (kind, name), stream in sorted(self.streams.items()):
            columns = (*(_TRACE if kind == "traces" else ()), *_own(stream.inputs))
            found.setdefault(kind, []).append((name, columns))
        return {kind: Declared(tuple(streams)) for kind, streams in found.items()}

    def columns_of(self, statement: Statement) -> Declared:
        """Return the declared streams that a statement may read."""
        return self.columns(statement.stream_type)

    def _statement(
        self,
        resource: Registered,
        path: str,
        sql: Any,
        stream_type: Any,
        panel: Panel | None = None,
    ) -> Iterator[Statement]:
        if isinstance(sql, str) and sql.strip():
            text = _VARIABLE.sub(_ALL, sql)
            found = analyse(text, self.columns(str(stream_type)))
            yield Statement(resource, path, sql, str(stream_type), found, panel)

    def _of_panels(self) -> Iterator[Statement]:
        for panel in self.panels:
            inputs = panel.inputs
            if inputs.get("query_type", "sql") != "sql":
                continue
            kind, at = inputs.get("stream_type"), f"{panel.path}.query"
            yield from self._statement(panel.dashboard, at, inputs.get("query"), kind, panel)
            for index, query in enumerate(maps(inputs.get("extra_queries"))):
                at = f"{panel.path}.extra_queries[{index}].query"
                kind = query.get("stream_type")
                yield from self._statement(panel.dashboard, at, query.get("query"), kind)

    def _of_alerts(self) -> Iterator[Statement]:
        for alert in self.of("Alert"):
            query = entries(alert.inputs).get("query_condition", {})
            kind = alert.inputs.get("stream_type")
            yield from self._statement(alert, "query_condition.sql", query.get("sql"), kind)

    def _of_pipelines(self) -> Iterator[Statement]:
        for pipeline in self.of("Pipeline"):
            for name, node in entries(pipeline.inputs.get("nodes")).items():
                sql = entries(node).get("query_condition", {}).get("sql")
                at = f"nodes.{name}.query_condition.sql"
                yield from self._statement(pipeline, at, sql, node.get("stream_type"))


def _own(stream: Inputs) -> Iterator[tuple[str, str]]:
    fields: Any = stream.get("fields")
    if isinstance(fields, dict):
        for name, kind in fields.items():  # pyright: ignore[reportUnknownVariableType] # JSON
            yield str(name), _TYPES.get(str(kind).lower(), "Utf8")  # pyright: ignore[reportUnknownArgumentType]
