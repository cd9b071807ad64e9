"""Traffic with a known truth, billed with deviations: each is found by cause, to the cent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.reconcile.causes import Cause, Finding, Range
from llmcost_infra.reconcile.explain import explain
from tests.reconcile import deviations
from tests.reconcile.worlds import BATCH, CENT, ZERO, check, ordinary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from llmcost_infra.reconcile.cells import Cell
    from llmcost_infra.reconcile.explain import Compared
    from tests.reconcile.worlds import Explain

HIDDEN = {deviations.replayed, deviations.a_share_of_all_spans}
"""Copies that nothing shows, where calls lack as well: only the net of the two can be seen."""

SINGLE = [("openai", one) for one in deviations.OPENAI]
SINGLE += [("anthropic", one) for one in deviations.ANTHROPIC]
PAIRS = [("openai", *two) for two in combinations(deviations.OPENAI, 2) if {*two} != HIDDEN]
PAIRS += [("anthropic", *two) for two in combinations(deviations.ANTHROPIC, 2)]
BY_CHANCE = {Cause.SAMPLING, Cause.MISSING_TRAFFIC}

LEAVES_DOUBT = {
    deviations.missing_traffic,
    deviations.batch_without_spans,
    deviations.a_share_of_all_spans,
    deviations.streams_without_usage,
    deviations.replayed,
}
"""What hides calls, their tokens or their copies; beside anything else no doubt is allowed."""


def named(case: tuple[object, ...]) -> str:
    """Return what a scenario is called."""
    return "-".join(getattr(one, "__name__", str(one)) for one in case)


def run(case: tuple[object, ...], explaining: Explain = explain) -> list[Finding]:
    """Make a world with deviations, explain it and check it; return what is ambiguous."""
    provider, *happened = case
    world = ordinary(str(provider))
    for one in happened:
        one(world)  # type: ignore[operator] # a deviation
    difference, findings = world.explained(explaining)
    return check(world, findings, difference)


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_where_both_sides_agree_nothing_is_found(provider: str) -> None:
    """No cause is made up, though our costs went through binary fractions."""
    assert ordinary(provider).explained() == (ZERO, [])


@pytest.mark.parametrize("case", SINGLE, ids=named)
def test_one_deviation_is_found_by_its_cause(case: tuple[object, ...]) -> None:
    """To the cent, and without doubt but for what chance allows a sampler."""
    for doubt in run(case):
        assert deviations.a_share_of_all_spans in case
        assert {one.cause for one in doubt.ranges} == BY_CHANCE


@pytest.mark.parametrize("case", PAIRS, ids=named)
def test_two_deviations_are_found_or_told_to_be_ambiguous(case: tuple[object, ...]) -> None:
    """Each to the cent; within a range only where calls, tokens or copies are hidden."""
    assert not run(case) or LEAVES_DOUBT & {*case}


def test_what_offsets_is_ambiguous_and_not_nothing() -> None:
    """As many tokens lack as came twice: the sums agree, and the twins tell that they may not."""
    [doubt] = {one.ranges for one in run(("openai", deviations.offsetting))} or [()]
    assert {one.cause for one in doubt} == {Cause.DOUBLE_COUNTING, Cause.MISSING_TRAFFIC}


def test_copies_that_nothing_shows_are_netted_with_calls_that_lack() -> None:
    """Without a twin and with fewer calls than billed, no evidence is left of a second copy."""
    world = ordinary()
    deviations.replayed(world)
    deviations.a_share_of_all_spans(world)
    difference, findings = world.explained()
    assert sum(one.usd for one in findings) == difference
    assert not [one for one in findings if one.cause is Cause.DOUBLE_COUNTING]


def test_where_nothing_is_here_all_of_it_lacks() -> None:
    """A service with calls and batch jobs and without any telemetry: nothing can have moved."""
    world = ordinary()
    deviations.batch_without_spans(world)
    for call in world.calls:
        if call.seen and call.model == "gpt-4o":
            call.seen = 0
            world.truth[Cause.MISSING_TRAFFIC] -= call.cost()
    difference, findings = world.explained()
    assert check(world, findings, difference) == []


def test_what_lacks_in_one_lane_is_not_sampled() -> None:
    """A job without spans, as large on each day, beside fewer calls that are all here."""
    world = ordinary(calls=12)
    for call in [one for one in world.calls if one.model == "gpt-4o"]:
        tokens = {"input": call.tokens["input"], "output": call.tokens["output"]}
        for _ in range(5):
            world.calls.append(replace(call, tokens=tokens, lane=BATCH, seen=0))
            world.truth[Cause.MISSING_TRAFFIC] -= world.calls[-1].cost()
    difference, findings = world.explained()
    assert check(world, findings, difference) == []


def test_evidence_names_the_projects_that_make_the_calls() -> None:
    """So that a reader knows whom to ask."""
    world = ordinary()
    deviations.batch_without_spans(world)
    _, findings = world.explained()
    assert {one.evidence for one in findings} == {
        "none of 13 batch calls of proj_search makes a span"
    }
    other = ordinary("anthropic")  # which counts no requests
    deviations.batch_without_spans(other)
    _, findings = other.explained()
    assert {one.evidence.partition("tokens")[2] for one in findings} == {
        " of proj_search (batch) have no call here"
    }


def test_caches_for_an_hour_that_were_priced_as_such_agree() -> None:
    """Rows do not count them apart, but what they cost tells how many they are."""
    world = ordinary("anthropic")
    deviations.caches_for_an_hour(world)
    for call in world.calls:
        call.hours_priced = True
    assert world.explained() == (ZERO, [])


def all_missing(
    cells: Sequence[Cell], days: Sequence[date]
) -> tuple[list[Compared], list[Finding]]:
    """Book everything to missing traffic: what a careless reconciler does."""
    compared, findings = explain(cells, days)
    return compared, [
        Finding(one.scope, one.day, one.model, Cause.MISSING_TRAFFIC, one.usd) for one in findings
    ]


def all_ambiguous(
    cells: Sequence[Cell], days: Sequence[date]
) -> tuple[list[Compared], list[Finding]]:
    """Call everything ambiguous between two causes only."""
    compared, findings = explain(cells, days)
    return compared, [
        Finding(
            one.scope, one.day, one.model, Cause.AMBIGUOUS, one.usd, "",
            (
                Range(Cause.MISSING_TRAFFIC, min(ZERO, one.usd), ZERO),
                Range(Cause.DOUBLE_COUNTING, ZERO, max(ZERO, one.usd)),
            ),
        )
        for one in findings
    ]  # fmt: skip


def all_doubted(
    cells: Sequence[Cell], days: Sequence[date]
) -> tuple[list[Compared], list[Finding]]:
    """Call everything ambiguous between all causes, within bounds that hold any truth."""
    compared, findings = explain(cells, days)
    anything = tuple(Range(cause, Decimal(-(10**9)), Decimal(10**9)) for cause in Cause)
    return compared, [
        Finding(one.scope, one.day, one.model, Cause.AMBIGUOUS, one.usd, "", anything)
        for one in findings
    ]


def one_cent_off(
    cells: Sequence[Cell], days: Sequence[date]
) -> tuple[list[Compared], list[Finding]]:
    """Lose two cents of every finding."""
    compared, findings = explain(cells, days)
    return compared, [
        Finding(one.scope, one.day, one.model, one.cause, one.usd + 2 * CENT) for one in findings
    ]


CERTAIN = [
    case
    for case in SINGLE
    if case[1]
    not in {
        deviations.missing_traffic,
        deviations.batch_without_spans,
        deviations.rounded_to_cents,  # less than a cent in all
        deviations.over_midnight,  # nothing in all
        deviations.images,  # no cell has them
        deviations.words_nobody_knows,
    }
]


CAUGHT = [
    (mutant, case)
    for mutant in (all_missing, all_ambiguous, all_doubted, one_cent_off)
    for case in CERTAIN
    # Double counting is one of the two causes that this one names.
    if mutant is not all_ambiguous
    or case[1] not in {deviations.two_instrumentations, deviations.replayed}
]


@pytest.mark.parametrize(
    ("mutant", "case"), CAUGHT, ids=[f"{one.__name__}-{named(case)}" for one, case in CAUGHT]
)
def test_a_careless_reconciler_fails_these_scenarios(
    mutant: Explain, case: tuple[object, ...]
) -> None:
    """The scenarios can fail: who books all to one cause, doubts all or loses cents is caught."""
    with pytest.raises(AssertionError):
        run(case, mutant)
