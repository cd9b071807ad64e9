"""Which answers a report may hold: totals by what a call was, never users or free text."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope

from llmcost_infra.columns import BILLING, ROLLUP, STORED, STORED_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlglot import Expr
    from sqlglot.optimizer.scope import Scope


__all__ = ["withheld"]

_LABELS: Final = (
    "dialect", "environment", "error_class", "feature", "finish_reason", "model", "operation",
    "price_row", "pricing_status", "provider", "region", "request_model", "response_model",
    "service_tier", "span_id", "span_kind", "span_status", "state", "team", "tool", "trace_id",
)  # fmt: skip
_TOTALS: Final = ("month", "period", "provider", "environment", "team", "feature", "model", "scope")
_ALLOWED: Final = frozenset(
    {
        *(name for name, kind in STORED.items() if kind != "utf8"),
        *(STORED_NAMES[name] for name in _LABELS),
        *(
            name
            for columns in (ROLLUP, BILLING)
            for name, kind in columns.items()
            if kind != "utf8" or name in _TOTALS
        ),
    }
)
"""Stored columns that hold neither who somebody is nor what somebody wrote."""

_ONE_CALL: Final = frozenset({"span_id", "trace_id"})


@lru_cache(maxsize=512)
def withheld(sql: str) -> str:
    """Return why an answer to a statement is not shown; nothing when it may be.

    Only what a statement selects from a stream counts: what it filters by is in no answer.
    """
    try:
        tree = sqlglot.parse_one(sql, read="postgres")
        scopes = traverse_scope(tree)
    except SqlglotError:
        return "its statement cannot be read"
    if isinstance(tree, exp.Query) and any(map(_is_of_one_call, tree.selects)):
        return "it shows single calls"
    for scope in scopes:
        for name in _selected(scope):
            if name not in _ALLOWED:
                return f"it selects {name}"
    return ""


def _is_of_one_call(output: Expr) -> bool:
    """Tell whether an output names a call; counting them names none."""
    return not output.find(exp.AggFunc) and any(
        column.name in _ONE_CALL for column in output.find_all(exp.Column)
    )


def _selected(scope: Scope) -> Iterator[str]:
    """Yield what a select takes from streams; what comes from another select was looked at there.

    Where both are joined, everything counts as taken from a stream.
    """
    sources: Mapping[str, object] = scope.sources
    if not any(isinstance(source, exp.Table) for source in sources.values()):
        return
    select = scope.expression
    if not isinstance(select, exp.Select):
        return
    for item in select.expressions:
        if item.find(exp.Star) and not item.find(exp.Count):
            yield "*"
        yield from (column.name for column in item.find_all(exp.Column) if column.name != "*")
