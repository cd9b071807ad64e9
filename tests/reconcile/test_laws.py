"""Whatever both sides say, the findings add up to the difference, to the last digit."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost_infra.reconcile.causes import Cause
from llmcost_infra.reconcile.cells import cells_of
from llmcost_infra.reconcile.explain import explain
from llmcost_infra.reconcile.rates import RateBook
from llmcost_infra.reconcile.records import TOKEN_CLASSES, Charge, Lane, OwnCalls, Part, Usage
from tests.reconcile.worlds import DAYS, table

ZERO = Decimal(0)
SCOPES = ("prod", "prod/search")
days = st.sampled_from(DAYS)
scopes = st.sampled_from(SCOPES)
models = st.sampled_from(["gpt-4o", "gpt-4o-2024-08-06", "o3", "gpt-5.4", "nobody-knows"])
lanes = st.builds(
    Lane, st.sampled_from(["standard", "batch", "flex"]), st.sampled_from([0, 272_000])
)
tokens = st.dictionaries(st.sampled_from(TOKEN_CLASSES), st.integers(1, 9_000), max_size=4)
usd = st.decimals(0, 100, places=6)

charges = st.builds(
    lambda day, model, token_class, amount: Charge(
        day, Part(), amount, "a line", model, token_class
    ),
    days,
    models,
    st.sampled_from(TOKEN_CLASSES),
    usd,
)
usage = st.builds(
    lambda day, model, lane, counted, requests: Usage(day, Part(), model, lane, counted, requests),
    days,
    models,
    lanes,
    tokens,
    st.none() | st.integers(0, 9),
)
own = st.builds(
    lambda **given: OwnCalls(provider="openai", **given),
    day=days,
    model=models,
    calls=st.integers(1, 9),
    tokens=st.none() | tokens,
    usd=st.none() | usd,
    lane=lanes,
    price_row=st.sampled_from(["", "openai/o3@2025-04-16", "openai/gpt-5.4@2026-03-05>272000"]),
    status=st.sampled_from(["priced", "unpriced_model", "no_usage", "failed_no_charge"]),
    cache_told=st.booleans(),
    twin=st.booleans(),
    over_midnight=st.booleans(),
)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(scopes, charges), max_size=8),
    st.lists(st.tuples(scopes, usage), max_size=8),
    st.lists(st.tuples(scopes, own), max_size=8),
)
def test_findings_add_up_to_the_difference_in_every_scope_and_day(
    billed: list[tuple[str, Charge]],
    counted: list[tuple[str, Usage]],
    ours: list[tuple[str, OwnCalls]],
) -> None:
    """Nothing is lost or made up, and what is ambiguous names at least two causes."""
    books = {scope: RateBook(table(), "openai") for scope in SCOPES}
    compared, findings = explain(cells_of(billed, counted, ours, books), DAYS)
    for scope in SCOPES:
        for day in DAYS:
            here = [one for one in compared if (one.cell.scope, one.cell.day) == (scope, day)]
            difference = sum((one.ours - one.billed for one in here), ZERO)
            found = (one.usd for one in findings if (one.scope, one.day) == (scope, day))
            told = sum(found, ZERO)
            # Rates that are billed amounts divided by tokens have more digits than a context keeps.
            assert abs(difference - told) < Decimal("1e-18")
    for one in findings:
        assert (one.cause is Cause.AMBIGUOUS) is bool(one.ranges)
        assert len(one.ranges) != 1
