"""Takes the difference between ours and a bill apart; every cent of it is in exactly one finding.

For each scope, day and model the difference is the sum of three, each zero where both sides agree:

    what was billed for the tokens that were billed, against our rates for them   `rate_gaps`
    our tokens against theirs, both at our rates                                  `quantities`
    what we stored for our tokens, against our rates for them                     `rate_gaps`

A cause is booked where something of its own shows it. Where two causes can be behind one amount
and nothing tells them apart, it is ambiguous, with the range of each; what nothing shows is
unexplained.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from math import sqrt
from typing import TYPE_CHECKING, Final

from llmcost_infra.reconcile.amounts import ZERO
from llmcost_infra.reconcile.causes import Cause, Finding, Range
from llmcost_infra.reconcile.own_tokens import ours_in
from llmcost_infra.reconcile.quantities import explain_tokens
from llmcost_infra.reconcile.rate_gaps import BilledRates, stored_costs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from llmcost_infra.reconcile.cells import Cell
    from llmcost_infra.reconcile.records import Charge, OwnCalls

__all__ = ["Compared", "explain", "explain_items", "explain_uncounted"]

_ENOUGH: Final = 50
"""Calls that a cell needs before its share says something about sampling."""
_CELLS: Final = 3
_SIGMAS: Final = 4.0
_LOST: Final = 0.97
"""A greater share than this is no sampling."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Both sums of a cell.

    Args:
        cell: scope, day and model.
        ours: what we stored, in USD.
        billed: what was billed for tokens, in USD.
    """

    cell: Cell
    ours: Decimal
    billed: Decimal


def explain(cells: Sequence[Cell], days: Collection[date]) -> tuple[list[Compared], list[Finding]]:
    """Return both sums of every cell, and findings that add up to their difference.

    Args:
        cells: of all scopes, in order; of other days only what ends within these.
        days: that are compared.
    """
    compared: list[Compared] = []
    findings: list[Finding] = []
    for _, alike in groupby(cells, key=lambda cell: cell.scope):
        scope = list(alike)
        within = [cell for cell in scope if cell.day in days]
        billed = BilledRates(within)
        findings += billed.findings()
        tokens: list[Finding] = []
        for cell, own in _by_end(scope, days, findings):
            tokens += explain_tokens(cell, own)
        findings += _sampled(within, tokens)
        for cell in within:
            stored = list(stored_costs(cell))
            ours = sum((one.usd for one in stored), ZERO)
            compared.append(Compared(cell, ours, cell.billed_usd))
            findings += (one.finding() for one in stored if one.gap)
    return compared, [one for one in findings if one.usd or one.ranges]


def explain_uncounted(
    cells: Sequence[Cell], days: Collection[date]
) -> tuple[list[Compared], list[Finding]]:
    """Return both sums of every cell where one side tells sums alone: nothing shows a cause."""
    compared: list[Compared] = []
    findings: list[Finding] = []
    for cell in (one for one in cells if one.day in days):
        ours = sum((one.usd for one in stored_costs(cell)), ZERO)
        compared.append(Compared(cell, ours, cell.billed_usd))
        usd = ours - cell.billed_usd
        said = _totals(cell) or "the bill tells no tokens; its provider's API does"
        findings.append(Finding(cell.scope, cell.day, cell.model, Cause.UNEXPLAINED, usd, said))
    return compared, [one for one in findings if one.usd]


def _totals(cell: Cell) -> str:
    """Return what is known of both sides where ours are totals of an old month."""
    if all(calls.split for calls in cell.own) or not cell.used:
        return ""
    ours = sum(ours_in(cell).tokens.of.values())
    share = ours / sum(cell.used.of.values())
    return f"our totals of old days have {share:.1%} of the billed tokens, and no classes"


def explain_items(charges: Iterable[tuple[str, Charge]]) -> Iterator[Finding]:
    """Yield what was billed for things that are no tokens: none of it is in our sum."""
    for scope, charge in charges:
        cause = Cause.NOT_OBSERVABLE if charge.known else Cause.UNPARSED
        yield Finding(scope, charge.day, charge.model, cause, -charge.usd, charge.item)


def _by_end(
    cells: Sequence[Cell], days: Collection[date], findings: list[Finding]
) -> Iterator[tuple[Cell, list[OwnCalls]]]:
    """Yield cells with our calls on the days on which the provider counts them.

    A call counts here on the day in which it begins. Where a provider's numbers fit better the day
    in which it ends, calls over midnight are moved, and a finding on either day says so.
    """
    by_model: defaultdict[str, dict[date, Cell]] = defaultdict(dict)
    for cell in cells:
        by_model[cell.model][cell.day] = cell
    for by_day in by_model.values():
        moved = _moved(by_day)
        within = [cell for day, cell in by_day.items() if day in days]
        if not any(calls.over_midnight for cell in by_day.values() for calls in cell.own):
            yield from ((cell, cell.own) for cell in within)
        elif _mismatch(within, moved) < _mismatch(within, {cell.day: cell.own for cell in within}):
            for cell in within:
                findings += _late(cell, moved[cell.day])
                yield cell, moved[cell.day]
        else:
            yield from ((cell, cell.own) for cell in within)


def _moved(by_day: Mapping[date, Cell]) -> dict[date, list[OwnCalls]]:
    """Return our calls by the day in which they end; none ends more than a day later."""
    moved: dict[date, list[OwnCalls]] = {}
    for day, cell in by_day.items():
        before = by_day.get(day - timedelta(days=1))
        stay = [calls for calls in cell.own if not calls.over_midnight]
        come = [calls for calls in before.own if calls.over_midnight] if before else []
        moved[day] = stay + come
    return moved


def _mismatch(cells: Iterable[Cell], own: Mapping[date, list[OwnCalls]]) -> int:
    gaps = (ours_in(cell, own[cell.day]).tokens.less(cell.used) for cell in cells)
    return sum(abs(count) for gap in gaps for count in gap.of.values())


def _late(cell: Cell, moved: list[OwnCalls]) -> Iterator[Finding]:
    before, after = ours_in(cell, cell.own), ours_in(cell, moved)
    usd = cell.value(before.tokens.less(after.tokens))
    calls = sum(one.calls for one in cell.own if one.over_midnight)
    said = f"{calls:,} calls end after midnight, and the provider counts them then"
    yield Finding(cell.scope, cell.day, cell.model, Cause.LATE_DATA, usd, said)


def _sampled(cells: Sequence[Cell], tokens: list[Finding]) -> list[Finding]:
    """Return findings in which a share that is the same everywhere is sampling.

    Traffic that is not instrumented lacks here and there. Where every model on every day has the
    same share of its calls, within what chance allows, somebody keeps that share of all spans.
    """
    shares = [
        (sum(ours_in(cell).calls.values()), sum(cell.requests.values()))
        for cell in cells
        if cell.requests and sum(cell.requests.values()) >= _ENOUGH
    ]
    lacking = [one / there for one, there in shares]
    if len(shares) < _CELLS or not all(0 < share < _LOST for share in lacking) or _whole(cells):
        return tokens
    share = sum(one for one, _ in shares) / sum(there for _, there in shares)
    if not all(_by_chance(one, there, share) for one, there in shares):
        said = "some calls lack for every model on every day, but not everywhere the same share"
        return [_or_sampling(one, said, ZERO) for one in tokens]
    # What chance allows may as well be traffic that lacks for another reason.
    chance = max(_chance(there, share) / (there - one) for one, there in shares)
    certain = Decimal(max(0.0, 1.0 - chance)).quantize(Decimal("0.001"))
    said = f"the same share of calls, {share:.1%}, is here for every model on every day"
    return [_or_sampling(one, said, certain) for one in tokens]


def _whole(cells: Sequence[Cell]) -> bool:
    """Return whether a model, or a lane, has all of its calls: a sampler would take of them too."""
    here: defaultdict[object, int] = defaultdict(int)
    there: defaultdict[object, int] = defaultdict(int)
    for cell in cells:
        ours = ours_in(cell)
        for lane, count in (cell.requests or {}).items():
            once = ours.calls.get(lane, 0) - ours.twin_calls.get(lane, 0)
            for pool in (cell.model, lane):
                here[pool] += once
                there[pool] += count
    return any(here[pool] >= _LOST * count for pool, count in there.items() if count >= _ENOUGH)


def _chance(there: int, share: float) -> float:
    return _SIGMAS * sqrt(there * share * (1 - share)) + 1


def _by_chance(here: int, there: int, share: float) -> bool:
    return abs(here - there * share) <= _chance(there, share)


def _or_sampling(finding: Finding, evidence: str, certain: Decimal) -> Finding:
    """Return a finding of missing traffic as one that sampling may be behind.

    Args:
        finding: any.
        evidence: of sampling.
        certain: share of the amount that is sampling in any case.
    """
    if finding.cause is Cause.MISSING_TRAFFIC:
        usd = finding.usd
        ranges = (
            Range(Cause.SAMPLING, usd, usd * certain),
            Range(Cause.MISSING_TRAFFIC, usd - usd * certain, ZERO),
        )
        return replace(finding, cause=Cause.AMBIGUOUS, evidence=evidence, ranges=ranges)
    both: list[Range] = []
    for one in finding.ranges:
        if one.cause is Cause.MISSING_TRAFFIC:
            both += [replace(one, high=ZERO), replace(one, cause=Cause.SAMPLING, high=ZERO)]
        else:
            both.append(one)
    return replace(finding, ranges=tuple(both))
