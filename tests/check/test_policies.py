"""What production is held to, and that other stacks are left alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from llmcost_infra.check.policies import Policies, policies_from, policies_in
from llmcost_infra.check.registered import StackResources
from llmcost_infra.check.registry import RULES
from llmcost_infra.check.rules.policies import ceiling, protected
from llmcost_infra.check.running import findings_of
from llmcost_infra.check.stack import StackView
from llmcost_infra.program import Program
from tests.check.cases import CASES, alert, in_production, program, stream

CHECKOUT = Path(__file__).parents[2]


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


def chosen(made: Program, **policies: object) -> StackResources:
    """Return a program's resources where the organization chose something."""
    given = {name.replace("_", "-"): one for name, one in policies.items()}
    return StackResources(made, policies_from(given))


@pytest.mark.parametrize(("stack", "most"), [("dev", 90), ("dev-eu", 60), ("prod", 800)])
def test_days_may_differ_by_environment(stack: str, most: int) -> None:
    """The longest word with which the stack's name begins decides."""
    limits = {
        "count_days": 800,
        "environments": {"dev": {"count_days": 90}, "dev-": {"count_days": 60}},
    }
    made = replace(program(stream(data_retention=most + 1)), stack=stack)
    [breach] = ceiling(chosen(made, stream_ceiling=limits))
    assert breach.message == f"llm_calls keeps {most + 1} days, and {most} are the most"


def test_an_organization_says_which_stacks_are_production() -> None:
    """Not every one calls them prod."""
    made = replace(CASES["stream-protected"].wrong, stack="acme/llm/live")
    live = {"environments": ["live"]}
    assert found("stream-protected", made) == []
    assert list(protected(chosen(made, stream_protected=live)))


@pytest.mark.parametrize(
    ("level", "severities"),
    [("mandatory", {"error"}), ("advisory", {"warning"}), ("disabled", set[str]())],
)
def test_a_level_is_a_severity(tmp_path: Path, level: str, severities: set[str]) -> None:
    """What stops an update is an error of the check; what is only told is a warning."""
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy/config.json").write_text(json.dumps({"stream-ceiling": level}))
    findings = findings_of(tmp_path, {"dev": CASES["stream-ceiling"].wrong})
    assert {one.severity for one in findings if one.rule == "stream-ceiling"} == severities


def test_a_wrong_choice_is_a_finding_at_its_line(tmp_path: Path) -> None:
    """A word that nobody knows would otherwise be a policy that nobody holds."""
    (tmp_path / "policy").mkdir()
    path = tmp_path / "policy/config.json"
    path.write_text('{\n  "alert-context": "mandatory",\n  "stream-ceiling": {"days": 3}\n}\n')
    [found_] = [
        one for one in findings_of(tmp_path, {"dev": program()}) if one.rule == "declaration"
    ]
    assert (found_.path, found_.line) == (str(path), 3)


def test_the_policies_that_we_ship_can_be_read() -> None:
    """Each is named in the file, so that an organization sees what it may change."""
    shipped = policies_in(CHECKOUT / "policy")
    assert shipped.model_fields_set == Policies.model_fields.keys()
