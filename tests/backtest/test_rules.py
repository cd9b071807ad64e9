"""Which alerts somebody means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra.backtest import chosen
from llmcost_infra.errors import LlmCostError
from tests.backtest.conftest import ROOT

if TYPE_CHECKING:
    from tests.backtest.conftest import Rules


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("daily_budget", ["daily_budget"]),
        ("monthly_budget_80", ["monthly_budget_80"]),
        ("monthly_budget", ["monthly_budget_50", "monthly_budget_80", "monthly_budget_100"]),
        (
            "alerts/daily_budget_team.yaml",
            ["daily_budget_team_search", "daily_budget_team_support"],
        ),
    ],
)
def test_an_alert_is_meant_by_name_declaration_or_file(
    rules: Rules, word: str, names: list[str]
) -> None:
    """A declaration means every copy that a stack has of it."""
    assert [rule.name for rule in chosen(list(rules.values()), [word], ROOT)] == names


def test_an_unknown_alert_is_told_with_the_nearest_name(rules: Rules) -> None:
    """A typing mistake costs no search."""
    with pytest.raises(LlmCostError, match="no alert 'dayly_budget'") as refused:
        chosen(list(rules.values()), ["dayly_budget"], ROOT)

    assert "daily_budget" in refused.value.hint


def test_nothing_named_means_every_alert(rules: Rules) -> None:
    """And what is named twice is replayed once."""
    every = list(rules.values())

    assert chosen(every, [], ROOT) == every
    assert len(chosen(every, ["daily_budget", "daily_budget"], ROOT)) == 1


def test_a_rule_knows_how_often_its_declaration_expects_it(rules: Rules) -> None:
    """It is what exit code 4 is measured by."""
    assert rules["daily_budget"].expected == 1
