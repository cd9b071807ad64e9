"""Bounds of what a condition compares, for all groups and steps: too wide at worst, never wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from sqlglot import exp

from llmcost_infra.backtest.activity import summand
from llmcost_infra.backtest.shape import DIALECT, UNKNOWN, reads_clock

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llmcost_infra.backtest.activity import Active, Activity

__all__ = ["Bounds", "holds"]

Interval = tuple["NDArray[np.float64]", "NDArray[np.float64]"]

_ULP: Final = 2.0**-52
_SLACK: Final = 1e-9
"""Relative to what is compared: a few roundings on the way are far below it."""
_FLOATS: Final = ("double", "float", "real")


class Bounds:
    """What expressions over groups lie between.

    Args:
        activity: the calls.
        seen: when each is in the window and meets the statement's conditions.
    """

    def __init__(self, activity: Activity, seen: Active) -> None:
        self._activity, self._seen = activity, seen
        self._known: dict[str, Interval] = {}

    def of(self, expression: exp.Expr) -> Interval:
        """Return the least and the greatest value, by group and step; null counts as 0."""
        text = expression.sql(DIALECT)
        if text not in self._known:
            with np.errstate(all="ignore"):
                self._known[text] = self._of(expression)
        return self._known[text]

    def _of(self, expression: exp.Expr) -> Interval:  # noqa: PLR0911 - one for each form
        match expression:
            case exp.Paren():
                return self.of(expression.this)
            case exp.Literal() if not expression.is_string:
                value = np.full((1, 1), float(expression.name))
                return value, value
            case exp.Neg():
                low, high = self.of(expression.this)
                return -high, -low
            case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
                return self._computed(expression)
            case exp.Cast():
                return self._cast(expression)
            case exp.Coalesce():
                return self._either([expression.this, *expression.expressions])
            case exp.Filter() | exp.Sum() | exp.Count():
                return self._aggregate(expression)
            case _:
                return _anything()

    def _computed(self, expression: exp.Binary) -> Interval:
        (a, b), (c, d) = self.of(expression.left), self.of(expression.right)
        if isinstance(expression, exp.Add):
            return a + c, b + d
        if isinstance(expression, exp.Sub):
            return a - d, b - c
        if isinstance(expression, exp.Mul):
            corners = (a * c, a * d, b * c, b * d)
        else:
            zero = (c <= 0) & (d >= 0)
            c, d = np.where(zero, np.nan, c), np.where(zero, np.nan, d)
            corners = (a / c, a / d, b / c, b / d)
        low, high = np.minimum.reduce(corners), np.maximum.reduce(corners)
        # Whole numbers are divided without a remainder, and a sum may be one.
        cut = 1.0 if isinstance(expression, exp.Div) and not _is_float(expression) else 0.0
        return _or_anything(low - cut, high + cut)

    def _cast(self, expression: exp.Cast) -> Interval:
        inner = expression.this.unnest()
        if isinstance(inner, exp.Literal) and inner.is_string and expression.is_type(*_FLOATS):
            try:
                value = np.full((1, 1), float(inner.name))
            except ValueError:
                return _anything()
            return value, value
        low, high = self.of(inner)
        # Other types cut or round what they take.
        return (low, high) if expression.is_type(*_FLOATS) else (low - 1, high + 1)

    def _either(self, choices: list[exp.Expr]) -> Interval:
        found = [self.of(one) for one in choices]
        low, high = found[0]
        for least, most in found[1:]:
            low, high = np.minimum(low, least), np.maximum(high, most)
        return low, high

    def _aggregate(self, expression: exp.Expr) -> Interval:
        found = summand(expression)
        if found is None:
            return _anything()
        of, conditions = found
        active = self._seen.where(conditions)
        counts = isinstance(expression.find(exp.Sum, exp.Count), exp.Count)
        if isinstance(of, exp.Star):
            values = self._activity.count_of(of)
        elif reads_clock(of) or UNKNOWN in of.sql(DIALECT):
            return (np.zeros((1, 1)), self._activity.counted(active)) if counts else _anything()
        elif counts:
            values = self._activity.count_of(of)
        else:
            values = np.nan_to_num(
                self._activity.values(of), nan=0.0, posinf=np.inf, neginf=-np.inf
            )
        if not np.isfinite(values).all():
            return _anything()
        return self._summed(active, values)

    def _summed(self, active: Active, values: NDArray[np.float64]) -> Interval:
        # Adding n numbers in any order is off by at most n roundings of their absolute sum.
        calls = float(self._activity.count_of(exp.Star()).sum())
        off = 4 * _ULP * max(1.0, calls) * float(np.abs(values).sum())
        if not active.loose:
            total = self._activity.summed(active, values)
            return total - off, total + off
        low = self._activity.summed(active, np.minimum(values, 0))
        return low - off, self._activity.summed(active, np.maximum(values, 0)) + off


def holds(bounds: Bounds, condition: exp.Expr) -> NDArray[np.bool_]:
    """Tell for each group and step whether a condition can hold."""
    match condition:
        case exp.Paren():
            return holds(bounds, condition.this)
        case exp.And():
            return holds(bounds, condition.left) & holds(bounds, condition.right)
        case exp.Or():
            return holds(bounds, condition.left) | holds(bounds, condition.right)
        case exp.GT() | exp.GTE() | exp.LT() | exp.LTE() | exp.EQ():
            return _compared(bounds, condition)
        case _:
            return np.ones((1, 1), np.bool_)


def _compared(bounds: Bounds, condition: exp.Binary) -> NDArray[np.bool_]:
    (a, b), (c, d) = bounds.of(condition.left), bounds.of(condition.right)
    with np.errstate(all="ignore"):
        above = ~(b < c - _slack(b, c))
        below = ~(a > d + _slack(a, d))
    if isinstance(condition, exp.GT | exp.GTE):
        return np.asarray(above, np.bool_)
    return np.asarray(below if isinstance(condition, exp.LT | exp.LTE) else above & below, np.bool_)


def _slack(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.nan_to_num(_SLACK * (np.abs(one) + np.abs(other)), posinf=0.0))


def _is_float(expression: exp.Expr) -> bool:
    return any(
        (isinstance(node, exp.Literal) and "." in node.name)
        or (isinstance(node, exp.Cast) and node.is_type(*_FLOATS))
        for node in expression.walk()
    )


def _anything() -> Interval:
    return np.full((1, 1), -np.inf), np.full((1, 1), np.inf)


def _or_anything(low: NDArray[np.float64], high: NDArray[np.float64]) -> Interval:
    """Return an interval whose unknown ends are infinite."""
    unknown = np.isnan(low) | np.isnan(high)
    return np.where(unknown, -np.inf, low), np.where(unknown, np.inf, high)
