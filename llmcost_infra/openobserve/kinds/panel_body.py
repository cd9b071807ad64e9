"""Panels to and from the server's form: flat inputs, and queries, fields and config."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds.layout import HEIGHT, WIDTH
from llmcost_infra.openobserve.kinds.rules import maps
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.openobserve.kinds.layout import Box

__all__ = ["AXES", "CONTENT_TYPES", "canonical_panel", "fold_panel", "unfold_panel"]

CONTENT_TYPES = frozenset({"html", "markdown"})
"""Panels that show a text and ask nothing."""
AXES: Mapping[str, str] = {"x_axis": "x", "y_axis": "y", "z_axis": "z", "breakdown": "breakdown"}
"""Inputs that are axes, and the server's names for them."""

_PANEL_KEYS = {
    "query_type": "queryType",
    "html_content": "htmlContent",
    "markdown_content": "markdownContent",
    "custom_chart_content": "customChartContent",
}
_QUERY_KEYS = {
    "query": "query",
    "custom_query": "customQuery",
    "vrl_function_query": "vrlFunctionQuery",
    "query_config": "config",
    "joins": "joins",
    "tab_name": "tabName",
}
_FIELD_KEYS = {"stream": "stream", "stream_type": "stream_type", "filter": "filter", **AXES}
_OF_QUERY = frozenset({*_QUERY_KEYS, *_FIELD_KEYS, "fields"})

_NO_FILTER: Inputs = {"filterType": "group", "logicalOperator": "AND", "conditions": []}
_TRELLIS: Inputs = {"layout": None, "num_of_columns": 1}
_PANEL_DEFAULTS: Inputs = {"height": HEIGHT, "query_type": "sql", "width": WIDTH}
_QUERY_DEFAULTS: Inputs = {"custom_query": True, "filter": _NO_FILTER}
_BLANK_DEFAULTS: Inputs = {"custom_query": False, "filter": _NO_FILTER, "stream_type": "logs"}
_CONFIG_DEFAULTS: Inputs = {"show_legends": True}
_AXIS_DEFAULTS: Inputs = {
    "isDerived": False,
    "showFieldAsJson": False,
    "treatAsNonTimestamp": False,
    "type": "custom",
}
# What the UI's editor writes into every panel that is saved, chart or not.
_UNTOUCHED_CHART = re.compile(r"(\s*//[^\n]*)*\s*option\s*=\s*\{\s*\};?\s*")


def fold_panel(name: str, panel: Inputs, box: Box, number: int) -> dict[str, Any]:
    """Return a panel in the server's form.

    Args:
        name: its id.
        panel: inputs without problems.
        box: where it is.
        number: its number in the tab, from 1.
    """
    blank = panel["type"] in CONTENT_TYPES
    contents = {
        key: panel[source] for source, key in _PANEL_KEYS.items() if panel.get(source) is not None
    }
    return {
        "id": name,
        "type": panel["type"],
        "title": panel["title"],
        "description": panel.get("description", ""),
        "config": {"show_legends": True, "trellis": _TRELLIS, **panel.get("config", {})},
        "queryType": "sql",
        **contents,
        "queries": [
            _fold_query(query, blank=blank) for query in (panel, *panel.get("extra_queries", []))
        ],
        "layout": {"x": box.x, "y": box.y, "w": box.width, "h": box.height, "i": number},
    }


def unfold_panel(panel: Mapping[str, Any]) -> Inputs:
    """Return the inputs of a panel, with its place, canonical; keys that are new to us stay."""
    rest = dict(panel)
    layout: Inputs = rest.pop("layout", None) or {}
    queries: list[Mapping[str, Any]] = rest.pop("queries", None) or []
    values: Inputs = {
        "x": layout.get("x", 0),
        "y": layout.get("y", 0),
        # The UI takes these sizes for zero as well.
        "width": layout.get("w") or WIDTH,
        "height": layout.get("h") or HEIGHT,
    }
    del rest["id"]
    values |= {key: rest.pop(source, None) for key, source in _PANEL_KEYS.items()}
    if queries:
        values |= _unfold_query(queries[0])
        values["extra_queries"] = [_unfold_query(query) for query in queries[1:]]
    return canonical_panel({**values, **rest})


def canonical_panel(panel: Inputs) -> Inputs:
    """Return a panel without nulls, defaults and what the UI's editor adds by itself."""
    values: Inputs = plain(panel)
    kind = values.get("type")
    if kind != "custom_chart" and _UNTOUCHED_CHART.fullmatch(
        str(values.get("custom_chart_content", ""))
    ):
        del values["custom_chart_content"]
    if isinstance(values.get("config"), dict):
        values["config"] = _canonical_config(values["config"])
    values["extra_queries"] = [
        _canonical_query(query, blank=False) for query in maps(values.get("extra_queries"))
    ]
    values = _canonical_query(values, blank=kind in CONTENT_TYPES)
    return without_defaults(values, _PANEL_DEFAULTS)


def _fold_query(query: Inputs, *, blank: bool) -> dict[str, Any]:
    values: Inputs = {
        "query": "",
        "vrl_function_query": "",
        **(_BLANK_DEFAULTS if blank else _QUERY_DEFAULTS),
        "stream": "",
        **{key: value for key, value in query.items() if key in _OF_QUERY and value is not None},
    }
    fields: dict[str, Any] = {source: values.get(key, []) for key, source in _FIELD_KEYS.items()}
    for key, source in AXES.items():
        fields[source] = [_fold_axis(axis) for axis in maps(values.get(key))]
    others = {
        key: _fold_axis(one) if _is_axis(one) else one
        for key, one in values.get("fields", {}).items()
    }
    return {
        **{source: values[key] for key, source in _QUERY_KEYS.items() if key in values},
        "config": {"promql_legend": "", **values.get("query_config", {})},
        "fields": {**fields, **others},
    }


def _fold_axis(axis: Inputs) -> Inputs:
    return {"label": axis["alias"], "type": "custom", **axis}


def _unfold_query(query: Mapping[str, Any]) -> Inputs:
    rest = dict(query)
    fields: Inputs = dict(rest.pop("fields", None) or {})
    values = {key: rest.pop(source, None) for key, source in _QUERY_KEYS.items()}
    values |= {key: fields.pop(source, None) for key, source in _FIELD_KEYS.items()}
    return {**values, "fields": fields, **rest}


def _canonical_query(query: Inputs, *, blank: bool) -> Inputs:
    """Return a query, or a panel with the keys of one, without defaults."""
    values = dict(query)
    for key in AXES:
        if isinstance(values.get(key), list):
            values[key] = [_canonical_axis(axis) for axis in maps(values[key])]
    if isinstance(values.get("query_config"), dict):
        values["query_config"] = without_defaults(values["query_config"], {})
    if isinstance(values.get("fields"), dict):
        others: Inputs = values["fields"]
        values["fields"] = without_defaults(
            {key: _canonical_axis(one) if _is_axis(one) else one for key, one in others.items()}, {}
        )
    return without_defaults(values, _BLANK_DEFAULTS if blank else _QUERY_DEFAULTS)


def _is_axis(value: Any) -> bool:
    """Return whether one of the other fields is an axis, as latitude and longitude are."""
    return isinstance(value, dict) and "alias" in value


def _canonical_axis(axis: Inputs) -> Inputs:
    defaults = {**_AXIS_DEFAULTS, "label": axis.get("alias")}
    return without_defaults(axis, defaults, frozenset({"alias"}))


def _canonical_config(config: Inputs) -> Inputs:
    values = dict(config)
    if isinstance(values.get("trellis"), dict):
        values["trellis"] = without_defaults(values["trellis"], _TRELLIS)
    return without_defaults(values, _CONFIG_DEFAULTS)
