"""How often changed alerts would have fired over recorded rows, before and after the change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmcost_infra.backtest import (
    Comparison,
    backtest,
    needed_columns,
    range_before,
    read_rows,
    rules_of,
)
from llmcost_infra.errors import LlmCostError
from llmcost_infra.review.notes import Note

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.backtest import Rows, Rule
    from llmcost_infra.review.sides import Side

__all__ = ["AlertEffect", "alert_effects"]

_DAYS: Final = 30
_DECIDES: Final = ("query_condition", "trigger_condition", "stream_name")
"""What of an alert decides when it fires."""


@dataclass(frozen=True, slots=True)
class AlertEffect:
    """What a changed alert would have done.

    Args:
        alert: its name.
        stack: whose alert it is.
        sentence: firings before and after, and the first one.
    """

    alert: str
    stack: str
    sentence: str


def alert_effects(
    base: Side, head: Side, stack: str, data: Path
) -> tuple[tuple[AlertEffect, ...], tuple[Note, ...]]:
    """Return what the changed alerts of a stack would have done in the last 30 days of rows.

    Args:
        base: the one end.
        head: the other.
        stack: its name.
        data: file of rows of the stack's LLM stream.
    """
    try:
        old = {one.name: one for one in rules_of(base.programs[stack], base.folder)}
        known = rules_of(head.programs[stack], head.folder)
    except LlmCostError as error:
        return (), (Note("backtest", error.message, (stack,)),)
    changed = [one for one in known if _decides(one) != _decides(old.get(one.name))]
    streams = [one.stream for one in known]
    stream = max(streams, key=streams.count, default="")
    effects: list[AlertEffect] = []
    notes: list[Note] = []
    for rule in changed:
        pair = [one for one in (old.get(rule.name), rule) if one is not None]
        try:
            if rule.stream != stream:
                raise LlmCostError(f"it reads {rule.stream}, of which there are no rows")  # noqa: TRY301 - told as all else
            rows = read_rows(data, needed_columns(one.sql for one in pair))
            effects.append(AlertEffect(rule.name, stack, _compared(pair, stream, rows)))
        except LlmCostError as error:
            notes.append(Note(f"backtest of {rule.name}", error.message, (stack,)))
    return tuple(effects), tuple(notes)


def _compared(pair: list[Rule], stream: str, rows: Rows) -> str:
    """Return the comparison of an alert with what it was, if it was there."""
    last = rows.span[1] + 1 if rows.span else 0
    reports = [backtest(one, {stream: rows}, range_before(last, _DAYS)) for one in pair]
    return Comparison(reports[0] if len(reports) > 1 else None, reports[-1]).line()


def _decides(rule: Rule | None) -> object:
    return rule and [rule.body.get(key) for key in _DECIDES]
