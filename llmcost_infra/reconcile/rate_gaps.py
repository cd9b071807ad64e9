"""Why the same tokens cost another amount: on the bill, and in what we stored."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llmcost_infra.pricing.table import BATCH
from llmcost_infra.reconcile.amounts import ZERO
from llmcost_infra.reconcile.causes import Cause, Finding, Range
from llmcost_infra.reconcile.cells import Tokens
from llmcost_infra.reconcile.own_tokens import size_premium
from llmcost_infra.reconcile.records import Lane

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from llmcost_infra.reconcile.cells import Cell
    from llmcost_infra.reconcile.records import OwnCalls

__all__ = ["BilledRates", "StoredCost", "stored_costs"]

_ROUNDED: Final = Decimal("0.005")
"""Half a cent: what a line of a bill may be off because it was rounded."""
_FLOAT: Final = Decimal("1e-9")
"""Relative: what sums of binary fractions are off."""
_HALF_A_CENT: Final = "less than half a cent a line of the bill"
_UNPRICED: Final = frozenset({"unpriced_model", "missing_rate"})


@dataclass(frozen=True, slots=True)
class StoredCost:
    """What alike calls cost as we stored it, beside what their tokens should cost.

    Args:
        cell: where.
        calls: they.
        usd: exact: that of their tokens where the two agree but for binary fractions.
        due: what their tokens should cost now.
    """

    cell: Cell
    calls: OwnCalls
    usd: Decimal
    due: Decimal

    @property
    def gap(self) -> Decimal:
        """Stored less due."""
        return self.usd - self.due

    def finding(self) -> Finding:
        """Return why the two differ."""
        cell = self.cell
        cause, evidence = self._why()
        return Finding(cell.scope, cell.day, cell.model, cause, self.gap, evidence)

    def _why(self) -> tuple[Cause, str]:
        cell, calls = self.cell, self.calls
        count = f"{calls.calls:,} calls"
        if calls.status in _UNPRICED and calls.usd is None:
            return Cause.UNPRICED_MODEL, f"{count} have no price here"
        applied = calls.price_row.partition(">")[0].partition("+")[0].partition("~")[0]
        valid = cell.book.row_id(cell.model, cell.day)
        if applied and valid and applied != valid:
            return Cause.PRICE_CHANGE, f"{count} were priced by {applied}, and {valid} is valid"
        return Cause.UNEXPLAINED, f"{count} were stored at another price than their row's"


def stored_costs(cell: Cell) -> Iterator[StoredCost]:
    """Yield what our calls of a cell cost, group by group; calls without usage cost nothing."""
    for calls in cell.own:
        if calls.tokens is None:
            if calls.usd:
                yield StoredCost(cell, calls, calls.usd, ZERO)
            continue
        lane = cell.lane_of(calls)
        tokens = Tokens()
        tokens.add(lane, calls.tokens)
        due = cell.value(tokens)
        usd = ZERO if calls.usd is None else calls.usd
        if calls.usd is not None and abs(usd - due) <= _FLOAT * max(abs(usd), Decimal(1)):
            usd = due
        yield StoredCost(cell, calls, usd, due)


@dataclass(frozen=True, slots=True)
class _Gap:
    cell: Cell
    token_class: str
    due: Decimal
    billed: Decimal

    @property
    def usd(self) -> Decimal:
        """Ours less the bill, were ours at the rates of the table."""
        return self.due - self.billed

    @property
    def matters(self) -> bool:
        return abs(self.usd) > _ROUNDED

    def fits(self, factor: Decimal) -> bool:
        """Return whether the bill is the list price times a factor, but for rounding."""
        return abs(self.due * factor - self.billed) <= _ROUNDED + abs(self.billed) * _FLOAT


class BilledRates:
    """The rates that a scope was billed by.

    Args:
        cells: all of the scope; a pattern over days and models tells more than one cell.
    """

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._gaps: list[_Gap] = []
        self._sizes: list[Finding] = []
        for cell in cells:
            self._compare(cell)
        self._by_model: defaultdict[str, list[_Gap]] = defaultdict(list)
        for gap in self._gaps:
            self._by_model[gap.cell.model].append(gap)
        common = _common(self._gaps) if len(self._by_model) > 1 else None
        self._everywhere = common if common != 1 else None

    def findings(self) -> Iterator[Finding]:
        """Yield why the billed amounts differ from the table's rates for the billed tokens."""
        yield from self._sizes
        for model, gaps in self._by_model.items():
            why = self._why(model, gaps)
            by_day: defaultdict[date, list[_Gap]] = defaultdict(list)
            for gap in gaps:
                by_day[gap.cell.day].append(gap)
            for alike in by_day.values():
                yield from _told(alike, why)

    def _compare(self, cell: Cell) -> None:
        usual, premium = list(_gaps(cell, {})), size_premium(cell)
        gaps = list(_gaps(cell, premium)) if premium else usual
        # Large requests are billed as such where that fits the bill better.
        if sum(abs(gap.usd) for gap in gaps) <= sum(abs(gap.usd) for gap in usual):
            self._gaps += gaps
            return
        self._gaps += usual
        said = "large requests cost more by our table, and the bill does not show it"
        usd = sum(premium.values(), ZERO)
        self._sizes.append(Finding(cell.scope, cell.day, cell.model, Cause.CONTEXT_TIER, usd, said))

    def _why(self, model: str, gaps: Sequence[_Gap]) -> _Why:
        if not any(gap.matters for gap in gaps):
            return _Why((Cause.ROUNDING,), "")
        if self._everywhere is not None:
            said = f"every model is billed at {_percent(self._everywhere)} of its list price"
            return _Why((Cause.CONTRACT_PRICE,), said, self._everywhere)
        known = _known_rates([gap for gap in gaps if gap.matters])
        if known:
            kinds = {kind for kind, _ in known}
            words = ", ".join(sorted(name for _, name in known))
            return _Why(tuple(sorted(kinds)), f"{model} is billed by the rates of {words}")
        return _pattern(model, gaps)


def _pattern(model: str, gaps: Sequence[_Gap]) -> _Why:
    """Return what the days of a model show: one share of the list price, or one that changes."""
    by_day: defaultdict[date, list[_Gap]] = defaultdict(list)
    for gap in gaps:
        by_day[gap.cell.day].append(gap)
    runs: list[tuple[date, Decimal, list[_Gap]]] = []
    for day in sorted(by_day):
        joined = runs[-1][2] + by_day[day] if runs else []
        same = _common(joined) if joined else None
        if same is not None:
            runs[-1] = (runs[-1][0], same, joined)
        elif (own := _common(by_day[day])) is not None:
            runs.append((day, own, by_day[day]))
        else:
            return _Why((Cause.UNEXPLAINED,), "billed at rates that no row of the price table has")
    match runs:
        case [(_, factor, priced)] if len(priced) > 1:
            said = f"{model} is billed at {_percent(factor)} of its list price"
            return _Why((Cause.CONTRACT_PRICE,), said, factor)
        case [(_, factor, _), (since, after, _)]:
            said = f"{model} is billed at {_percent(after)} of its list price since {since}"
            return _Why((Cause.PRICE_CHANGE,), said, factor, since)
        case _:
            return _Why((Cause.UNEXPLAINED,), "billed at shares of the list price that change")


@dataclass(frozen=True, slots=True)
class _Why:
    """Why a model is billed otherwise.

    Args:
        causes: one, or several of which nobody knows which.
        evidence: what shows it.
        factor: share of the list price that is a contract's.
        since: day from which it is another price altogether.
    """

    causes: tuple[Cause, ...]
    evidence: str
    factor: Decimal | None = None
    since: date | None = None


def _percent(factor: Decimal) -> str:
    return f"{factor * 100:.2f} %"


def _gaps(cell: Cell, premium: Mapping[str, Decimal]) -> Iterator[_Gap]:
    due = dict(premium)
    for (lane, name), count in cell.used.of.items():
        due[name] = due.get(name, ZERO) + cell.rate(lane, name) * count
    for name in {*due, *cell.charged}:
        gap = _Gap(cell, name, due.get(name, ZERO), cell.charged.get(name, ZERO))
        if gap.usd or gap.billed:
            yield gap


def _common(gaps: Iterable[_Gap]) -> Decimal | None:
    """Return the factor between bill and list price that all gaps have; 1 where they agree."""
    priced = [gap for gap in gaps if gap.due and gap.billed]
    if not priced:
        return None
    whole = sum((gap.billed for gap in priced), ZERO) / sum((gap.due for gap in priced), ZERO)
    # What is agreed has few digits, and the bill may be rounded.
    for factor in (whole.quantize(Decimal("0.001")), whole.quantize(Decimal("0.00001")), whole):
        if all(gap.fits(factor) for gap in priced):
            return factor
    return None


_KINDS: Final = {
    "row": Cause.PRICE_CHANGE,
    "context": Cause.CONTEXT_TIER,
    "region": Cause.CONTRACT_PRICE,
}


def _known_rates(gaps: Sequence[_Gap]) -> set[tuple[Cause, str]]:
    """Return the other rates of the table that explain every gap to the cent."""
    first = gaps[0].cell
    lane = first.used.lanes[0] if first.used else Lane()
    found: set[tuple[Cause, str]] = set()
    for kind, name, _ in first.book.others(first.model, first.day, lane):
        if all(_explains(gap, kind, name) for gap in gaps):
            cause = _KINDS.get(kind) or (Cause.BATCH if name == BATCH else Cause.SERVICE_TIER)
            found.add((cause, f"{kind} {name}"))
    return found


def _explains(gap: _Gap, kind: str, name: str) -> bool:
    """Return whether rates of another name bill a class of a cell to the cent."""
    cell, usd = gap.cell, ZERO
    for (lane, token_class), count in cell.used.of.items():
        if token_class != gap.token_class:
            continue
        offered = cell.book.others(cell.model, cell.day, lane)
        named = [rates for k, n, rates in offered if (k, n) == (kind, name)]
        if not named or token_class not in named[0]:
            return False
        usd += named[0][token_class] * count
    return abs(usd - gap.billed) <= _ROUNDED


def _told(alike: Sequence[_Gap], why: _Why) -> Iterator[Finding]:
    """Yield the findings of one cell: they add up to its gaps."""
    cell = alike[0].cell
    at = (cell.scope, cell.day, cell.model)
    left = sum((gap.usd for gap in alike), ZERO)
    if why.factor is not None:
        agreed = sum((gap.due for gap in alike), ZERO) * (1 - why.factor)
        if agreed:
            yield Finding(*at, Cause.CONTRACT_PRICE, agreed, why.evidence)
        left -= agreed
        if why.since is None or cell.day < why.since:
            yield Finding(*at, Cause.ROUNDING, left, _HALF_A_CENT)
            return
    elif small := sum((gap.usd for gap in alike if not gap.matters), ZERO):
        yield Finding(*at, Cause.ROUNDING, small, _HALF_A_CENT)
        left -= small
    if len(why.causes) == 1:
        yield Finding(*at, why.causes[0], left, why.evidence)
        return
    low, high = min(ZERO, left), max(ZERO, left)
    ranges = tuple(Range(cause, low, high) for cause in why.causes)
    if left:
        yield Finding(*at, Cause.AMBIGUOUS, left, why.evidence, ranges)
