"""Prices that came late: once calls are repriced, our sum is the bill's, by each model and day."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import ExitCode
from llmcost_infra.reconcile.causes import Cause
from llmcost_infra.reconcile.comparison import Period, compare
from llmcost_infra.reconcile.ours import read_ours
from llmcost_infra.reconcile.records import Bill, Charge, Lane, Usage
from llmcost_infra.reconcile.scopes import ScopeMap
from llmcost_infra.upkeep.reprice import reprice
from llmcost_infra.utc import at_microseconds
from tests.alerts.conftest import DAY, HOUR, MINUTE, NOON
from tests.reconcile.test_end_to_end import BILLING, SEARCH, SETTINGS, TODAY, YESTERDAY, causes
from tests.upkeep.tables import with_model
from tests.upkeep.test_reprice import NEW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from llmcost_infra.openobserve import Client
    from llmcost_infra.reconcile.comparison import Comparison
    from tests.alerts.conftest import Stack

TABLE = with_model(NEW)
"""The prices of today: the pipeline's were made before the model came."""

CALLS = {"gpt-4o": 3, NEW: 5}
TOKENS = {"input": 40_000, "output": 9_000}
USD = {"input": Decimal("0.10"), "output": Decimal("0.09")}
"""What a call of either model costs: 2.50 USD and 10 USD for a million."""

DAYS = (YESTERDAY, TODAY)


def billed(day: date, model: str, calls: int) -> tuple[list[Charge], Usage]:
    """Return what a provider charged and counted for calls that are alike."""
    charges = [
        Charge(day, SEARCH, calls * usd, f"{model}, {one}", model, one) for one, usd in USD.items()
    ]
    tokens = {one: calls * count for one, count in TOKENS.items()}
    return charges, Usage(day, SEARCH, model, Lane(), tokens, calls)


@pytest.fixture
def client(stack: Callable[..., Stack]) -> Iterator[Client]:
    """The way to a server on which calls of two models are, one of them not priced."""
    kept = stack(billing=BILLING)
    for noon in (NOON - DAY, NOON - HOUR):
        for model, calls in CALLS.items():
            for number in range(calls):
                kept.call(
                    at=noon + (number + 10 * len(model)) * MINUTE,
                    gen_ai__request__model=model,
                    gen_ai__response__model=model,
                    gen_ai__usage__input_tokens=TOKENS["input"],
                    gen_ai__usage__output_tokens=TOKENS["output"],
                    team="search",
                )
    kept.now = NOON + HOUR * 3
    with kept.client() as client:
        yield client


def compared(client: Client) -> Comparison:
    """Compare two days with a bill that charges both models."""
    bills = [billed(day, model, calls) for day in DAYS for model, calls in CALLS.items()]
    charges = tuple(one for some, _ in bills for one in some)
    bill = Bill("openai", "made up", charges, tuple(usage for _, usage in bills))
    own, scopes = read_ours(client, SETTINGS, DAYS), ScopeMap.of(SETTINGS, "openai", None, ())
    return compare(Period("2026-11", DAYS), bill, own, scopes, TABLE)


def test_what_is_repriced_is_what_is_billed(client: Client) -> None:
    """Before, all of the model lacks and is named; after, nothing does, and again nothing."""
    before = compared(client)
    lacks = -2 * CALLS[NEW] * sum(USD.values())
    assert causes(before) == {("prod/search", Cause.UNPRICED_MODEL): lacks}
    assert before.exit_code is ExitCode.FINDINGS

    for changed in (2 * CALLS[NEW], 0):
        now = at_microseconds(NOON + 3 * HOUR)
        days = reprice(client, SETTINGS, TABLE, start=now - timedelta(days=3), end=now, now=now)
        assert sum(day.changed for day in days) == changed
        after = compared(client)
        assert (after.ours, after.findings) == (after.billed, ())
        assert after.exit_code is ExitCode.FINE
