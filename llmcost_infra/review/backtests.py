"""How often changed alerts would have fired in the past, before and after the change."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from llmcost_infra.backtest import Comparison, rules_of
from llmcost_infra.errors import LlmCostError
from llmcost_infra.review.notes import Note, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llmcost_infra.backtest import Rule
    from llmcost_infra.review.histories import History, Past
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
    base: Side, head: Side, stack: str, history: Callable[[str, Sequence[Rule]], History]
) -> tuple[tuple[AlertEffect, ...], tuple[Note, ...]]:
    """Return what the changed alerts of a stack would have done in the last 30 days.

    Args:
        base: the one end.
        head: the other.
        stack: its name.
        history: given the stream that most alerts read, and all that are asked about.
    """
    try:
        old = {one.name: one for one in rules_of(base.programs[stack], base.folder)}
        known = rules_of(head.programs[stack], head.folder)
    except LlmCostError as error:
        return (), (Note("backtest", error.message, (stack,)),)
    changed = [one for one in known if _decides(one) != _decides(old.get(one.name))]
    pairs = [[one for one in (old.get(rule.name), rule) if one is not None] for rule in changed]
    streams = [one.stream for one in known]
    past = history(max(streams, key=streams.count, default=""), [*chain(*pairs)])
    effects: list[AlertEffect] = []
    notes: list[Note] = []
    for pair in pairs:
        name = pair[-1].name
        try:
            effects.append(AlertEffect(name, stack, _compared(pair, past.of(pair))))
        except LlmCostError as error:
            notes.append(Note(f"backtest of {name}", words_of(error), (stack,)))
    return tuple(effects), tuple(notes)


def _compared(pair: list[Rule], past: Past) -> str:
    """Return the comparison of an alert with what it was, if it was there."""
    reports = [past.replay(one, past.time_range) for one in pair]
    before = reports[0] if len(reports) > 1 else None
    line = Comparison(before, reports[-1]).line(named=past.named)
    days = reports[-1].days
    return line if days == _DAYS else f"{line} (in {days:g} days)"


def _decides(rule: Rule | None) -> object:
    return rule and [rule.body.get(key) for key in _DECIDES]
