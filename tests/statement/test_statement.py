"""What a month cost each team is the sum of its calls, each once, on the days on which they ran."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.errors import LlmCostError
from llmcost_infra.settings import Settings
from llmcost_infra.statement import FOCUS, Charge, charges_of, days_of, focus_rows, of_team, summed
from tests.alerts.conftest import DAY, NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.alerts.conftest import Stack

SETTINGS = Settings(environment="prod")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHARGE = Charge(
    day=date(2026, 11, 23),
    team="search",
    feature="chat",
    environment="prod",
    provider="openai",
    model="gpt-4o",
    llm_calls=2,
    unpriced_calls=0,
    input_tokens=10,
    output_tokens=5,
    list_usd=Decimal("1.10"),
    contract_usd=Decimal("0.99"),
)


def test_every_call_counts_once_with_its_owner(stack: Callable[..., Stack]) -> None:
    """Copies do not count, calls without a price are beside the sum, and nobody's have a line."""
    kept = stack()
    sent = kept.call(at=NOON - DAY, usd=1, copies=2, team="search", feature="chat")
    kept.send(*sent)
    kept.call(at=NOON, usd=0.5, team="search", feature="chat")
    kept.call(usd=1, gen_ai__response__model="gpt-9", gen_ai__request__model="gpt-9", team="ads")
    kept.call(usd=0.25)
    asked: list[date] = []
    with kept.client() as client:
        days = days_of("2026-11", SETTINGS, NOW)
        found = list(charges_of(client, SETTINGS, days, progress=asked.append))

    assert (asked[0], asked[-1], len(asked)) == (date(2026, 11, 1), date(2026, 11, 24), 24)
    by_day = [(one.day.day, one.llm_calls) for one in of_team(found, "search")]
    assert by_day == [(23, 2), (24, 1)]
    by_team = {key[0]: one for key, one in summed(found, "team").items()}
    assert list(by_team) == ["search", "unknown", "ads"]
    assert by_team["search"].list_usd == Decimal("2.5")
    assert (by_team["ads"].list_usd, by_team["ads"].unpriced_calls) == (None, 1)
    (whole,) = summed(found).values()
    assert (whole.llm_calls, whole.list_usd) == (5, Decimal("2.75"))


@pytest.mark.parametrize(
    ("month", "said"),
    [
        ("2026-13", "'2026-13' is no month"),
        ("october", "'october' is no month"),
        ("2026-12", "2026-12 is to come"),
        ("2025-09", "Calls are kept 400 days, and 2025-09 began 449 days ago"),
    ],
)
def test_a_month_that_cannot_be_told_is_refused_before_anything_is_asked(
    month: str, said: str
) -> None:
    """With what to do instead."""
    with pytest.raises(LlmCostError) as caught:
        days_of(month, SETTINGS, NOW)

    assert said in str(caught.value)
    assert caught.value.hint


def test_a_month_that_is_over_has_all_its_days() -> None:
    """December and February too; of somebody else's stream nobody knows how long it is kept."""
    assert len(days_of("2026-02", SETTINGS, NOW)) == 28
    foreign = Settings.from_mapping({"environment": "prod", "profile": "llm", "stream": "default"})
    assert days_of("2024-12", foreign, NOW)[-1] == date(2024, 12, 31)


def test_a_team_without_a_call_is_told_with_the_nearest_name() -> None:
    """A typing error is no empty statement."""
    with pytest.raises(LlmCostError) as caught:
        of_team([CHARGE], "serach")

    assert caught.value.hint is not None
    assert "search" in caught.value.hint


def test_too_many_groups_are_refused() -> None:
    """A part of a day would be a wrong sum."""

    class Full:
        """Answers with as many rows as were asked for."""

        def search(self, *_: Any, size: int, **__: Any) -> Any:
            """Return them."""
            return type("Answer", (), {"hits": [{}] * size})

    with pytest.raises(LlmCostError, match="100,000 groups or more"):
        list(charges_of(Full(), SETTINGS, [date(2026, 11, 1)]))  # type: ignore[arg-type] # it only searches


amounts = st.none() | st.decimals("0", "1000", places=6)
charges = st.builds(
    lambda team, model, listed, calls: replace(
        CHARGE, team=team, model=model, list_usd=listed, contract_usd=listed, llm_calls=calls
    ),
    st.sampled_from(["search", "ads", "unknown"]),
    st.sampled_from(["gpt-4o", "o3"]),
    amounts,
    st.integers(1, 9),
)


@given(st.lists(charges, min_size=1))
def test_groups_add_up_to_the_whole(found: list[Charge]) -> None:
    """However they are grouped, to the last digit; what is not known is not 0."""
    (whole,) = summed(found).values()
    for names in (("team",), ("model",), ("team", "model")):
        groups = summed(found, *names)
        known = [one.list_usd for one in groups.values() if one.list_usd is not None]
        assert (sum(known, Decimal(0)) if known else None) == whole.list_usd
        assert sum(one.llm_calls for one in groups.values()) == whole.llm_calls


@given(st.lists(charges, min_size=1))
def test_focus_has_every_charge_with_its_money_and_owner(found: list[Charge]) -> None:
    """A row a charge, every column, and no amount where none is known."""
    rows = list(focus_rows(found, "acme"))

    assert len(rows) == len(found)
    for row, one in zip(rows, found, strict=True):
        assert tuple(row) == FOCUS
        assert row["ListCost"] == ("" if one.list_usd is None else f"{one.list_usd:f}")
        assert json.loads(row["Tags"])["team"] == one.team
        assert row["BillingPeriodStart"] == "2026-11-01T00:00:00Z"
        assert row["BillingPeriodEnd"] == "2026-12-01T00:00:00Z"
        assert row["ChargePeriodEnd"] == "2026-11-24T00:00:00Z"


def test_the_last_month_of_a_year_ends_with_the_next_year() -> None:
    """Periods do not overlap."""
    (row,) = focus_rows([replace(CHARGE, day=date(2026, 12, 31))], "acme")

    assert row["BillingPeriodEnd"] == "2027-01-01T00:00:00Z"
    assert row["ChargePeriodEnd"] == "2027-01-01T00:00:00Z"
