"""A stack's settings are strict, and every mistake is told at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.profiles import PROFILES
from llmcost_infra.settings import Budget, Functions, Retention, Settings, Streams


def refused(**values: Any) -> list[str]:
    """Return what is said about settings that are wrong."""
    with pytest.raises(InvalidDeclaration) as caught:
        Settings.from_mapping({"environment": "dev"} | values)
    return [str(problem) for problem in caught.value.problems]


def test_only_the_environment_must_be_chosen() -> None:
    """Everything else has a default that a newcomer can live with."""
    settings = Settings.from_mapping({"environment": "dev"})
    assert settings.organization is None, "the provider knows it"
    assert settings.folder == "LLM Cost"
    assert settings.retention == Retention(llm_days=400, quarantine_days=1, other_days=30)
    assert settings.budget == Budget(daily_usd=Decimal(500))
    assert settings.on_destroy == "retain"
    assert settings.profile == "pipeline"


def test_every_choice_is_read() -> None:
    """What a stack file says is what the program gets, money exactly."""
    settings = Settings.from_mapping(
        {
            "environment": "prod",
            "organization": "acme",
            "prefix": "team_",
            "folder": "Spend",
            "profile": "pipeline",
            "retention": {"llm_days": 30},
            "budget": {"daily_usd": "0.30"},
            "on_destroy": "delete",
        }
    )
    assert settings.retention.llm_days == 30
    assert settings.retention.other_days == 30
    assert settings.budget.daily_usd == Decimal("0.30")
    assert settings.on_destroy == "delete"


def test_the_prefix_stands_before_every_name() -> None:
    """Two stacks in one organization meet in no name."""
    settings = Settings(environment="local", prefix="demo_")
    assert settings.streams == Streams(
        source="demo_llm_ingest",
        calls="demo_llm_calls",
        other="demo_other_traces",
        other_logs="demo_other_logs",
        quarantine="demo_llm_quarantine",
        rollup="demo_llm_rollup",
        content="demo_llm_content",
        billing="demo_llm_billing_daily",
    )
    assert settings.functions == Functions(
        mark_new="demo_llm_mark_new",
        normalise="demo_llm_normalise",
        read_logs="demo_llm_read_logs",
        project="demo_llm_project",
        adjust="demo_llm_adjust",
        scrub_other="demo_llm_scrub_other",
        quarantine="demo_llm_quarantine",
        project_content="demo_llm_project_content",
    )
    assert settings.prefixed("anything") == "demo_anything"


def test_a_misspelt_key_names_the_right_one() -> None:
    """No choice is silently ignored."""
    assert refused(retention={"llm_day": 3}, folderr="x") == [
        "llmcost:settings: retention.llm_day: unknown key\n  did you mean 'llm_days'?",
        "llmcost:settings: folderr: unknown key\n  did you mean 'folder'?",
    ]


def test_all_mistakes_are_told_at_once() -> None:
    """One run shows everything that is wrong with a stack file."""
    assert len(refused(environment="Prod", on_destroy="keep", prefix="-", folder="")) == 4


@pytest.mark.parametrize("amount", [500, 0.1, "1e3", "-5", "", "1,000", "NaN", None, True])
def test_money_is_quoted_text(amount: object) -> None:
    """An amount that has been a float, or is no amount, is refused with an example."""
    assert refused(budget={"daily_usd": amount}) == [
        'llmcost:settings: budget.daily_usd: write an amount in quotes, like "500" or "0.25"'
    ]


def test_a_budget_of_nothing_is_refused() -> None:
    """A budget of 0 would mean an alert for ever."""
    assert refused(budget={"daily_usd": "0"}) == [
        "llmcost:settings: budget.daily_usd: input should be greater than 0"
    ]


@pytest.mark.parametrize("days", [0, -1, "7", 1.5])
def test_retention_is_whole_days(days: object) -> None:
    """Retention of 0 would mean the server's own; a stack says what it means."""
    assert refused(retention={"other_days": days})[0].startswith(
        "llmcost:settings: retention.other_days: "
    )


def test_the_source_is_named() -> None:
    """An error says which file or key it is about."""
    with pytest.raises(InvalidDeclaration, match=r"Pulumi\.dev\.yaml: environment: is missing"):
        Settings.from_mapping({}, source="Pulumi.dev.yaml")


def test_settings_cannot_be_changed() -> None:
    """What was checked is what is used."""
    with pytest.raises(ValidationError):
        Settings(environment="dev").prefix = "x_"  # pyright: ignore[reportAttributeAccessIssue]


def test_a_budget_can_be_made_in_python() -> None:
    """A program may pass an exact amount as it is."""
    assert Budget(daily_usd=Decimal("1.5")).daily_usd == Decimal("1.5")


def test_every_profile_can_be_chosen() -> None:
    """Settings and columns know the same profiles."""
    schema = Settings.model_json_schema()["properties"]["profile"]
    assert set(schema.get("enum", [schema.get("const")])) == set(PROFILES)
