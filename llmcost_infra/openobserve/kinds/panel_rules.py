"""What the keys of a panel must be; the server drops keys that it does not know without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.openobserve.kinds.layout import COLUMNS
from llmcost_infra.openobserve.kinds.rules import (
    Rule,
    boolean,
    items,
    mapping,
    nearest,
    non_empty,
    number,
    one_of,
    text,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["AXIS_COUNTS", "PANEL_RULES", "QUERY_RULES", "SMALLEST", "STREAM_TYPES"]

STREAM_TYPES = ("enrichment_tables", "logs", "metrics", "traces")

_MANY = 1_000
AXIS_COUNTS: dict[str, dict[str, tuple[int, int]]] = {
    "area": {"x_axis": (1, 1), "y_axis": (1, _MANY), "breakdown": (0, 1)},
    "area-stacked": {"x_axis": (1, 1), "y_axis": (1, 1), "breakdown": (1, 1)},
    "bar": {"x_axis": (1, 1), "y_axis": (1, _MANY), "breakdown": (0, 1)},
    "donut": {"x_axis": (1, 1), "y_axis": (1, 1)},
    "gauge": {"x_axis": (0, 1), "y_axis": (1, 1)},
    "h-bar": {"x_axis": (1, 1), "y_axis": (1, _MANY), "breakdown": (0, 1)},
    "h-stacked": {"x_axis": (1, 1), "y_axis": (1, _MANY), "breakdown": (1, 1)},
    "heatmap": {"x_axis": (1, _MANY), "y_axis": (1, _MANY), "z_axis": (1, _MANY)},
    "line": {"x_axis": (1, 1), "y_axis": (1, _MANY), "breakdown": (0, 1)},
    "metric": {"x_axis": (0, 0), "y_axis": (1, 1)},
    "pie": {"x_axis": (1, 1), "y_axis": (1, 1)},
    "scatter": {"x_axis": (1, 1), "y_axis": (1, _MANY), "breakdown": (0, 1)},
    "stacked": {"x_axis": (1, 1), "y_axis": (1, _MANY), "breakdown": (1, 1)},
}
"""Fewest and most entries of each axis, by panel type; other types are free."""

SMALLEST: dict[str, tuple[int, int]] = dict.fromkeys(
    ("area", "bar", "h-bar", "line", "pie", "scatter", "table"), (12, 8)
)
"""Columns and rows below which the UI enlarges a panel, and saves that."""

_TYPES = (
    *AXIS_COUNTS,
    "custom_chart",
    "geomap",
    "html",
    "maps",
    "markdown",
    "sankey",
    "table",
)
_CONFIG_KEYS = frozenset(
    {
        "aggregation",
        "axis_border_show",
        "axis_label_rotate",
        "axis_label_truncate_width",
        "axis_width",
        "background",
        "base_map",
        "chart_align",
        "color",
        "column_order",
        "connect_nulls",
        "decimals",
        "drilldown",
        "hidden_columns",
        "label_option",
        "lat_label",
        "legend_height",
        "legend_width",
        "legends_position",
        "legends_type",
        "line_interpolation",
        "line_thickness",
        "lon_label",
        "map_symbol_style",
        "map_type",
        "map_view",
        "mappings",
        "mark_line",
        "name_label",
        "no_value_replacement",
        "override_config",
        "panel_time_enabled",
        "panel_time_range",
        "promql_table_mode",
        "show_gridlines",
        "show_legends",
        "show_symbol",
        "step_value",
        "sticky_columns",
        "table_aggregations",
        "table_dynamic_columns",
        "table_filtering",
        "table_pagination",
        "table_pagination_rows_per_page",
        "table_pivot_show_col_totals",
        "table_pivot_show_row_totals",
        "table_pivot_sticky_col_totals",
        "table_pivot_sticky_row_totals",
        "table_transpose",
        "top_results",
        "top_results_others",
        "trellis",
        "unit",
        "unit_custom",
        "visible_columns",
        "weight_label",
        "wrap_table_cells",
        "y_axis_max",
        "y_axis_min",
    }
)
_CONFIG: dict[str, Rule] = {
    "decimals": whole(0, 20),
    "line_interpolation": one_of("linear", "smooth", "step-end", "step-middle", "step-start"),
    "show_legends": boolean,
    "step_value": text,
    "top_results": whole(1),
    "unit": text,
    "y_axis_max": number,
    "y_axis_min": number,
}
_AXIS_KEYS = frozenset(
    {
        "alias",
        "args",
        "color",
        "column",
        "functionName",
        "havingConditions",
        "isDerived",
        "label",
        "rawQuery",
        "showFieldAsJson",
        "sortBy",
        "treatAsNonTimestamp",
        "type",
    }
)
_FIELDS_KEYS = frozenset(
    {
        "latitude",
        "longitude",
        "name",
        "promql_labels",
        "promql_operations",
        "source",
        "target",
        "value",
        "value_for_maps",
        "weight",
    }
)
_QUERY_CONFIG_KEYS = frozenset(
    {
        "layer_type",
        "limit",
        "max",
        "min",
        "promql_legend",
        "query_label",
        "step_value",
        "time_shift",
        "weight_fixed",
    }
)
_MARK_LINES = ("average", "max", "median", "min", "xAxis", "yAxis")


def _keys(valid: Collection[str]) -> Rule:
    """Return the rule for a map with these keys only."""

    def rule(value: Any) -> str | None:
        if not isinstance(value, dict):
            return "must be a map"
        unknown = sorted(set(cast("dict[str, Any]", value)) - set(valid))
        return f"{unknown[0]} is no key of it; {nearest(unknown[0], valid)}" if unknown else None

    return rule


def _axis(value: Any) -> str | None:
    if not isinstance(value, list):
        return "must be a list of {alias: column of the result, label: caption}"
    for axis in items(value):
        if wrong := _keys(_AXIS_KEYS)(axis):
            return wrong
        if "alias" not in axis:
            return "alias is missing: the column of the result to show"
        if axis["alias"] is not None and (wrong := non_empty(axis["alias"])):
            return f"alias {wrong}"
        if axis["alias"] == "_timestamp":
            return "alias must not be _timestamp: the UI renames it; write AS ts in the query"
    return None


def _config(value: Any) -> str | None:
    if wrong := _keys(_CONFIG_KEYS)(value):
        return wrong
    for key, rule in _CONFIG.items():
        if value.get(key) is not None and (wrong := rule(value[key])):
            return f"{key} {wrong}"
    return _mark_lines(value.get("mark_line")) or _drilldowns(value.get("drilldown"))


def _mark_lines(value: Any) -> str | None:
    for line in items(value):
        if wrong := mapping({"mark_line": line}):
            return wrong
        if line.get("type") is not None and (wrong := one_of(*_MARK_LINES)(line["type"])):
            return f"mark_line type {wrong}"
        if line.get("value") is not None and (wrong := text(line["value"])):
            return f'mark_line value {wrong}: write it in quotes, like "{line["value"]}"'
    return None


def _drilldowns(value: Any) -> str | None:
    for drilldown in items(value):
        if wrong := mapping({"drilldown": drilldown}):
            return wrong
        data = drilldown.get("data", {})
        if data is not None and "variables" not in data:
            return "drilldown needs data.variables, if only an empty list: the UI walks it"
    return None


QUERY_RULES: dict[str, Rule] = {
    "breakdown": _axis,
    "custom_query": boolean,
    "fields": _keys(_FIELDS_KEYS),
    "filter": lambda value: None if isinstance(value, dict) else "must be a map",
    "joins": lambda value: None if isinstance(value, list) else "must be a list",
    "query": text,
    "query_config": _keys(_QUERY_CONFIG_KEYS),
    "stream": text,
    "stream_type": one_of(*STREAM_TYPES),
    "tab_name": text,
    "vrl_function_query": text,
    "x_axis": _axis,
    "y_axis": _axis,
    "z_axis": _axis,
}
"""Keys of a query; a panel has those of its first."""

PANEL_RULES: dict[str, Rule] = {
    **QUERY_RULES,
    "config": _config,
    "custom_chart_content": text,
    "description": text,
    "extra_queries": lambda value: None if isinstance(value, list) else "must be a list",
    "height": whole(1),
    "html_content": text,
    "markdown_content": text,
    "order": number,
    "query_type": one_of("promql", "promql-builder", "sql"),
    "title": non_empty,
    "type": one_of(*_TYPES),
    "width": whole(1, COLUMNS),
    "x": whole(0, COLUMNS - 1),
    "y": whole(0),
}
"""Keys of a panel."""
