"""The v8 dashboard as the server's typed model holds it: required keys, defaults, nulls, drops."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from llmcost_infra.local.shapes import (
    BOOLEAN,
    FLOAT,
    INTEGER,
    STRING,
    Choice,
    Deferred,
    ListOf,
    Mismatch,
    OneOf,
    Shape,
    Struct,
    Tagged,
    defaulted,
    nullable,
    optional,
    required,
)

if TYPE_CHECKING:
    from llmcost_infra.local.json_text import JsonPath
    from llmcost_infra.local.shapes import Field

__all__ = ["DASHBOARD", "STREAM_TYPE", "TIMESTAMP"]

STREAM_TYPE = Choice(
    (
        "logs",
        "metrics",
        "traces",
        "service_graph",
        "enrichment_tables",
        "file_list",
        "metadata",
        "index",
    )
)

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class _Timestamp:
    """A time in RFC 3339, with its zone."""

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        text = STRING.read(value, path)
        if not _MOMENT.fullmatch(text):
            short = len(text) < len("2026-01-01T00:00:00Z")
            raise Mismatch(
                "premature end of input" if short else "input contains invalid characters", path
            )
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise Mismatch("input is out of range", path) from None
        return text


TIMESTAMP: Shape = _Timestamp()


def _optionals(shape: Shape, *names: str) -> dict[str, Field]:
    return {name: optional(shape) for name in names}


_TIME_RANGE = Struct(
    "DateTimeOptions",
    {
        "type": defaulted(STRING, ""),
        **_optionals(STRING, "relativeTimePeriod"),
        **_optionals(INTEGER, "startTime", "endTime"),
    },
)
_AXIS_ARGUMENT = OneOf(
    "AxisArgValueWrapper",
    (
        Struct("AxisArgValue", {"field": nullable(STRING), "streamAlias": nullable(STRING)}),
        STRING,
        FLOAT,
    ),
)
_AXIS = Struct(
    "AxisItem",
    {
        "label": required(STRING),
        "alias": required(STRING),
        "column": optional(STRING),
        "type": optional(Choice(("build", "raw", "custom"))),
        "color": nullable(STRING),
        **_optionals(STRING, "functionName", "sortBy"),
        "args": optional(
            ListOf(Struct("AxisArg", {"type": nullable(STRING), "value": optional(_AXIS_ARGUMENT)}))
        ),
        "isDerived": optional(BOOLEAN),
        "havingConditions": optional(
            ListOf(
                Struct("HavingConditions", {"value": nullable(FLOAT), "operator": nullable(STRING)})
            )
        ),
        **_optionals(BOOLEAN, "treatAsNonTimestamp", "showFieldAsJson"),
        "rawQuery": optional(STRING),
    },
)
_STREAM_FIELD = Struct(
    "StreamFieldObj", {"field": nullable(STRING), "streamAlias": nullable(STRING)}
)
_FILTER_CONDITION = Struct(
    "FilterCondition",
    {
        "type": required(STRING),
        "values": required(ListOf(STRING)),
        "column": nullable(_STREAM_FIELD),
        "operator": nullable(STRING),
        "value": nullable(STRING),
        "logicalOperator": required(STRING),
        "filterType": required(STRING),
    },
)
_FILTER_GROUP = Struct(
    "GroupType",
    {
        "filterType": required(STRING),
        "logicalOperator": required(STRING),
        "conditions": required(ListOf(Deferred(lambda: _FILTER))),
    },
)
_FILTER: Shape = OneOf("PanelFilter", (_FILTER_CONDITION, _FILTER_GROUP))
_OPERATION_PARAMETER = OneOf("PromQLOperationParam", (ListOf(STRING), STRING, FLOAT, BOOLEAN))
_FIELDS = Struct(
    "PanelFields",
    {
        "stream": required(STRING),
        "stream_type": required(STREAM_TYPE),
        "x": required(ListOf(_AXIS)),
        "y": required(ListOf(_AXIS)),
        "z": defaulted(ListOf(_AXIS), []),
        "breakdown": optional(ListOf(_AXIS)),
        **_optionals(_AXIS, "latitude", "longitude", "weight", "name", "value_for_maps"),
        **_optionals(_AXIS, "source", "target", "value"),
        "filter": required(_FILTER),
        "promql_labels": optional(
            ListOf(
                Struct(
                    "PromQLLabelFilter",
                    {key: defaulted(STRING, "") for key in ("label", "op", "value")},
                )
            )
        ),
        "promql_operations": optional(
            ListOf(
                Struct(
                    "PromQLOperation",
                    {
                        "id": defaulted(STRING, ""),
                        "params": optional(ListOf(_OPERATION_PARAMETER)),
                    },
                )
            )
        ),
    },
)
_QUERY_CONFIG = Struct(
    "QueryConfig",
    {
        "promql_legend": required(STRING),
        **_optionals(STRING, "step_value", "layer_type"),
        **_optionals(FLOAT, "weight_fixed", "limit", "min", "max"),
        "time_shift": optional(ListOf(Struct("TimeShift", {"offSet": optional(STRING)}))),
    },
)
_JOINED = Struct("SelectedField", {"streamAlias": nullable(STRING), "field": required(STRING)})
_JOIN = Struct(
    "Join",
    {
        "stream": required(STRING),
        "streamAlias": required(STRING),
        "joinType": required(STRING),
        "conditions": required(
            ListOf(
                Struct(
                    "JoinCondition",
                    {
                        "leftField": required(_JOINED),
                        "rightField": required(_JOINED),
                        "operation": required(STRING),
                    },
                )
            )
        ),
    },
)
_QUERY = Struct(
    "Query",
    {
        "query": nullable(STRING),
        "vrlFunctionQuery": nullable(STRING),
        "customQuery": required(BOOLEAN),
        "fields": required(_FIELDS),
        "config": required(_QUERY_CONFIG),
        "joins": optional(ListOf(_JOIN)),
    },
)
_DRILLDOWN = Struct(
    "DrillDown",
    {
        **_optionals(STRING, "name", "type"),
        "targetBlank": optional(BOOLEAN),
        "findBy": optional(STRING),
        "data": optional(
            Struct(
                "DrillDownData",
                {
                    **_optionals(STRING, "url", "folder", "dashboard", "tab"),
                    "passAllVariables": optional(BOOLEAN),
                    "variables": optional(
                        ListOf(
                            Struct(
                                "DrillDownVariables",
                                {"name": nullable(STRING), "value": nullable(STRING)},
                            )
                        )
                    ),
                    **_optionals(STRING, "logsMode", "logsQuery"),
                },
            )
        ),
    },
)
_OVERRIDE = Struct(
    "OverrideConfig",
    {
        "field": optional(
            Struct("Field", {"matchBy": defaulted(STRING, ""), "value": defaulted(STRING, "")})
        ),
        "config": optional(
            ListOf(
                Tagged(
                    "type",
                    {
                        "unit": Struct(
                            "Unit",
                            {
                                "value": optional(
                                    Struct(
                                        "Value",
                                        {
                                            "unit": defaulted(STRING, ""),
                                            "customUnit": defaulted(STRING, ""),
                                        },
                                    )
                                )
                            },
                        ),
                        "unique_value_color": Struct(
                            "UniqueValueColor", {"autoColor": defaulted(BOOLEAN, False)}
                        ),
                    },
                )
            )
        ),
    },
)
_COLOR = Struct(
    "ColorCfg",
    {
        "mode": optional(STRING),
        "fixedColor": optional(ListOf(STRING)),
        "seriesBy": optional(STRING),
        "colorBySeries": optional(
            ListOf(Struct("ColorBySeries", _optionals(STRING, "type", "value", "color")))
        ),
    },
)
_LEGEND_SIZE = Struct("LegendWidth", {"value": optional(FLOAT), "unit": optional(STRING)})
_LABEL_POSITION = Choice(
    (
        "top",
        "left",
        "right",
        "bottom",
        "inside",
        "insideLeft",
        "insideRight",
        "insideTop",
        "insideBottom",
        "insideTopLeft",
        "insideBottomLeft",
        "insideTopRight",
        "insideBottomRight",
        "outside",
    )
)
_MAP_KIND = Struct("BaseMap", {"type": nullable(STRING)})
_MAP_VIEW = Struct("MapView", {key: defaulted(FLOAT, 0.0) for key in ("zoom", "lat", "lng")})
_MAP_SYMBOL = Struct(
    "MapSymbolStyle",
    {
        "size": defaulted(STRING, ""),
        "size_by_value": nullable(
            Struct("SizeByValue", {"min": defaulted(FLOAT, 0.0), "max": defaulted(FLOAT, 0.0)})
        ),
        "size_fixed": defaulted(FLOAT, 0.0),
    },
)
_BACKGROUND = Struct(
    "Background",
    {
        "type": required(STRING),
        "value": nullable(Struct("BackgroundValue", {"color": required(STRING)})),
    },
)
_TRELLIS = Struct(
    "Trellis",
    {
        "layout": nullable(STRING),
        "num_of_columns": defaulted(INTEGER, 0),
        **_optionals(BOOLEAN, "group_by_y_axis"),
    },
)
_MAPPING = Struct(
    "Mapping",
    _optionals(STRING, "type", "value", "from", "to", "pattern", "match", "color", "text"),
)
_CONFIG = Struct(
    "PanelConfig",
    {
        "show_legends": required(BOOLEAN),
        "legends_position": nullable(STRING),
        **_optionals(STRING, "legends_type", "chart_align", "unit", "unit_custom"),
        **_optionals(FLOAT, "decimals", "line_thickness"),
        "step_value": optional(STRING),
        **_optionals(FLOAT, "top_results", "y_axis_min", "y_axis_max"),
        "top_results_others": optional(BOOLEAN),
        "axis_width": optional(FLOAT),
        "axis_border_show": optional(BOOLEAN),
        "label_option": optional(
            Struct(
                "LabelOption",
                {"position": optional(_LABEL_POSITION), "rotate": optional(FLOAT)},
            )
        ),
        **_optionals(FLOAT, "axis_label_rotate", "axis_label_truncate_width"),
        "show_symbol": optional(BOOLEAN),
        "line_interpolation": optional(
            Choice(("smooth", "linear", "step-start", "step-end", "step-middle"))
        ),
        **_optionals(_LEGEND_SIZE, "legend_width", "legend_height"),
        "base_map": nullable(_MAP_KIND),
        "map_type": optional(_MAP_KIND),
        "map_view": nullable(_MAP_VIEW),
        "map_symbol_style": optional(_MAP_SYMBOL),
        "drilldown": optional(ListOf(_DRILLDOWN)),
        "mark_line": optional(
            ListOf(Struct("MarkLine", _optionals(STRING, "name", "type", "value")))
        ),
        "override_config": optional(ListOf(_OVERRIDE)),
        "connect_nulls": optional(BOOLEAN),
        "no_value_replacement": optional(STRING),
        **_optionals(BOOLEAN, "wrap_table_cells", "table_transpose", "table_dynamic_columns"),
        "mappings": optional(ListOf(_MAPPING)),
        "color": optional(_COLOR),
        "background": optional(_BACKGROUND),
        "trellis": optional(_TRELLIS),
        "show_gridlines": optional(BOOLEAN),
        **_optionals(STRING, "aggregation", "lat_label", "lon_label", "weight_label", "name_label"),
        "table_aggregations": optional(ListOf(STRING)),
        "promql_table_mode": optional(STRING),
        **_optionals(ListOf(STRING), "visible_columns", "hidden_columns", "sticky_columns"),
        "sticky_first_column": optional(BOOLEAN),
        "column_order": optional(ListOf(STRING)),
        "table_pagination": optional(BOOLEAN),
        "table_pagination_rows_per_page": optional(INTEGER),
        **_optionals(
            BOOLEAN,
            "table_pivot_show_row_totals",
            "table_pivot_show_col_totals",
            "table_pivot_sticky_row_totals",
            "table_pivot_sticky_col_totals",
            "panel_time_enabled",
        ),
        "panel_time_range": optional(_TIME_RANGE),
    },
)
_PANEL = Struct(
    "Panel",
    {
        "id": required(STRING),
        "type": required(STRING),
        "title": required(STRING),
        "description": required(STRING),
        "config": required(_CONFIG),
        "queryType": defaulted(STRING, ""),
        "queries": required(ListOf(_QUERY)),
        "layout": optional(
            Struct("Layout", {key: defaulted(INTEGER, 0) for key in ("x", "y", "w", "h", "i")})
        ),
        **_optionals(STRING, "htmlContent", "markdownContent", "customChartContent"),
    },
)
_VARIABLE = Struct(
    "VariableList",
    {
        "type": defaulted(STRING, ""),
        "name": defaulted(STRING, ""),
        "label": defaulted(STRING, ""),
        "query_data": nullable(
            Struct(
                "QueryData",
                {
                    "stream_type": defaulted(STREAM_TYPE, "logs"),
                    "stream": defaulted(STRING, ""),
                    "field": defaulted(STRING, ""),
                    "max_record_size": nullable(INTEGER),
                    "filter": optional(
                        ListOf(
                            Struct(
                                "Filters",
                                {
                                    "name": nullable(STRING),
                                    "operator": nullable(STRING),
                                    "value": defaulted(STRING, ""),
                                },
                            )
                        )
                    ),
                },
            )
        ),
        "value": nullable(STRING),
        "options": nullable(
            ListOf(
                Struct(
                    "CustomFieldsOption",
                    {
                        "label": defaulted(STRING, ""),
                        "value": defaulted(STRING, ""),
                        "selected": optional(BOOLEAN),
                    },
                )
            )
        ),
        **_optionals(BOOLEAN, "multiSelect", "hideOnDashboard"),
        "selectAllValueForMultiSelect": optional(STRING),
        "customMultiSelectValue": optional(ListOf(STRING)),
        "escapeSingleQuotes": optional(BOOLEAN),
        "scope": optional(STRING),
        **_optionals(ListOf(STRING), "tabs", "panels"),
    },
)
_TAB = Struct(
    "Tab",
    {
        "tabId": required(STRING),
        "name": required(STRING),
        "panels": defaulted(ListOf(_PANEL), []),
    },
)
DASHBOARD = Struct(
    "Dashboard",
    {
        "version": defaulted(INTEGER, 8),
        "dashboardId": defaulted(STRING, ""),
        "title": defaulted(STRING, ""),
        "description": defaulted(STRING, ""),
        "role": defaulted(STRING, ""),
        "owner": defaulted(STRING, ""),
        "created": defaulted(TIMESTAMP, ""),
        "tabs": defaulted(ListOf(_TAB), []),
        "variables": optional(
            Struct(
                "Variables",
                {
                    "list": defaulted(ListOf(_VARIABLE), []),
                    "showDynamicFilters": optional(BOOLEAN),
                },
            )
        ),
        "defaultDatetimeDuration": optional(_TIME_RANGE),
        "updatedAt": defaulted(INTEGER, 0),
    },
)
"""The body of a dashboard; `created` is "" when it was not sent."""
