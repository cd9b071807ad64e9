"""Runs every panel of the provisioned dashboards as the UI would, and says what it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import LlmCostError, OpenObserveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from llmcost_infra.openobserve.kinds.base import Inputs

__all__ = ["PanelAnswer", "all_selected", "ask_panels"]

_ALL = "_o2_all_"
_RATIOS = ("_pct", "_ms", "_per_run", "_per_call", "_per_user")
"""Endings of columns of which a sum over rows means nothing; the greatest is quoted instead."""
_MAX_ERROR = 1e-6
"""USD; far below a cent, so that a figure that rounds to the truth by luck is still refused."""


@dataclass(frozen=True, slots=True)
class PanelAnswer:
    """What a panel shows.

    Args:
        tab: name of the tab.
        panel: title of the panel.
        rows: rows that its SQL returned.
        headline: the figure a reader would quote, formatted in the panel's unit.
        verdict: one word or sentence.
        good: whether the panel shows what it should.
    """

    tab: str
    panel: str
    rows: int
    headline: str
    verdict: str
    good: bool


def ask_panels(
    dashboard: Inputs,
    search: Callable[[str, str], Sequence[Mapping[str, Any]]],
    truth: Mapping[str, Decimal],
) -> Iterator[PanelAnswer]:
    """Yield what each panel of a dashboard answers, in the order in which people see them.

    Args:
        dashboard: inputs of the dashboard as read from the server.
        search: runs SQL on a stream type and returns the rows.
        truth: what the sum of a column must be, by column name.
    """
    variables: Mapping[str, Any] = dashboard.get("variables", {})
    for tab in _in_order(dashboard["tabs"]):
        for panel in _in_order(tab["panels"]):
            if panel.get("query"):
                yield _ask(tab["name"], panel, variables, search, truth)


def _in_order(items: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items.values(), key=lambda item: item["order"])


def _ask(
    tab: str,
    panel: Inputs,
    variables: Mapping[str, Any],
    search: Callable[[str, str], Sequence[Mapping[str, Any]]],
    truth: Mapping[str, Decimal],
) -> PanelAnswer:
    try:
        rows = search(all_selected(panel["query"], variables), panel["stream_type"])
    except OpenObserveError as error:
        return PanelAnswer(tab, panel["title"], 0, "", f"fails: {error.message}", good=False)
    columns = [axis["alias"] for axis in panel.get("y_axis", [])]
    missing = [name for name in columns if rows and all(row.get(name) is None for row in rows)]
    if not rows or missing:
        what = f"no value in {', '.join(missing)}" if missing else "no data"
        return PanelAnswer(tab, panel["title"], len(rows), "", what, good=False)
    sums = {name: _sum(rows, name) for name in columns}
    wrong = [name for name in columns if name in truth and not _equal(sums[name], truth[name])]
    headline = _headline(rows, columns[0], panel) if columns else ""
    return PanelAnswer(
        tab,
        panel["title"],
        len(rows),
        headline,
        _verdict(columns, wrong, sums, truth),
        good=not wrong,
    )


def _verdict(
    columns: Iterable[str],
    wrong: Sequence[str],
    sums: Mapping[str, float],
    truth: Mapping[str, Decimal],
) -> str:
    if wrong:
        return "; ".join(f"{name} is {sums[name]:.6f}, not {truth[name]:.6f}" for name in wrong)
    return "as sent" if any(name in truth for name in columns) else "answers"


def all_selected(sql: str, variables: Mapping[str, Any]) -> str:
    """Return the SQL as the UI sends it when nobody has chosen anything."""

    def chosen(match: re.Match[str]) -> str:
        variable = variables.get(match[1])
        if variable is None:
            raise LlmCostError(f"A panel uses the variable {match[1]!r}, which is not declared.")
        return f"'{_ALL}'" if variable.get("multi_select") else _ALL

    return re.sub(r"\$\{(\w+)\}", chosen, sql)


def _sum(rows: Sequence[Mapping[str, Any]], column: str) -> float:
    return float(sum(row.get(column) or 0 for row in rows))


def _equal(found: float, true: Decimal) -> bool:
    return abs(found - float(true)) <= _MAX_ERROR * max(1.0, abs(float(true)))


def _headline(rows: Sequence[Mapping[str, Any]], column: str, panel: Inputs) -> str:
    unit = _unit(column, panel)
    decimals = int(panel.get("config", {}).get("decimals", 2))
    if len(rows) == 1 or not column.endswith(_RATIOS):
        return _format(_sum(rows, column), unit, decimals)
    greatest = max(float(row.get(column) or 0) for row in rows)
    return f"up to {_format(greatest, unit, decimals)}"


def _unit(column: str, panel: Inputs) -> str:
    config = panel.get("config", {})
    for override in config.get("override_config", []):
        if override["field"]["value"] == column:
            return str(override["config"][0]["value"]["unit"])
    return str(config.get("unit", ""))


def _format(value: float, unit: str, decimals: int) -> str:
    match unit:
        case "currency-dollar":
            return f"${value:,.{decimals}f}"
        case "percent":
            return f"{value:,.{decimals}f} %"
        case "milliseconds":
            return f"{value:,.0f} ms"
        case _:
            return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
