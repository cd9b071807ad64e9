"""Panels and variables: what would leave a panel empty, or make it lie."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmcost_infra.check.registry import Breach, rule
from llmcost_infra.check.stack import variables_in
from llmcost_infra.declarations import nearest
from llmcost_infra.openobserve.kinds.panel_body import AXES
from llmcost_infra.openobserve.kinds.rules import entries, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.check.stack import StackView

__all__ = ["alias", "decimals", "measure", "null", "quotes", "scope", "series", "unit", "unused"]

_CHARTS = frozenset(
    {"area", "area-stacked", "bar", "h-bar", "h-stacked", "heatmap", "line", "scatter", "stacked"}
)
_PARTS = frozenset({"donut", "pie"})
_NUMBERS = _CHARTS | _PARTS | {"gauge", "metric"}
_CENTS = 2
_WHOLE = re.compile(r"u?int(?:8|16|32|64)")
_PLAIN = frozenset({"custom", None})
_TEXT = frozenset({"string", "string_view", "large_string"})
_SUFFIXES = {"_ms": ("milliseconds",), "_pct": ("percent", "percent-1"), "_usd": ("currency-",)}


@rule("panel-alias")
def alias(stack: StackView) -> Iterator[Breach]:
    """An axis names an output column of the query; a panel over another name stays empty.

    Wrong::

        y_axis: [{alias: cost}]      # SELECT SUM(x) AS costs …

    Right::

        y_axis: [{alias: costs}]
    """
    for one in stack.statements:
        planned = one.analysis.plan
        if one.panel is None or planned is None:
            continue
        returned = [field.name for field in planned.fields]
        for name in one.panel.aliases(*AXES):
            if name not in returned:
                said = f"the query of {one.panel.id} returns no column {name!r}"
                yield Breach(one.resource, one.path, said, nearest(name, returned))


@rule("panel-measure")
def measure(stack: StackView) -> Iterator[Breach]:
    """A chart draws numbers; a text on its y axis draws nothing.

    Wrong::

        y_axis: [{alias: model}]     # a text

    Right::

        y_axis: [{alias: calls}]     # COUNT(*) AS calls
    """
    for one in stack.statements:
        if one.panel is None or one.panel.inputs.get("type") not in _NUMBERS:
            continue
        axes = ("z_axis",) if one.panel.inputs.get("type") == "heatmap" else ("y_axis",)
        for name in one.panel.aliases(*axes):
            if one.analysis.type_of(name) in _TEXT:
                said = f"{name!r} is text, and a {one.panel.inputs['type']} shows numbers"
                yield Breach(one.resource, one.path, said, "aggregate it: COUNT, SUM, AVG", name)


@rule("panel-series")
def series(stack: StackView) -> Iterator[Breach]:
    """Time by breakdown has many rows: unordered they are drawn as zigzag, unlimited they are cut.

    The server cuts an answer without LIMIT at 1,000 rows, which drops the newest times.

    Wrong::

        SELECT histogram(_timestamp) AS ts, span_kind AS kind, COUNT(*) AS n FROM "llm_calls"
        GROUP BY ts, kind

    Right::

        SELECT histogram(_timestamp) AS ts, span_kind AS kind, COUNT(*) AS n FROM "llm_calls"
        GROUP BY ts, kind ORDER BY ts, kind LIMIT 10000
    """
    for one in stack.statements:
        if one.panel is None or not one.panel.aliases("breakdown"):
            continue
        clauses = one.analysis.clauses
        times = [
            name
            for name in one.panel.aliases("x_axis")
            if str(one.analysis.type_of(name)).startswith(("timestamp", "date"))
        ]
        for time in times:
            if time not in [column for column, _ in clauses.order_by]:
                said = f"time by breakdown is not ordered by {time}"
                yield Breach(one.resource, one.path, said, f"add ORDER BY {time}")
            if clauses.limit is None:
                said = "time by breakdown without LIMIT is cut at 1,000 rows"
                yield Breach(one.resource, one.path, said, "add LIMIT 10000")


@rule("panel-unit", "warning")
def unit(stack: StackView) -> Iterator[Breach]:
    """A number without its unit is read as whatever the reader expects.

    Columns that end in `_ms`, `_pct` and `_usd` say themselves which it is.

    Wrong::

        y_axis: [{alias: p95_ms}]
        config: {unit: numbers}

    Right::

        y_axis: [{alias: p95_ms}]
        config: {unit: milliseconds}
    """
    for panel in stack.panels:
        if panel.inputs.get("type") not in _NUMBERS:
            continue
        chosen, at = str(entries(panel.inputs).get("config", {}).get("unit") or ""), panel.path
        if not chosen:
            hint = "for example unit: numbers"
            yield Breach(panel.dashboard, f"{at}.config", f"{panel.id} has no unit", hint)
        for name in panel.aliases("y_axis") if chosen else ():
            fitting = next((units for end, units in _SUFFIXES.items() if name.endswith(end)), ())
            if fitting and not chosen.startswith(fitting):
                said = f"{name!r} is shown as {chosen}"
                hint = f"write unit: {fitting[0]}…" if fitting[0][-1] == "-" else fitting[0]
                yield Breach(panel.dashboard, f"{at}.config.unit", said, hint)


@rule("panel-decimals", "warning")
def decimals(stack: StackView) -> Iterator[Breach]:
    """A price of 0.0004 USD with two decimals reads as nothing, and three calls as 3.00 calls.

    Two is what the server takes unless `decimals` is written. Dollars need at least two.

    Wrong::

        y_axis: [{alias: cost_per_call}]
        config: {unit: currency-dollar, decimals: 0}

    Right::

        y_axis: [{alias: cost_per_call}]
        config: {unit: currency-dollar, decimals: 4}
    """
    for one in stack.statements:
        if one.panel is None or one.panel.inputs.get("type") not in _NUMBERS:
            continue
        config = entries(one.panel.inputs).get("config", {})
        shown, names = config.get("decimals", 2), one.panel.aliases("y_axis")
        kinds = [str(one.analysis.type_of(name)) for name in names]
        at = f"{one.panel.path}.config.decimals"
        if str(config.get("unit")).startswith("currency-") and shown < _CENTS:
            said = f"{one.panel.id} shows amounts of money without cents"
            yield Breach(one.resource, at, said, "write decimals: 2, or 4 where calls are cheap")
        elif kinds and all(map(_WHOLE.fullmatch, kinds)) and config.get("unit") in _PLAIN and shown:
            said = f"{one.panel.id} counts, and shows 3 as {3:.{int(shown)}f}"
            yield Breach(one.resource, at, said, "write decimals: 0")


@rule("panel-null")
def null(stack: StackView) -> Iterator[Breach]:
    """A chart leaves out every row in which a dimension, or one of several measures, is null.

    The bars that are left look complete. A measure that is alone on its chart may be null: nobody
    knows it, and there is nothing to draw. So may a time: every row has one.

    Wrong::

        SELECT llmcost_feature AS feature, SUM(cost) AS cost …

    Right::

        SELECT COALESCE(llmcost_feature, 'unknown') AS feature, SUM(cost) AS cost …
        SELECT llmcost_feature AS feature, … WHERE llmcost_feature IS NOT NULL
    """
    for one in stack.statements:
        if one.panel is None or one.panel.inputs.get("type") not in _CHARTS | _PARTS:
            continue
        measures = one.panel.aliases("y_axis", "z_axis")
        hiding = [*one.panel.aliases("x_axis", "breakdown"), *(measures if measures[1:] else ())]
        for name in one.analysis.nullable(hiding):
            said = f"rows of {one.panel.id} in which {name!r} is null are not drawn"
            hint = f"write COALESCE(…) AS {name}, or WHERE … IS NOT NULL"
            yield Breach(one.resource, one.path, said, hint, name)


@rule("variable-unused", "warning")
def unused(stack: StackView) -> Iterator[Breach]:
    """Who chooses a value of a variable that nothing reads sees that nothing changes.

    Wrong::

        variables: {team: …}         # and no query has ${team}

    Right::

        query: SELECT … WHERE team IN (${team})
    """
    for dashboard in stack.of("Dashboard"):
        read = str(dashboard.inputs.get("tabs"))
        for name in entries(dashboard.inputs.get("variables")):
            if f"{{{name}}}" not in read and f"{{{name}:" not in read:
                said = f"nothing reads the variable {name!r}"
                yield Breach(
                    dashboard, f"variables.{name}", said, "use it in a query, or remove it"
                )


@rule("variable-scope")
def scope(stack: StackView) -> Iterator[Breach]:
    """A variable of some tabs has no value on the others, and their queries fail.

    Wrong::

        variables: {team: {scope: tabs, tabs: [overview]}}   # used on the tab tools

    Right::

        variables: {team: {scope: tabs, tabs: [overview, tools]}}
    """
    for one in stack.statements:
        if one.panel is None:
            continue
        chosen = entries(one.resource.inputs.get("variables"))
        for name in variables_in(one.sql):
            variable = chosen.get(name, {})
            if variable.get("scope") not in {"tabs", "panels"}:
                continue
            tabs, panels = items(variable.get("tabs")), items(variable.get("panels"))
            outside = one.panel.tab not in tabs
            if outside or (variable["scope"] == "panels" and one.panel.id not in panels):
                said = f"the variable {name!r} is not there for {one.panel.id}"
                hint = "add the tab or the panel to its scope"
                yield Breach(one.resource, one.path, said, hint, name)


@rule("variable-quotes")
def quotes(stack: StackView) -> Iterator[Breach]:
    """The server quotes several choices itself; one choice is put in as it stands.

    Without `escape_single_quotes`, a quote in a value ends the SQL text.

    Wrong::

        WHERE team IN ('${team}')    # multi_select
        WHERE team = ${team}         # one choice

    Right::

        WHERE team IN (${team})      # multi_select, escape_single_quotes
        WHERE team = '${team}'       # one choice
    """
    for one in stack.statements:
        if one.panel is None:
            continue
        variables = entries(one.resource.inputs.get("variables"))
        for name in dict.fromkeys(variables_in(one.sql)):
            variable = variables.get(name, {})
            if variable.get("type") != "query_values":
                continue
            several, quoted = bool(variable.get("multi_select")), f"'${{{name}" in one.sql
            if several == quoted:
                said = f"{name!r} has {'several choices' if several else 'one choice'}, and is " + (
                    "in quotes" if quoted else "not in quotes"
                )
                hint = f"IN (${{{name}}})" if several else f"'${{{name}}}'"
                yield Breach(one.resource, one.path, said, f"write {hint}", name)
            elif not variable.get("escape_single_quotes"):
                said = f"a quote in a value of {name!r} would end the SQL text"
                at = f"variables.{name}"
                yield Breach(one.resource, at, said, "write escape_single_quotes: true")
