"""Tokens that a provider served in one lane and we count in another: batch, tiers, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from llmcost_infra.pricing.table import BATCH
from llmcost_infra.reconcile.amounts import ZERO
from llmcost_infra.reconcile.causes import Cause, Range
from llmcost_infra.reconcile.cells import Tokens
from llmcost_infra.reconcile.records import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from llmcost_infra.reconcile.cells import Cell, Counts
    from llmcost_infra.reconcile.own_tokens import Ours

__all__ = ["Shift", "find_shift", "lane_name", "sums_of", "tangled"]

_CACHED: Final = ("cache_read", "cache_write", "cache_write_1h")


def sums_of(tokens: Mapping[str, int]) -> tuple[int, int]:
    """Return the tokens that were sent and those that came back."""
    back = tokens.get("output", 0)
    return sum(tokens.values()) - back, back


def lane_name(lane: Lane) -> str:
    """Return what a lane is called."""
    return f"{lane.tier} over {lane.over:,} tokens" if lane.over else lane.tier


def _cause(here: Lane, there: Lane) -> Cause:
    if here.tier != there.tier:
        return Cause.BATCH if BATCH in {here.tier, there.tier} else Cause.SERVICE_TIER
    return Cause.CONTEXT_TIER


@dataclass(frozen=True, slots=True)
class Shift:
    """Tokens that we count in another lane than the provider: as many lack as there are too many.

    Args:
        cell: where.
        here: the lane in which we have more.
        moved: the lanes in which the provider has more, with the tokens by class.
        rest: what the move leaves of the gap: nothing, or classes of one lane.
    """

    cell: Cell
    here: Lane
    moved: Mapping[Lane, Mapping[str, int]]
    rest: Tokens

    def told(self) -> Iterator[tuple[Cause, Decimal, str]]:
        """Yield cause, amount and evidence of each move."""
        for there, tokens in self.moved.items():
            words = f"{sum(tokens.values()):,} tokens were billed as {lane_name(there)}"
            evidence = f"{words}, and ours count as {lane_name(self.here)}"
            yield _cause(self.here, there), _dearer(self.cell, self.here, there, tokens), evidence


def find_shift(cell: Cell, gap: Tokens, calls: Counts) -> Shift | None:
    """Return the shift between lanes that a gap is, where numbers of tokens and calls show it.

    Args:
        cell: where.
        gap: our tokens less the provider's.
        calls: ours by lane.
    """
    sums = {lane: sums_of(gap.lane(lane)) for lane in gap.lanes}
    more = [lane for lane, (sent, back) in sums.items() if min(sent, back) >= 0 < sent + back]
    less = [lane for lane, (sent, back) in sums.items() if max(sent, back) <= 0 > sent + back]
    if len(more) != 1:
        return None
    [here] = more
    for count in range(1, len(less) + 1):
        for lanes in combinations(less, count):
            lacking = tuple(-sum(sums[lane][part] for lane in lanes) for part in (0, 1))
            if lacking == sums[here] and _calls_agree(cell, calls, [here, *lanes]):
                return _moved(cell, gap, here, lanes)
    return None


def _calls_agree(cell: Cell, calls: Counts, lanes: list[Lane]) -> bool:
    counted = cell.requests
    return counted is None or not sum(calls.get(one, 0) - counted.get(one, 0) for one in lanes)


def _moved(cell: Cell, gap: Tokens, here: Lane, lanes: tuple[Lane, ...]) -> Shift:
    moved = {lane: {name: -n for name, n in gap.lane(lane).items()} for lane in lanes}
    rest = Tokens(dict(gap.of))
    for lane, tokens in moved.items():
        rest.add(here, tokens, -1)
        rest.add(lane, tokens)
    return Shift(cell, here, moved, rest)


def _dearer(cell: Cell, here: Lane, there: Lane, tokens: Mapping[str, int]) -> Decimal:
    """Return how much more tokens cost in one lane than in another."""
    return sum(
        ((cell.rate(here, one) - cell.rate(there, one)) * n for one, n in tokens.items()), ZERO
    )


def tangled(cell: Cell, ours: Ours, gap: Tokens) -> Iterator[Range]:
    """Yield every cause that a gap may have, each with a range that holds whatever the others are.

    Args:
        cell: where.
        ours: our side of it.
        gap: our tokens less the provider's, in which several causes are mixed.
    """
    ranges = _shifts(cell, ours, gap)
    cached = _cached(cell, ours, gap)
    if cached is not None:
        ranges[Cause.CACHED] = cached
    total = cell.value(gap)
    deficit = -cell.value(Tokens({key: count for key, count in gap.of.items() if count < 0}))
    highest = sum((high for _, high in ranges.values()), ZERO)
    lowest = sum((low for low, _ in ranges.values()), ZERO)
    lost = -max(deficit, highest - total)
    ranges[Cause.MISSING_TRAFFIC] = (lost, ZERO)
    if ours.silent:
        ranges[Cause.NO_USAGE] = (lost, ZERO)
    surplus = sum(ours.calls.values()) - sum((cell.requests or {}).values())
    if cell.requests is None or surplus > 0:
        ranges[Cause.DOUBLE_COUNTING] = (ZERO, max(ZERO, total - lowest - lost))
    for cause, (low, high) in ranges.items():
        yield Range(cause, low, high)


def _shifts(cell: Cell, ours: Ours, gap: Tokens) -> dict[Cause, tuple[Decimal, Decimal]]:
    """Return what moves between lanes may be: all that lacks in a lane, or nothing of it."""
    here = max(ours.tokens.lanes or [Lane()], key=lambda one: sum(ours.tokens.lane(one).values()))
    ranges: dict[Cause, tuple[Decimal, Decimal]] = {}
    for there in gap.lanes:
        tokens = {one: -n for one, n in gap.lane(there).items() if n < 0}
        if there == here or not tokens:
            continue
        usd = _dearer(cell, here, there, tokens)
        low, high = ranges.get(_cause(here, there), (ZERO, ZERO))
        ranges[_cause(here, there)] = (low + min(ZERO, usd), high + max(ZERO, usd))
    return ranges


def _cached(cell: Cell, ours: Ours, gap: Tokens) -> tuple[Decimal, Decimal] | None:
    low = high = ZERO
    for lane in gap.lanes:
        lacking = {one: max(0, -gap.lane(lane).get(one, 0)) for one in _CACHED}
        if ours.untold.get(lane):
            saved = ((cell.rate(lane, "input") - cell.rate(lane, one)) * n
                     for one, n in lacking.items())  # fmt: skip
            high += max(ZERO, sum(saved, ZERO))
        dearer = cell.rate(lane, "cache_write") - cell.rate(lane, "cache_write_1h")
        low += min(ZERO, dearer * lacking["cache_write_1h"])
    return (low, high) if low or high else None
