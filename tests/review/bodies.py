"""Inputs of objects, made up: two of them have much in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.program import Registered
from llmcost_infra.resources import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALERTS", "DASHBOARDS", "VALUES", "canonical", "registered", "shuffled"]

_NAMES = st.sampled_from(["cost", "calls", "tokens", "errors"])
_SQL = st.sampled_from(
    [
        "SELECT SUM(cost_usd) AS cost\nFROM calls\nWHERE spent > 20",
        "SELECT SUM(cost_usd) AS cost\nFROM calls\nWHERE spent > 30",
        "SELECT SUM(cost_usd) AS cost, COUNT(*) AS calls\nFROM calls",
        "SELECT 1 AS one",
    ]
)
_PANELS = st.fixed_dictionaries(
    {"title": _NAMES, "type": st.sampled_from(["line", "pie"]), "query": _SQL},
    optional={
        "order": st.integers(1, 4),
        "width": st.sampled_from([48, 96, 192]),
        "height": st.sampled_from([9, 18]),
        "x": st.sampled_from([0, 96]),
        "y": st.sampled_from([0, 18]),
        "config": st.fixed_dictionaries({}, optional={"unit": _NAMES, "decimals": st.just(2)}),
        "y_axis": st.lists(st.fixed_dictionaries({"alias": _NAMES}), max_size=2),
    },
)
_TABS = st.fixed_dictionaries(
    {
        "name": _NAMES,
        "order": st.integers(1, 3),
        "panels": st.dictionaries(_NAMES, _PANELS, max_size=4),
    }
)
_VARIABLES = st.fixed_dictionaries(
    {"type": st.just("custom"), "order": st.integers(1, 3)}, optional={"label": _NAMES}
)

DASHBOARDS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"title": _NAMES, "tabs": st.dictionaries(_NAMES, _TABS, max_size=3)},
    optional={
        "description": _NAMES,
        "variables": st.dictionaries(_NAMES, _VARIABLES, max_size=3),
        "default_time_range": st.sampled_from(["24h", "7d"]),
    },
)

ALERTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "name": st.just("daily_budget"),
        "stream_name": st.just("llm_calls"),
        "stream_type": st.just("traces"),
        "destinations": st.lists(_NAMES, unique=True, max_size=2),
        "query_condition": st.fixed_dictionaries({"type": st.just("sql"), "sql": _SQL}),
        "trigger_condition": st.fixed_dictionaries(
            {"period": st.integers(1, 3), "frequency": st.integers(1, 3)},
            optional={"silence": st.integers(0, 2)},
        ),
    },
    optional={
        "row_template": st.sampled_from(["limit $20.00", "limit $30.00", "over"]),
        "context_attributes": st.dictionaries(
            st.sampled_from(["severity", "owner", "title"]), _NAMES, max_size=3
        ),
        "enabled": st.booleans(),
    },
)

VALUES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    _NAMES,
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.just(1.0), _NAMES),
        lambda inner: st.one_of(
            st.lists(inner, max_size=2), st.dictionaries(_NAMES, inner, max_size=3)
        ),
        max_leaves=12,
    ),
    max_size=3,
)


def canonical(kind: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The normal form that the kind gives them."""
    return KINDS[f"openobserve:index:{kind}"].canonical(dict(inputs))


def registered(kind: str, name: str, inputs: Mapping[str, Any], stack: str = "dev") -> Registered:
    """A resource with these inputs, as a program registers it."""
    type_ = f"openobserve:index:{kind}"
    return Registered(
        urn=f"urn:pulumi:{stack}::shop::{type_}::{name}",
        type=type_,
        name=name,
        inputs=dict(inputs),
        parent=None,
        custom=True,
        read=False,
        source=Source("__main__.py", 3),
        unknown=(),
        problems=(),
    )


def shuffled(value: Any) -> Any:
    """The same JSON with its keys the other way round."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(list(value))}
    return [shuffled(item) for item in value] if isinstance(value, list) else value
