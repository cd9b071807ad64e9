"""What a dashboard is made of: tabs, panels and variables, as a program writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

__all__ = ["Axis", "Panel", "QueryData", "Tab", "Variable"]


class Axis(TypedDict, total=False):
    """One output column of a panel's SQL on one of its axes."""

    alias: Required[pulumi.Input[str]]
    """Name of the column in the SQL's result."""
    label: pulumi.Input[str]
    """What people read; the alias unless given."""
    color: pulumi.Input[str]


class Panel(TypedDict, total=False):
    """One panel of a tab; where it stands follows from `order`, `width` and `height`."""

    order: Required[pulumi.Input[float]]
    """Place among the panels of its tab: 10, 20, 30 …, so that one fits between."""
    type: Required[pulumi.Input[str]]
    """The server's word: ``metric``, ``line``, ``bar``, ``pie``, ``table``, ``markdown`` …"""
    title: Required[pulumi.Input[str]]
    description: pulumi.Input[str]
    width: Required[pulumi.Input[int]]
    """Grid columns, of 192."""
    height: Required[pulumi.Input[int]]
    """Grid rows, of 17 px."""
    x: pulumi.Input[int]
    """Grid column, if it is not the one that follows from the order."""
    y: pulumi.Input[int]
    """Grid row, if it is not the one that follows from the order."""
    query: pulumi.Input[str]
    """SQL."""
    extra_queries: pulumi.Input[Sequence[Mapping[str, Any]]]
    """Further queries of the panel, in the server's form."""
    stream: pulumi.Input[str]
    stream_type: pulumi.Input[Literal["logs", "traces", "metrics"]]
    x_axis: pulumi.Input[Sequence[Axis]]
    y_axis: pulumi.Input[Sequence[Axis]]
    z_axis: pulumi.Input[Sequence[Axis]]
    breakdown: pulumi.Input[Sequence[Axis]]
    config: pulumi.Input[Mapping[str, Any]]
    """The server's own keys: ``unit``, ``decimals``, ``show_legends``, ``mark_line`` …"""
    markdown_content: pulumi.Input[str]
    html_content: pulumi.Input[str]


class Tab(TypedDict):
    """One tab of a dashboard."""

    order: pulumi.Input[float]
    """Place among the tabs: 10, 20, 30 …"""
    name: pulumi.Input[str]
    panels: pulumi.Input[Mapping[str, pulumi.Input[Panel]]]
    """Panels by id; ids are unique in the whole dashboard."""


class QueryData(TypedDict, total=False):
    """Where the choices of a variable come from."""

    stream: Required[pulumi.Input[str]]
    stream_type: Required[pulumi.Input[Literal["logs", "traces", "metrics"]]]
    field: Required[pulumi.Input[str]]
    max_record_size: pulumi.Input[int]
    """Most choices; the server's own default is 10."""
    filter: pulumi.Input[Sequence[Mapping[str, Any]]]


class Variable(TypedDict, total=False):
    """One variable of a dashboard, by which people narrow it."""

    order: Required[pulumi.Input[float]]
    """Place among the variables: 10, 20, 30 …"""
    type: Required[pulumi.Input[Literal["query_values", "custom", "constant", "textbox"]]]
    label: pulumi.Input[str]
    value: pulumi.Input[str]
    """What it is until somebody chooses."""
    multi_select: pulumi.Input[bool]
    """Several values at once: the SQL says ``column IN (${name})`` then."""
    select_all_value_for_multi_select: pulumi.Input[Literal["first", "all", "custom"]]
    custom_multi_select_value: pulumi.Input[Sequence[pulumi.Input[str]]]
    escape_single_quotes: pulumi.Input[bool]
    """Without it a quote in a value ends the SQL text."""
    hide_on_dashboard: pulumi.Input[bool]
    query_data: pulumi.Input[QueryData]
    options: pulumi.Input[Sequence[Mapping[str, Any]]]
    """Choices of a ``custom`` variable: label, value, selected."""
    scope: pulumi.Input[Literal["global", "tabs", "panels"]]
    tabs: pulumi.Input[Sequence[pulumi.Input[str]]]
    panels: pulumi.Input[Sequence[pulumi.Input[str]]]
