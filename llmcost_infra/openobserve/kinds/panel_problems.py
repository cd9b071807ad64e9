"""What is wrong with a panel: above all, what would leave it empty without an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.openobserve.kinds.base import Inputs, Problem
from llmcost_infra.openobserve.kinds.layout import COLUMNS, WIDTH
from llmcost_infra.openobserve.kinds.panel_body import AXES, CONTENT_TYPES
from llmcost_infra.openobserve.kinds.panel_rules import (
    AXIS_COUNTS,
    AXIS_RULES,
    CONFIG_RULES,
    DRILLDOWN_RULES,
    FIELDS_RULES,
    MARK_LINE_RULES,
    PANEL_RULES,
    QUERY_CONFIG_RULES,
    QUERY_RULES,
    SMALLEST,
)
from llmcost_infra.openobserve.kinds.rules import check, check_each, entries, maps, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

__all__ = ["panel_problems"]

_OF_EVERY = frozenset({"order", "title", "type"})
_OF_A_QUERY = frozenset({"query", "stream", "stream_type"})
_VARIABLE = re.compile(r"\$\{\s*([\w-]+)(?::\w+)?\s*\}|\{\{\s*([\w-]+)(?::\w+)?\s*\}\}")
_BUILT_IN = frozenset(
    {
        "__interval",
        "__interval_ms",
        "__percentile_interval",
        "__range",
        "__range_ms",
        "__range_s",
        "__rate_interval",
    }
)
_RENAMED = re.compile(r"""\bAS\s+["'`]?_timestamp\b""", re.IGNORECASE)


def panel_problems(path: str, panel: Inputs, variables: Collection[str]) -> Iterator[Problem]:
    """Yield all that is wrong with one panel.

    Args:
        path: property path of the panel.
        panel: its inputs.
        variables: names of the dashboard's variables.
    """
    kind = panel.get("type")
    content = f"{kind}_content" if kind in CONTENT_TYPES else None
    unknown_kind = kind is None and "type" in panel
    asked = {content} if content else set[str]() if unknown_kind else _OF_A_QUERY
    yield from check(panel, PANEL_RULES, _OF_EVERY | asked, path)
    yield from _place_problems(path, panel)
    yield from _config_problems(f"{path}.config", entries(panel).get("config", {}))
    if content:
        return
    yield from _query_problems(path, panel, variables)
    extra = f"{path}.extra_queries"
    yield from check_each(panel.get("extra_queries"), QUERY_RULES, _OF_A_QUERY, extra)
    for index, query in enumerate(maps(panel.get("extra_queries"))):
        yield from _query_problems(f"{extra}[{index}]", query, variables)
    if panel.get("query_type", "sql") == "sql":
        yield from _axis_problems(path, panel)


def _place_problems(path: str, panel: Inputs) -> Iterator[Problem]:
    if ("x" in panel) != ("y" in panel):
        missing = "y" if "x" in panel else "x"
        yield Problem(f"{path}.{missing}", "is missing: give both x and y, or none")
    smallest = SMALLEST.get(str(panel.get("type")), (1, 1))
    for key, least in zip(("width", "height"), smallest, strict=True):
        value = panel.get(key)
        if isinstance(value, int | float) and 1 <= value < least:
            yield Problem(
                f"{path}.{key}", f"must be at least {least}: the UI enlarges a {panel['type']}"
            )
    x, width = panel.get("x"), panel.get("width", WIDTH)
    if isinstance(x, int | float) and isinstance(width, int | float) and x + width > COLUMNS:
        yield Problem(f"{path}.x", f"{x:g} + {width:g} columns go over the grid of {COLUMNS}")


def _config_problems(path: str, config: Inputs) -> Iterator[Problem]:
    yield from check(config, CONFIG_RULES, (), path)
    yield from check_each(config.get("mark_line"), MARK_LINE_RULES, {"type"}, f"{path}.mark_line")
    drilldowns, at = config.get("drilldown"), f"{path}.drilldown"
    yield from check_each(drilldowns, DRILLDOWN_RULES, {"data", "name", "type"}, at)
    for index, drilldown in enumerate(maps(drilldowns)):
        data = entries(drilldown).get("data")
        if data is not None and "variables" not in data:
            yield Problem(
                f"{at}[{index}].data.variables", "is missing: write an empty list if there is none"
            )


def _query_problems(path: str, query: Inputs, variables: Collection[str]) -> Iterator[Problem]:
    for key in AXES:
        yield from check_each(query.get(key), AXIS_RULES, {"alias"}, f"{path}.{key}")
    inside = entries(query)
    yield from check(inside.get("fields", {}), FIELDS_RULES, (), f"{path}.fields")
    config = inside.get("query_config", {})
    yield from check(config, QUERY_CONFIG_RULES, (), f"{path}.query_config")
    yield from _sql_problems(path, query.get("query"), variables)


def _sql_problems(path: str, sql: Any, variables: Collection[str]) -> Iterator[Problem]:
    if not isinstance(sql, str):
        return
    if not sql.strip():
        yield Problem(f"{path}.query", "must not be empty")
    if _RENAMED.search(sql):
        yield Problem(f"{path}.query", "must not name a column _timestamp: write AS ts")
    used = {first or second for first, second in _VARIABLE.findall(sql)}
    for name in sorted(used - set(variables) - _BUILT_IN):
        yield Problem(
            f"{path}.query", f"{name} is no variable of the dashboard; {nearest(name, variables)}"
        )


def _axis_problems(path: str, panel: Inputs) -> Iterator[Problem]:
    kind = str(panel.get("type"))
    if kind == "table" and not any(_count(panel, key) for key in ("x_axis", "y_axis")):
        yield Problem(f"{path}.y_axis", "a table needs at least one column in x_axis or y_axis")
    if kind not in AXIS_COUNTS:
        return
    for key in AXES:
        least, most = AXIS_COUNTS[kind].get(key, (0, 0))
        count = _count(panel, key)
        if count is not None and not least <= count <= most:
            yield Problem(f"{path}.{key}", f"a {kind} takes {_range(least, most)}, not {count}")


def _count(panel: Inputs, key: str) -> int | None:
    value: Any = panel.get(key, [])
    return len(cast("Sequence[Any]", value)) if isinstance(value, list) else None


def _range(least: int, most: int) -> str:
    if most == 0:
        return "no entry"
    if least == most:
        return f"exactly {least}"
    return f"{least} or more" if most > 1 else "one or none"
