"""What is wrong with the variables of a dashboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmcost_infra.openobserve.kinds.base import Inputs, Problem
from llmcost_infra.openobserve.kinds.panel_rules import STREAM_TYPES
from llmcost_infra.openobserve.kinds.rules import (
    Rule,
    any_list,
    any_map,
    boolean,
    check,
    check_each,
    entries,
    items,
    nearest,
    non_empty,
    number,
    one_of,
    text,
    texts,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["variable_problems"]

_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_RULES: dict[str, Rule] = {
    "custom_multi_select_value": texts,
    "escape_single_quotes": boolean,
    "hide_on_dashboard": boolean,
    "label": text,
    "multi_select": boolean,
    "options": any_list,
    "order": number,
    "panels": texts,
    "query_data": any_map,
    "scope": one_of("global", "panels", "tabs"),
    "select_all_value_for_multi_select": one_of("all", "custom", "first"),
    "tabs": texts,
    "type": one_of("constant", "custom", "dynamic_filters", "query_values", "textbox"),
    "value": text,
}
_OPTION_RULES: dict[str, Rule] = {"label": non_empty, "selected": boolean, "value": non_empty}
_QUERY_RULES: dict[str, Rule] = {
    "field": non_empty,
    "filter": any_list,
    "max_record_size": whole(1),
    "stream": non_empty,
    "stream_type": one_of(*STREAM_TYPES),
}


def variable_problems(name: str, variable: Inputs, tabs: Collection[str]) -> Iterator[Problem]:
    """Yield all that is wrong with one variable.

    Args:
        name: its name.
        variable: its inputs.
        tabs: ids of the dashboard's tabs.
    """
    path = f"variables.{name}"
    if not _NAME.fullmatch(name):
        yield Problem(path, "must be named with letters, digits, _ and - only")
    yield from check(variable, _RULES, {"order", "type"}, path)
    match variable.get("type"):
        case "query_values":
            query = entries(variable).get("query_data", {})
            if variable.get("query_data", {}) is not None:
                at = f"{path}.query_data"
                yield from check(query, _QUERY_RULES, {"field", "stream", "stream_type"}, at)
        case "constant":
            if "value" not in variable or variable["value"] == "":
                yield Problem(f"{path}.value", "is missing: a constant has one")
        case "custom":
            yield from _option_problems(path, variable)
        case _:
            pass
    yield from _scope_problems(path, variable, tabs)


def _option_problems(path: str, variable: Inputs) -> Iterator[Problem]:
    options = variable.get("options", [])
    if isinstance(options, list) and not options:
        yield Problem(f"{path}.options", "is missing: a list of {label: caption, value: text}")
    yield from check_each(options, _OPTION_RULES, {"label", "value"}, f"{path}.options")


def _scope_problems(path: str, variable: Inputs, tabs: Collection[str]) -> Iterator[Problem]:
    scope = variable.get("scope")
    if scope in {"tabs", "panels"} and variable.get("tabs", []) == []:
        yield Problem(f"{path}.tabs", f"is missing: the tabs that it is for, as scope is {scope}")
    if scope == "panels" and variable.get("panels", []) == []:
        yield Problem(f"{path}.panels", "is missing: the panels that it is for")
    for tab in items(variable.get("tabs")):
        if tab not in tabs:
            yield Problem(f"{path}.tabs", f"{tab} is no tab; {nearest(str(tab), tabs)}")
