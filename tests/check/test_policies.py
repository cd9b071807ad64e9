"""What production is held to, and that other stacks are left alone."""

from __future__ import annotations

import pytest

from llmcost_infra.check.registry import RULES
from llmcost_infra.check.stack import StackView
from llmcost_infra.program import Program
from tests.check.cases import CASES, alert, in_production, program, stream


def found(rule: str, made: Program) -> list[str]:
    """Return what a rule says of a program."""
    return [one.message for one in RULES[rule].find(StackView(made))]


@pytest.mark.parametrize("rule", ["stream-protected", "stream-watched"])
def test_other_stacks_than_production_may_lose_rows(rule: str) -> None:
    """What is wrong in prod is how one works in dev."""
    wrong = CASES[rule].wrong
    assert found(rule, wrong)
    assert found(rule, Program(wrong.project, "dev", wrong.resources, ())) == []


@pytest.mark.parametrize(("days", "said"), [(1_830, 0), (1_831, 1)])
def test_counts_are_kept_for_five_years_at_most(days: int, said: int) -> None:
    """The longest is allowed, a day more is not."""
    assert len(found("stream-ceiling", program(stream(data_retention=days)))) == said


def test_a_permission_to_lose_rows_is_not_left_behind() -> None:
    """It is for one update."""
    made = in_production(program(stream(allow_data_loss=True)))
    assert found("stream-protected", made) == [
        "an update may remove rows of llm_calls, and the stack is production"
    ]


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"name": "daily_budget"}, "llm_calls has no anomaly alert"),
        ({"name": "cost_anomaly"}, "llm_calls has no budget alert"),
        (
            {"name": "daily_budget", "enabled": False},
            "llm_calls has no budget and no anomaly alert",
        ),
        (
            {"name": "daily_budget", "stream_name": "other"},
            "llm_calls has no budget and no anomaly alert",
        ),
    ],
)
def test_only_an_alert_that_is_on_watches_its_own_stream(
    inputs: dict[str, object], said: str
) -> None:
    """One that is switched off, or reads another stream, notices nothing."""
    assert found("stream-watched", in_production(alert(**inputs))) == [said]
