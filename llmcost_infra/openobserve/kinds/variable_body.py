"""Variables to and from the server's form: a map by name, and a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs

__all__ = ["canonical_variable", "fold_variable", "unfold_variable"]

_KEYS = {
    "custom_multi_select_value": "customMultiSelectValue",
    "escape_single_quotes": "escapeSingleQuotes",
    "hide_on_dashboard": "hideOnDashboard",
    "multi_select": "multiSelect",
    "select_all_value_for_multi_select": "selectAllValueForMultiSelect",
}
_DEFAULTS: Inputs = {
    "escape_single_quotes": False,
    "hide_on_dashboard": False,
    "multi_select": False,
    "scope": "global",
    "select_all_value_for_multi_select": "first",
}
_SENT: Inputs = {
    "escape_single_quotes": False,
    "hide_on_dashboard": False,
    "multi_select": False,
    "options": [],
    "scope": "global",
    "value": "",
}


def fold_variable(name: str, variable: Inputs) -> dict[str, Any]:
    """Return a variable in the server's form; its order is its place in the list."""
    values: Inputs = {"label": name, **_SENT, **variable, "name": name}
    del values["order"]
    if query := values.get("query_data"):
        values["query_data"] = {"filter": [], **query}
    return {_KEYS.get(key, key): value for key, value in values.items()}


def unfold_variable(variable: Mapping[str, Any]) -> Inputs:
    """Return the inputs of a variable without its order, canonical."""
    names = {source: key for key, source in _KEYS.items()}
    values = {names.get(key, key): value for key, value in variable.items()}
    name = values.pop("name")
    return canonical_variable(name, values)


def canonical_variable(name: str, variable: Inputs) -> Inputs:
    """Return a variable without nulls and defaults; its label is its name unless it says more."""
    values: Inputs = plain(variable)
    if isinstance(values.get("query_data"), dict):
        values["query_data"] = without_defaults(values["query_data"], {})
    return without_defaults(values, {**_DEFAULTS, "label": name})
