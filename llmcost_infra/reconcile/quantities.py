"""Why tokens differ: ours less what the provider counted, valued at the same rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmcost_infra.reconcile.amounts import ZERO
from llmcost_infra.reconcile.causes import Cause, Finding, Range
from llmcost_infra.reconcile.cells import Tokens
from llmcost_infra.reconcile.lanes import find_shift, lane_name, sums_of, tangled
from llmcost_infra.reconcile.own_tokens import ours_in
from llmcost_infra.reconcile.records import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from llmcost_infra.reconcile.cells import Cell, Counts
    from llmcost_infra.reconcile.own_tokens import Ours
    from llmcost_infra.reconcile.records import OwnCalls

__all__ = ["explain_tokens"]

_CACHED: Final = ("cache_read", "cache_write", "cache_write_1h")
_NAMED: Final = 2
"""Projects that evidence names; more would hide it."""
_HOURS: Final = "calls lack, and how long caches of the others live is not told"


def explain_tokens(cell: Cell, own: Sequence[OwnCalls]) -> Iterator[Finding]:
    """Yield why our tokens of a cell differ from those that the provider counted.

    Args:
        cell: where.
        own: our calls that the provider counts there.
    """
    ours = ours_in(cell, own)
    told = _Telling(cell)
    doubled = cell.value(ours.twins)
    if ours.twins and not ours.tokens.less(cell.used) and _more(cell, ours) in {None, 0}:
        yield told.ambiguous(
            ZERO,
            f"{_n(ours.twin_calls)} calls have a twin, and as many tokens are billed without it",
            Range(Cause.DOUBLE_COUNTING, ZERO, doubled),
            Range(Cause.MISSING_TRAFFIC, -doubled, ZERO),
        )
        return
    if ours.twins:
        yield told.found(
            Cause.DOUBLE_COUNTING,
            doubled,
            f"{_n(ours.twin_calls)} calls came twice, with the same tokens at the same moment",
        )
        ours.tokens = ours.tokens.less(ours.twins)
        for lane, count in ours.twin_calls.items():
            ours.calls[lane] -= count
    gap = ours.tokens.less(cell.used)
    shift = find_shift(cell, gap, ours.calls)
    if shift is not None:
        for cause, usd, evidence in shift.told():
            yield told.found(cause, usd, evidence)
        gap = shift.rest
    uneven = [lane for lane in gap.lanes if any(sums_of(gap.lane(lane)))]
    # Nothing can have moved to where we have nothing.
    if (
        ours.tokens
        and len(uneven) > 1
        and any(lane != Lane() and _lacks(gap.lane(lane)) for lane in uneven)
    ):
        yield told.ambiguous(
            cell.value(gap), "lanes differ in more than one way", *tangled(cell, ours, gap)
        )
        return
    for lane in gap.lanes:
        yield from _LaneGap(cell, ours, lane, gap.lane(lane)).explain(told)


def _lacks(tokens: Mapping[str, int]) -> bool:
    return max(sums_of(tokens)) <= 0


def _more(cell: Cell, ours: Ours) -> int | None:
    """Return how many calls we have more than the provider counted; None if it does not count."""
    if cell.requests is None:
        return None
    return _n(ours.calls) - _n(cell.requests)


def _n(counts: Counts) -> int:
    return sum(counts.values())


@dataclass(frozen=True)
class _Telling:
    cell: Cell

    def found(self, cause: Cause, usd: Decimal, evidence: str) -> Finding:
        cell = self.cell
        return Finding(cell.scope, cell.day, cell.model, cause, usd, evidence)

    def ambiguous(self, usd: Decimal, evidence: str, *ranges: Range) -> Finding:
        cell = self.cell
        ordered = tuple(
            Range(one.cause, min(one.low, one.high), max(one.low, one.high)) for one in ranges
        )
        return Finding(cell.scope, cell.day, cell.model, Cause.AMBIGUOUS, usd, evidence, ordered)


@dataclass
class _LaneGap:
    cell: Cell
    ours: Ours
    lane: Lane
    gap: dict[str, int]

    def explain(self, told: _Telling) -> Iterator[Finding]:
        """Yield why one lane differs."""
        sent, back = sums_of(self.gap)
        untold = self.ours.untold.get(self.lane, 0)
        cached = -sum(min(0, self.gap.get(name, 0)) for name in _CACHED)
        usd = self._usd(self.gap)
        if not sent and not back:
            cause = Cause.CACHED if self._may_be_cached(untold) else Cause.UNEXPLAINED
            yield told.found(
                cause, usd, f"{cached:,} tokens were billed as cached and count in full"
            )
        elif untold and cached:
            yield from self._cached_and(told, usd, cached, untold)
        elif max(sent, back) <= 0 and self._hours():
            yield told.ambiguous(usd, _HOURS, *tangled(self.cell, self.ours, self._alone()))
        elif max(sent, back) <= 0:
            yield self._lack(told, usd)
        else:
            yield self._excess(told, usd)

    def _may_be_cached(self, untold: int) -> bool:
        # Most instrumentations do not tell how long a written cache lives: those two may differ.
        written = {"cache_write", "cache_write_1h"}
        return untold > 0 or {name for name, count in self.gap.items() if count} <= written

    def _hours(self) -> bool:
        """Return whether we have caches in another class than the provider."""
        ours, used = self.ours.tokens.lane(self.lane), self.cell.used.lane(self.lane)
        return "cache_write_1h" in used and "cache_write_1h" not in ours and "cache_write" in ours

    def _alone(self) -> Tokens:
        tokens = Tokens()
        tokens.add(self.lane, self.gap)
        return tokens

    def _usd(self, tokens: dict[str, int]) -> Decimal:
        return sum((self._rate(name) * count for name, count in tokens.items()), ZERO)

    def _rate(self, name: str) -> Decimal:
        return self.cell.rate(self.lane, name)

    def _requests(self) -> tuple[int | None, int]:
        """Return how many calls we lack here (None: not counted), and how many are silent."""
        silent = self.ours.silent.get(self.lane, 0)
        if self.cell.requests is None:
            return None, silent
        counted = self.cell.requests.get(self.lane, 0)
        return counted - self.ours.calls.get(self.lane, 0), silent

    def _why_lacking(self) -> list[Cause]:
        lacking, silent = self._requests()
        missing = lacking > 0 if lacking is not None else self._lacks_both_ways()
        both = ((Cause.MISSING_TRAFFIC, missing), (Cause.NO_USAGE, silent > 0))
        return [cause for cause, shown in both if shown]

    def _whose(self) -> str:
        """Return where the provider served the lane: whom to ask."""
        named = sorted(self.cell.divisions.get(self.lane, ()))
        if not named or len(named) > _NAMED:
            return ""
        return f" of {' and '.join(named)}"

    def _lacks_both_ways(self) -> bool:
        """Return whether tokens lack that were sent and that came back, and no class has too many.

        Calls that are not here need not have had caches.
        """
        if self.ours.untold.get(self.lane, 0):
            return _lacks(self.gap)
        sent, back = sums_of(self.gap)
        answered = "output" in self.cell.used.lane(self.lane)
        return sent < 0 and (back < 0 or not answered) and max(self.gap.values()) <= 0

    def _lack(self, told: _Telling, usd: Decimal) -> Finding:
        lacking, silent = self._requests()
        causes = self._why_lacking()
        lane, whose = lane_name(self.lane), self._whose()
        if lacking is None:
            words = f"{-sum(self.gap.values()):,} tokens{whose} ({lane}) have no call here"
        elif self.ours.calls.get(self.lane):
            words = f"the provider counts {lacking:,} more {lane} calls{whose}"
        else:
            words = f"none of {lacking:,} {lane} calls{whose} makes a span"
        silence = f"{silent:,} calls report no usage"
        if len(causes) > 1:
            ranges = (Range(cause, usd, ZERO) for cause in causes)
            return told.ambiguous(usd, f"{words}, and {silence}", *ranges)
        if causes == [Cause.NO_USAGE]:
            return told.found(Cause.NO_USAGE, usd, silence)
        if causes:
            return told.found(Cause.MISSING_TRAFFIC, usd, words)
        return told.found(Cause.UNEXPLAINED, usd, "fewer tokens in as many calls")

    def _excess(self, told: _Telling, usd: Decimal) -> Finding:
        lacking, _ = self._requests()
        used, ours = self.cell.used.lane(self.lane), self.ours.tokens.lane(self.lane)
        if not used:
            words = "the provider counts none: another account, or a gateway, may have billed them"
            return told.found(Cause.UNEXPLAINED, usd, words)
        if lacking is not None and lacking < 0 and min(sums_of(self.gap)) >= 0:
            words = f"we have {-lacking:,} more calls than the provider counts"
            return told.found(Cause.DOUBLE_COUNTING, usd, words)
        if lacking is None and _is_multiple(ours, used):
            words = "ours are a whole multiple of what was billed, in every class"
            return told.found(Cause.DOUBLE_COUNTING, usd, words)
        return told.found(Cause.UNEXPLAINED, usd, "more tokens, without more calls to show for it")

    def _cached_and(
        self, told: _Telling, usd: Decimal, cached: int, untold: int
    ) -> Iterator[Finding]:
        """Yield cached tokens that count in full, together with calls that lack or are too many."""
        sent, back = sums_of(self.gap)
        saved = self._rate("input") - self._cached_rate(cached)
        if max(sent, back) > 0:
            booked = saved * cached
            yield told.found(Cause.CACHED, booked, f"{cached:,} tokens were billed as cached")
            rest = usd - booked
            yield self._excess(told, rest)
            return
        lack = -sent
        least, most = cached - min(lack, cached), min(cached, untold)
        causes = self._why_lacking()
        low, high = sorted((saved * least, saved * most))
        if least >= most or not causes:
            yield told.found(Cause.CACHED, saved * most, f"{most:,} tokens were billed as cached")
            yield self._lack(told, usd - saved * most)
            return
        yield told.ambiguous(
            usd,
            f"{cached:,} tokens were billed as cached; how many of them in calls that are not here "
            "is not known",
            Range(Cause.CACHED, low, high),
            *(
                Range(cause, usd - high, usd - low if len(causes) == 1 else ZERO)
                for cause in causes
            ),
        )

    def _cached_rate(self, cached: int) -> Decimal:
        """Return what a token billed as cached cost on average, over the classes of cache."""
        parts = {name: -min(0, self.gap.get(name, 0)) for name in _CACHED}
        return self._usd(parts) / cached


def _is_multiple(ours: dict[str, int], used: dict[str, int]) -> bool:
    if set(ours) != set(used):
        return False
    times = {divmod(ours[name], used[name]) for name in used}
    return len(times) == 1 and next(iter(times))[1] == 0 and next(iter(times))[0] > 1
