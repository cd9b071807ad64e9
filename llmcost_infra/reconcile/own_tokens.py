"""Our calls of a cell in the provider's units: by the lanes and classes that it tells apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmcost_infra.reconcile.amounts import ZERO
from llmcost_infra.reconcile.cells import Tokens
from llmcost_infra.reconcile.records import Lane

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from llmcost_infra.reconcile.cells import Cell, Counts
    from llmcost_infra.reconcile.records import OwnCalls

__all__ = ["Ours", "ours_in", "size_premium"]

_NOT_COUNTED: Final = "failed_no_charge"


@dataclass
class Ours:
    """Our calls of a cell, added up.

    Args:
        tokens: of all calls that report usage.
        calls: by lane, those without usage included, refused ones not.
        silent: calls without usage, by lane.
        untold: input of calls that do not say how much of it was cached, by lane.
        twins: tokens of calls that another instrumentation reported as well.
        twin_calls: how many those are, by lane.
    """

    tokens: Tokens
    calls: Counts
    silent: Counts
    untold: Counts
    twins: Tokens
    twin_calls: Counts


def ours_in(cell: Cell, own: Sequence[OwnCalls] | None = None) -> Ours:
    """Add our calls of a cell up, by the lanes that the provider tells apart."""
    found = Ours(Tokens(), {}, {}, {}, Tokens(), {})
    for calls in cell.own if own is None else own:
        if calls.status == _NOT_COUNTED and calls.tokens is None:
            continue
        lane = _comparable(cell, calls)
        _count(found.calls, lane, calls.calls)
        if calls.tokens is None:
            _count(found.silent, lane, calls.calls)
            continue
        found.tokens.add(lane, calls.tokens)
        if not calls.cache_told:
            _count(found.untold, lane, calls.tokens.get("input", 0))
        if calls.twin:
            found.twins.add(lane, calls.tokens)
            _count(found.twin_calls, lane, calls.calls)
    return found


def _comparable(cell: Cell, calls: OwnCalls) -> Lane:
    lane = cell.lane_of(calls)
    # A provider that counts requests, OpenAI, does not tell sizes of input apart.
    return Lane(lane.tier) if lane.over and cell.requests is not None else lane


def size_premium(cell: Cell) -> dict[str, Decimal]:
    """Return what our large requests cost more than usual ones, by class of tokens.

    Only where the provider's counts do not tell sizes apart; elsewhere each size is a lane.
    """
    found: dict[str, Decimal] = {}
    for calls in cell.own:
        lane, usual = cell.lane_of(calls), _comparable(cell, calls)
        if lane == usual or calls.tokens is None:
            continue
        for name, count in calls.tokens.items():
            more = (cell.rate(lane, name) - cell.rate(usual, name)) * count
            found[name] = found.get(name, ZERO) + more
    return found


def _count(counts: Counts, lane: Lane, more: int) -> None:
    counts[lane] = counts.get(lane, 0) + more
