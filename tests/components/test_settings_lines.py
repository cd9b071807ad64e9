"""Mistakes in a stack's settings are shown where they stand in the stack's file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
import yaml

from llmcost_infra.components import LlmCost, stack_settings
from llmcost_infra.components.reporting import stack_secret

if TYPE_CHECKING:
    from pathlib import Path

FILE = """\
# A comment.
config:
  llmcost:settings:
    environment: prod
    routes:
      team: {kind: slack, secret: slack_url}
    alerts:
      rate_limit: {silence_minutes: 60}
      new_featur:
        enabled: false
"""


@pytest.fixture
def in_project(declared: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a project, in which the program runs."""
    del declared  # the mocks are its
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(folder: Path, text: str, *, written: bool = True) -> str:
    """Return what somebody reads who runs Pulumi with a stack's file."""
    if written:
        (folder / f"Pulumi.{pulumi.get_stack()}.yaml").write_text(text)
    settings = yaml.safe_load(text)["config"]["llmcost:settings"]
    pulumi.runtime.set_config("llmcost:settings", json.dumps(settings))

    async def program() -> None:
        LlmCost("cost", stack_settings())

    with pytest.raises(pulumi.RunError) as caught:
        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # Pulumi left it without types
    return str(caught.value)


def test_an_unknown_alert_is_shown_with_its_line(in_project: Path) -> None:
    """It is found when the declarations are there."""
    stack = pulumi.get_stack()
    assert refused(in_project, FILE) == (
        f"Pulumi.{stack}.yaml:9: alerts.new_featur: there is no such alert\n"
        "  did you mean 'new_feature'?"
    )


def test_an_unknown_key_is_shown_with_its_line(in_project: Path) -> None:
    """It is found when the settings are read."""
    stack = pulumi.get_stack()
    text = FILE.replace("enabled", "enable")
    assert refused(in_project, text).startswith(
        f"Pulumi.{stack}.yaml:10: alerts.new_featur.enable: unknown key"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("config:\n  llmcost:setings: {}\n", ":2: llmcost:setings: unknown key"),
        ("config:\n  openobserve:url: x\n", ": this stack has no settings yet"),
        ("encryptionsalt: v1\n", ": this stack has no settings yet"),
    ],
)
def test_a_stack_without_settings_is_told_where_they_belong(
    in_project: Path, text: str, said: str
) -> None:
    """Pulumi would have them set by a command that takes one line."""
    stack = pulumi.get_stack()
    (in_project / f"Pulumi.{stack}.yaml").write_text(text)
    with pytest.raises(pulumi.RunError) as caught:
        stack_settings()
    assert str(caught.value).startswith(f"Pulumi.{stack}.yaml{said}")
    assert "llmcost:settings" in str(caught.value).partition("\n")[2]


def test_every_secret_that_is_missing_is_told_at_once(in_project: Path) -> None:
    """Not one for each preview, and by the keys that the docs write."""
    two = FILE.replace(
        "    alerts:", "      oncall: {kind: pagerduty, secret: night_key}\n    alerts:"
    )
    settings = yaml.safe_load(two)["config"]["llmcost:settings"]
    pulumi.runtime.set_config("llmcost:settings", json.dumps(settings))
    assert in_project.is_dir()
    with pytest.raises(pulumi.RunError) as caught:
        stack_secret("own_key")
    assert str(caught.value) == (
        "The stack has no secret llmcost:own_key.\n"
        "  Set it: pulumi config set --secret llmcost:own_key\n"
        "  Its settings name more that it lacks: llmcost:slack_url, llmcost:night_key"
    )


def test_settings_from_elsewhere_are_named(in_project: Path) -> None:
    """Who sets them in a program has no line."""
    assert refused(in_project, FILE, written=False).startswith(
        "llmcost:settings: alerts.new_featur"
    )
