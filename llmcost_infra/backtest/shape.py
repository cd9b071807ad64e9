"""Reads from an alert's statement which calls count, by which keys, and what has to hold of them.

A statement of another shape has none: then every step is left to the SQL engine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DIALECT", "LAST", "STARTED", "UNKNOWN", "Shape", "conjuncts", "reads_clock", "shape_of"]

DIALECT = "postgres"
STARTED, LAST = "started_at", "backtest_last"
"""Columns of `Shape.calls`: the times of the first and the last copy of a call, in µs."""
UNKNOWN = "backtest_unknown"
"""Stands for what only the engine can tell."""

_IDENTITY = {"trace_id", "span_id"}
_GROUPING_SETS = ("cube", "rollup", "grouping_sets")
_REFUSED = ("distinct", "joins", "laterals", "qualify", "with_", "with", "offset", "windows")


@dataclass(frozen=True)
class Shape:
    """What an alert asks of calls.

    Args:
        calls: statement that yields each call once.
        columns: alias → expression over the columns of `calls`.
        where: conditions on one call that all have to hold.
        keys: expressions that calls are grouped by.
        grouped: whether there is one row for each group, or for all calls; else for each call.
        having: conditions on a group that all have to hold.
    """

    calls: exp.Select
    columns: Mapping[str, exp.Expr]
    where: tuple[exp.Expr, ...] = ()
    keys: tuple[exp.Expr, ...] = ()
    grouped: bool = False
    having: tuple[exp.Expr, ...] = ()


def shape_of(statement: str) -> Shape | None:
    """Return the shape of a statement, or None when it has another one."""
    try:
        parsed = sqlglot.parse_one(statement, read=DIALECT)
    except SqlglotError:
        return None
    return _read(parsed, outermost=True) if isinstance(parsed, exp.Select) else None


def reads_clock(expression: exp.Expr) -> bool:
    """Tell whether the value of an expression depends on when it is asked for."""
    return any(_is_clock(node) for node in expression.walk())


def conjuncts(expression: exp.Expr | None) -> tuple[exp.Expr, ...]:
    """Return the conditions that all have to hold."""
    if expression is None:
        return ()
    if isinstance(expression, exp.Paren):
        return conjuncts(expression.this)
    if isinstance(expression, exp.And):
        return conjuncts(expression.left) + conjuncts(expression.right)
    return (expression,)


def _is_clock(node: exp.Expr) -> bool:
    return isinstance(node, exp.CurrentTimestamp | exp.CurrentDate | exp.CurrentTime) or (
        isinstance(node, exp.Anonymous) and node.name.lower() == "now"
    )


def _read(select: exp.Select, *, outermost: bool = False) -> Shape | None:
    cut = select.args.get("limit") and not outermost
    source = select.args.get("from_") or select.args.get("from")
    if source is None or cut or any(select.args.get(name) for name in _REFUSED):
        return None
    if isinstance(source.this, exp.Table):
        return _calls(select)
    if not isinstance(source.this, exp.Subquery) or not isinstance(source.this.this, exp.Select):
        return None
    inner = _read(source.this.this)
    if inner is None:
        return None
    return _over_groups(select, inner) if inner.grouped else _over_calls(select, inner)


def _calls(select: exp.Select) -> Shape | None:
    """Return the shape of the statement that yields each call once."""
    group = select.args.get("group")
    names = {one.name for one in group.expressions} if group else set[str]()
    aliases = {item.alias_or_name for item in select.expressions}
    if names != _IDENTITY or not {STARTED, *_IDENTITY} <= aliases or reads_clock(select):
        return None
    if select.args.get("having") or select.args.get("limit"):
        return None
    last = exp.alias_(exp.Max(this=exp.column("_timestamp")), LAST)
    return Shape(
        calls=select.copy().select(last),
        columns={name: exp.column(name) for name in sorted(aliases)},
    )


def _selected(select: exp.Select, inner: Shape) -> dict[str, exp.Expr]:
    return {one.alias_or_name: _filled(one.unalias(), inner.columns) for one in select.expressions}


def _over_calls(select: exp.Select, inner: Shape) -> Shape | None:
    where = select.args.get("where")
    shape = replace(
        inner,
        where=inner.where
        + tuple(_filled(one, inner.columns) for one in conjuncts(where and where.this)),
    )
    group, having = select.args.get("group"), select.args.get("having")
    columns = _selected(select, inner)
    aggregates = any(_aggregates(one) for one in columns.values())
    if not (group or having or aggregates):
        return replace(shape, columns=columns)
    keys = [] if group is None else [_filled(one, inner.columns) for one in group.expressions]
    if group is not None and any(
        group.args.get(one) for one in ("cube", "rollup", "grouping_sets")
    ):
        return None
    if any(isinstance(key, exp.Literal) for key in keys):
        return None
    conditions = conjuncts(having and having.this)
    return replace(
        shape,
        columns=columns,
        keys=tuple(keys),
        grouped=True,
        having=tuple(_filled(one, inner.columns) for one in conditions),
    )


def _over_groups(select: exp.Select, inner: Shape) -> Shape | None:
    if select.args.get("group") or select.args.get("having"):
        return None
    columns = _selected(select, inner)
    if any(_aggregates(item) for item in select.expressions):
        return None
    where = select.args.get("where")
    more = tuple(_filled(one, inner.columns) for one in conjuncts(where and where.this))
    return replace(inner, columns=columns, having=inner.having + more)


def _aggregates(expression: exp.Expr) -> bool:
    return any(
        isinstance(node, exp.AggFunc | exp.Filter)
        or (isinstance(node, exp.Anonymous) and node.name.lower().startswith("approx_"))
        for node in expression.walk()
    )


def _filled(expression: exp.Expr, columns: Mapping[str, exp.Expr]) -> exp.Expr:
    """Return an expression with what aliases stand for; windows are beyond what is read here."""

    def filled(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Window):
            return exp.column(UNKNOWN)
        if isinstance(node, exp.Column):
            found = columns.get(node.name)
            return exp.column(UNKNOWN) if found is None else exp.paren(found.copy())
        return node

    return expression.copy().transform(filled)
