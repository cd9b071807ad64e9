"""Tells, for all steps at once, when an alert may find something, by a statement beside its own.

Bounds of sums do not reach every rule. The author of one that compares an hour with two weeks can
say in SQL, over the whole past at once, when it could find something; all other steps need no
engine. What a screen names is still evaluated, so that it saves time and decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from llmcost_infra.backtest.prefilter import prefilter_of
from llmcost_infra.backtest.rows import SortedStreams, of_all_rows
from llmcost_infra.catalog import AT
from llmcost_infra.errors import EngineError
from llmcost_infra.sql_engine.arrow import arrow
from llmcost_infra.sql_engine.clauses import TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.backtest.rules import Rule

__all__ = ["Beforehand", "known_beforehand"]

_LOOKS: Final = "looks"
_SECOND: Final = 1_000_000
_APART: Final = (
    "SELECT trace_id FROM {stream} GROUP BY trace_id, span_id "
    "HAVING MIN(_timestamp) <> MAX(_timestamp) LIMIT 1"
)


class Beforehand(Protocol):
    """Knows of one alert at which steps it can find nothing."""

    def possible(self, steps: Sequence[int]) -> list[bool]:
        """Tell for each step, in µs and ascending, whether anything can be found."""
        ...


class _Screen:
    def __init__(self, rule: Rule, streams: SortedStreams) -> None:
        self._rule, self._streams = rule, streams

    def possible(self, steps: Sequence[int]) -> list[bool]:
        """Tell for each step whether the screen names it."""
        seconds = [step // _SECOND for step in steps]
        looks = arrow.RecordBatch.from_pydict({TIMESTAMP: list(steps), AT: seconds})
        streams = SortedStreams({**self._streams.rows, _LOOKS: looks})
        answer = of_all_rows(self._rule.screen, streams)
        if answer.fault:
            raise EngineError(f"the screen of {self._rule.name} failed: {answer.fault}")
        found = {at for batch in answer.batches for at in batch.column(AT).to_pylist()}
        return [second in found for second in seconds]


def known_beforehand(rule: Rule, streams: SortedStreams) -> Beforehand | None:
    """Return what knows of an alert at which steps it can find nothing, or None.

    Args:
        rule: the alert.
        streams: all rows that it may see.

    Raises:
        EngineError: its screen is refused.
    """
    if not rule.screen:
        return prefilter_of(rule, streams)
    # Copies of a call that lie in different windows count in some of them.
    apart = of_all_rows(_APART.format(stream=f'"{rule.stream}"'), streams)
    return None if apart.rows else _Screen(rule, streams)
