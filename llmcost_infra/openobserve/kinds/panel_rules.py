"""What the keys of a panel must be; the server drops keys that it does not know without a word."""

from __future__ import annotations

from typing import Any

from llmcost_infra.openobserve.kinds.layout import COLUMNS
from llmcost_infra.openobserve.kinds.rules import (
    Rule,
    any_list,
    any_map,
    anything,
    boolean,
    non_empty,
    number,
    one_of,
    text,
    whole,
)

__all__ = [
    "AXIS_COUNTS",
    "AXIS_RULES",
    "CONFIG_RULES",
    "DRILLDOWN_RULES",
    "FIELDS_RULES",
    "MARK_LINE_RULES",
    "PANEL_RULES",
    "QUERY_CONFIG_RULES",
    "QUERY_RULES",
    "SMALLEST",
    "STREAM_TYPES",
]

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


def _alias(value: Any) -> str | None:
    if value == "_timestamp":
        return "must not be _timestamp: the UI renames it; write AS ts in the query"
    return non_empty(value)


def _quoted(value: Any) -> str | None:
    wrong = text(value)
    return f"{wrong}: write it in quotes" if wrong else None


CONFIG_RULES: dict[str, Rule] = {
    "aggregation": anything,
    "axis_border_show": anything,
    "axis_label_rotate": anything,
    "axis_label_truncate_width": anything,
    "axis_width": anything,
    "background": anything,
    "base_map": anything,
    "chart_align": anything,
    "color": anything,
    "column_order": anything,
    "connect_nulls": anything,
    "decimals": whole(0, 20),
    "drilldown": any_list,
    "hidden_columns": anything,
    "label_option": anything,
    "lat_label": anything,
    "legend_height": anything,
    "legend_width": anything,
    "legends_position": anything,
    "legends_type": anything,
    "line_interpolation": one_of("linear", "smooth", "step-end", "step-middle", "step-start"),
    "line_thickness": anything,
    "lon_label": anything,
    "map_symbol_style": anything,
    "map_type": anything,
    "map_view": anything,
    "mappings": anything,
    "mark_line": any_list,
    "name_label": anything,
    "no_value_replacement": anything,
    "override_config": any_list,
    "panel_time_enabled": anything,
    "panel_time_range": anything,
    "promql_table_mode": anything,
    "show_gridlines": anything,
    "show_legends": boolean,
    "show_symbol": anything,
    "step_value": text,
    "sticky_columns": anything,
    "table_aggregations": anything,
    "table_dynamic_columns": anything,
    "table_filtering": anything,
    "table_pagination": anything,
    "table_pagination_rows_per_page": anything,
    "table_pivot_show_col_totals": anything,
    "table_pivot_show_row_totals": anything,
    "table_pivot_sticky_col_totals": anything,
    "table_pivot_sticky_row_totals": anything,
    "table_transpose": anything,
    "top_results": whole(1),
    "top_results_others": anything,
    "trellis": any_map,
    "unit": text,
    "unit_custom": anything,
    "visible_columns": anything,
    "weight_label": anything,
    "wrap_table_cells": anything,
    "y_axis_max": number,
    "y_axis_min": number,
}
"""Keys of a panel's config; the server drops any other."""

AXIS_RULES: dict[str, Rule] = {
    "alias": _alias,
    "args": anything,
    "color": anything,
    "column": anything,
    "functionName": anything,
    "havingConditions": anything,
    "isDerived": anything,
    "label": text,
    "rawQuery": anything,
    "showFieldAsJson": anything,
    "sortBy": anything,
    "treatAsNonTimestamp": anything,
    "type": anything,
}
"""Keys of an entry of an axis."""

FIELDS_RULES: dict[str, Rule] = {
    "latitude": anything,
    "longitude": anything,
    "name": anything,
    "promql_labels": anything,
    "promql_operations": anything,
    "source": anything,
    "target": anything,
    "value": anything,
    "value_for_maps": anything,
    "weight": anything,
}
"""Keys of the fields that maps and flows need."""

QUERY_CONFIG_RULES: dict[str, Rule] = {
    "layer_type": anything,
    "limit": anything,
    "max": number,
    "min": number,
    "promql_legend": text,
    "query_label": anything,
    "step_value": anything,
    "time_shift": any_list,
    "weight_fixed": anything,
}
"""Keys of a query's own config."""

MARK_LINE_RULES: dict[str, Rule] = {
    "name": text,
    "type": one_of("average", "max", "median", "min", "xAxis", "yAxis"),
    "value": _quoted,
}
"""Keys of a mark line that the server keeps."""

DRILLDOWN_RULES: dict[str, Rule] = {
    "data": any_map,
    "findBy": text,
    "name": non_empty,
    "targetBlank": boolean,
    "type": one_of("byDashboard", "byUrl", "logs"),
}
"""Keys of a drill-down."""

QUERY_RULES: dict[str, Rule] = {
    "breakdown": any_list,
    "custom_query": boolean,
    "fields": any_map,
    "filter": any_map,
    "joins": any_list,
    "query": text,
    "query_config": any_map,
    "stream": text,
    "stream_type": one_of(*STREAM_TYPES),
    "tab_name": text,
    "vrl_function_query": text,
    "x_axis": any_list,
    "y_axis": any_list,
    "z_axis": any_list,
}
"""Keys of a query; a panel has those of its first."""

PANEL_RULES: dict[str, Rule] = {
    **QUERY_RULES,
    "config": any_map,
    "custom_chart_content": text,
    "description": text,
    "extra_queries": any_list,
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
