"""One month of one account: both sides, what explains the difference, and the verdict."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from llmcost_infra.errors import ExitCode
from llmcost_infra.reconcile.amounts import ZERO
from llmcost_infra.reconcile.causes import Cause
from llmcost_infra.reconcile.cells import cells_of
from llmcost_infra.reconcile.coverage import coverage_of
from llmcost_infra.reconcile.explain import explain, explain_items, explain_uncounted
from llmcost_infra.reconcile.rates import RateBook
from llmcost_infra.reconcile.scopes import UNMAPPED
from llmcost_infra.reconcile.verdict import FLOOR_USD, LIMIT, OFFSETTING, UNMAPPED_LIMIT, lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.reconcile.causes import Finding
    from llmcost_infra.reconcile.coverage import Coverage
    from llmcost_infra.reconcile.explain import Compared
    from llmcost_infra.reconcile.records import Bill, Charge, OwnCalls
    from llmcost_infra.reconcile.scopes import ScopeMap
    from llmcost_infra.reconcile.verdict import Line

__all__ = ["CauseTotal", "Comparison", "Period", "compare"]


@dataclass(frozen=True, slots=True)
class CauseTotal:
    """A cause over all days of a scope and model.

    Args:
        scope: whose.
        model: empty where it is about none.
        cause: why.
        usd: ours less the bill.
        days: on how many days.
        evidence: of the day on which it is greatest, which it names if there are others.
        ranges: cause → least and greatest amount, of an ambiguous one.
    """

    scope: str
    model: str
    cause: Cause
    usd: Decimal
    days: int
    evidence: str
    ranges: tuple[tuple[Cause, Decimal, Decimal], ...] = ()


@dataclass(frozen=True)
class Comparison:
    """What was found.

    Args:
        provider: who billed, by its OpenTelemetry name.
        account: id at the provider; empty if the settings name none.
        month: like 2026-10.
        source: where the bill was read.
        days: that were compared.
        open_days: that are not closed yet.
        compared: both sums of each scope, day and model.
        findings: that add up to the difference, what is no tokens included.
        charged: the whole bill of the scopes that are compared, in USD.
        left_out: what is not compared, in words.
        missing: what is needed for a verdict and not there, in words.
    """

    provider: str
    account: str
    month: str
    source: str
    days: tuple[date, ...]
    open_days: tuple[date, ...]
    compared: tuple[Compared, ...]
    findings: tuple[Finding, ...]
    charged: Decimal
    left_out: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @cached_property
    def lines(self) -> list[Line]:
        """A line for each scope and model, the greatest difference first."""
        return lines_of(self.compared, self.findings)

    @cached_property
    def coverage(self) -> list[Coverage]:
        """Tokens and rates of both sides, by scope, model and class."""
        return coverage_of(one.cell for one in self.compared)

    @cached_property
    def ours(self) -> Decimal:
        """Our sum in USD."""
        return sum((one.ours for one in self.compared), ZERO)

    @cached_property
    def billed(self) -> Decimal:
        """What was billed for tokens, in USD."""
        return sum((one.billed for one in self.compared), ZERO)

    @property
    def other(self) -> Decimal:
        """What was billed for other things than tokens, in USD."""
        return self.charged - self.billed

    @cached_property
    def unmapped(self) -> Decimal:
        """What was billed to parts that no scope names, in USD."""
        tokens = (one.billed for one in self.compared if one.cell.scope == UNMAPPED)
        shown = {Cause.NOT_OBSERVABLE, Cause.UNPARSED}
        here = (one for one in self.findings if one.scope == UNMAPPED)
        items = (-one.usd for one in here if one.cause in shown)
        return sum(tokens, ZERO) + sum(items, ZERO)

    @cached_property
    def causes(self) -> list[CauseTotal]:
        """Causes by scope and model, the greatest amount first."""
        grouped: defaultdict[tuple[str, str, Cause, str], list[Finding]] = defaultdict(list)
        for one in self.findings:
            item = one.evidence if one.cause in {Cause.NOT_OBSERVABLE, Cause.UNPARSED} else ""
            grouped[one.scope, one.model, one.cause, item].append(one)
        totals = [_total(alike) for alike in grouped.values()]
        return sorted(totals, key=lambda one: (-abs(one.usd), one.scope, one.model, one.cause))

    @cached_property
    def problems(self) -> list[str]:
        """What is beyond its limit, in words."""
        found = [
            f"{one.scope}, {one.model}: {_off(one)}"
            for one in self.lines
            if one.problem and one.scope != UNMAPPED
        ]
        if self.unmapped > UNMAPPED_LIMIT * self.charged:
            share = self.unmapped / self.charged
            found.append(
                f"{share:.1%} of the bill is of projects that no scope names (limit 1 %): "
                "name them in the stack's billing"
            )
        return found

    @property
    def exit_code(self) -> ExitCode:
        """Incomplete data allow no verdict; without a problem all is fine."""
        if self.missing:
            return ExitCode.FAILED
        return ExitCode.FINDINGS if self.problems else ExitCode.FINE


def _off(line: Line) -> str:
    if line.problem == OFFSETTING:
        return (
            f"differences of ${line.gross:,.2f} in all, more than {LIMIT:.0%} of the bill, offset "
            "each other"
        )
    share = "nothing was billed" if line.drift is None else f"{line.drift:+.1%}"
    sign = "-" if line.difference < 0 else "+"
    return f"{sign}${abs(line.difference):,.2f} ({share}), limits {LIMIT:.0%} and ${FLOOR_USD}"


def _total(alike: Sequence[Finding]) -> CauseTotal:
    greatest = max(alike, key=lambda one: abs(one.usd))
    days, words = {one.day for one in alike}, {one.evidence for one in alike}
    evidence = greatest.evidence if len(words) == 1 else f"{greatest.day}: {greatest.evidence}"
    low: defaultdict[Cause, Decimal] = defaultdict(lambda: ZERO)
    high: defaultdict[Cause, Decimal] = defaultdict(lambda: ZERO)
    for one in alike:
        for range_ in one.ranges:
            low[range_.cause] += range_.low
            high[range_.cause] += range_.high
    return CauseTotal(
        greatest.scope,
        greatest.model,
        greatest.cause,
        sum((one.usd for one in alike), ZERO),
        len(days),
        evidence,
        tuple((cause, low[cause], high[cause]) for cause in low),
    )


@dataclass(frozen=True, slots=True)
class Period:
    """What is compared.

    Args:
        month: like 2026-10.
        days: that are closed.
        open_days: of the month, that are not.
    """

    month: str
    days: tuple[date, ...]
    open_days: tuple[date, ...] = ()


def compare(
    period: Period, bill: Bill, own: Sequence[OwnCalls], scopes: ScopeMap, table: PriceTable
) -> Comparison:
    """Compare both sides.

    Args:
        period: the days.
        bill: the provider's side.
        own: ours, of all providers; of the day before what ends within the days.
        scopes: whose spend is whose.
        table: prices.
    """
    mine = [one for one in own if table.provider(one.provider) == bill.provider]
    placed = [(scopes.of_calls(one), one) for one in mine]
    charges = [(scopes.of_part(one.part), one) for one in bill.charges]
    here = [(label, one) for label, one in charges if not scopes.elsewhere(label)]
    used = [(scopes.of_part(one.part), one) for one in bill.usage]
    cells = cells_of(
        [(label, one) for label, one in here if one.token_class],
        [(label, one) for label, one in used if not scopes.elsewhere(label)],
        [(label, one) for label, one in placed if not scopes.elsewhere(label)],
        {
            label: RateBook(table, bill.provider, scopes.accounts(label))
            for label in (*scopes.compared, UNMAPPED)
        },
    )
    told = bill.counted and all(one.split for one in mine)
    explaining = explain if told else explain_uncounted
    compared, findings = explaining(cells, period.days)
    findings += explain_items((label, one) for label, one in here if not one.token_class)
    left_out = _Rest(period, own, placed, charges, scopes)
    return Comparison(
        bill.provider,
        scopes.account.account if scopes.account else "",
        period.month,
        bill.source,
        period.days,
        period.open_days,
        tuple(compared),
        tuple(findings),
        sum((one.usd for _, one in here), ZERO),
        (
            *left_out.told(bill.provider, table),
            *([] if scopes.chosen else _unknown(bill, mine, scopes)),
            *bill.notes,
        ),
        tuple(_missing(bill, mine, scopes)),
    )


@dataclass(frozen=True, slots=True)
class _Rest:
    period: Period
    own: Sequence[OwnCalls]
    placed: Sequence[tuple[str, OwnCalls]]
    charges: Sequence[tuple[str, Charge]]
    scopes: ScopeMap

    def told(self, provider: str, table: PriceTable) -> list[str]:
        """Return what is not compared, in words."""
        others: defaultdict[str, list[OwnCalls]] = defaultdict(list)
        for one in self.own:
            name = table.provider(one.provider)
            if name != provider and one.day in self.period.days:
                others[name or "nobody known"].append(one)
        away: defaultdict[str, list[OwnCalls]] = defaultdict(list)
        for label, one in self.placed:
            if self.scopes.elsewhere(label) and one.day in self.period.days:
                away[label].append(one)
        billed: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
        for label, charge in self.charges:
            if self.scopes.elsewhere(label):
                billed[label] += charge.usd
        return [
            *(
                f"{_spend(calls)} through {name}: another bill"
                for name, calls in sorted(others.items())
            ),
            *(f"{_spend(calls)} of {label}" for label, calls in sorted(away.items())),
            *(f"${usd:,.2f} billed to {label}" for label, usd in sorted(billed.items())),
        ]


def _spend(calls: Sequence[OwnCalls]) -> str:
    usd = sum((one.usd for one in calls if one.usd is not None), ZERO)
    return f"{sum(one.calls for one in calls):,} calls (${usd:,.2f})"


def _missing(bill: Bill, own: Sequence[OwnCalls], scopes: ScopeMap) -> list[str]:
    found: list[str] = []
    if bill.missing:
        days = ", ".join(str(day) for day in bill.missing)
        found.append(f"the bill does not tell of {days}: run it again later")
    if scopes.chosen:
        found += _unknown(bill, own, scopes)
    return found


def _unknown(bill: Bill, own: Sequence[OwnCalls], scopes: ScopeMap) -> list[str]:
    return [
        f"nothing is known of scope {label} on either side: check its ids in the stack's billing"
        for label in scopes.empty(bill.charges, bill.usage, own)
    ]
