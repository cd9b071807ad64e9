"""The policy pack, run by the real CLI: what a preview passes, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli_engine.stacks import Cli, Stack

pytestmark = pytest.mark.cli

CHECKOUT = Path(__file__).parents[2]
PACK = ("--policy-pack", str(CHECKOUT / "policy"))
SECRETS = (
    "hash_key pagerduty_key slack_url tickets_url deadman_url openai_admin_key anthropic_admin_key"
)


def violations(said: str) -> set[tuple[str, str, str]]:
    """Return level, policy and resource of each violation that a preview shows."""
    shown = r"- \[(\w+)\]  ([\w-]+)  \(openobserve:index:\w+: (\w+)\)"
    return {(level, policy, name) for level, policy, name in re.findall(shown, said)}


@pytest.fixture(scope="module")
def breaking(tmp_path_factory: pytest.TempPathFactory, pulumi_folder: Path) -> Stack:
    """The stack prod of a program that breaks every policy."""
    program = Path(__file__).with_name("breaking.py")
    folder = tmp_path_factory.mktemp("breaking")
    cli = Cli(pulumi_folder)
    return Stack.make(folder, cli, "http://127.0.0.1:9", program=program, stack="prod")


def test_the_stack_for_production_passes(tmp_path: Path, pulumi_folder: Path) -> None:
    """What the repository declares for prod keeps the policies that it ships."""
    program = CHECKOUT / "__main__.py"
    stack = Stack.make(
        tmp_path / "stack",
        Cli(pulumi_folder),
        "http://127.0.0.1:9",
        program=program,
        stack="prod",
    )
    settings = (CHECKOUT / "Pulumi.prod.yaml").read_text()
    given = "".join(f"  llmcost:{name}: https://{name}.example.com\n" for name in SECRETS.split())
    salt = (stack.folder / "project/Pulumi.prod.yaml").read_text()
    (stack.folder / "project/Pulumi.prod.yaml").write_text(f"{salt}{settings}{given}")
    outcome = stack.run("preview", *PACK)
    assert outcome.code == 0, outcome.text
    assert "✅ llmcost@v" in outcome.text
    assert "warning" not in outcome.text


def test_every_policy_refuses_what_breaks_it(breaking: Stack) -> None:
    """One preview names each with its resource, and ends with an error."""
    outcome = breaking.run("preview", *PACK)
    assert outcome.code != 0
    assert violations(outcome.text) == {
        ("mandatory", "alert-context", "spend"),
        ("mandatory", "stream-ceiling", "content"),
        ("mandatory", "stream-protected", "calls"),
        ("mandatory", "stream-watched", "calls"),
    }
    assert "daily_budget names no owner: add it to context_attributes." in outcome.text
    assert "llm_content keeps 31 days, and 30 are the most" in outcome.text
    assert "llm_calls is removed with the stack, and the stack is production" in outcome.text
    assert "an update may remove rows of llm_calls" in outcome.text
    assert "llm_calls has no anomaly alert" in outcome.text


def test_an_organization_chooses_levels_and_days(breaking: Stack, tmp_path: Path) -> None:
    """What is advisory is told and lets the preview pass; what is disabled is not looked at."""
    chosen = {
        "all": "advisory",
        "stream-ceiling": {"environments": {"prod": {"count_days": 365, "text_days": 31}}},
        "alert-context": "disabled",
    }
    (tmp_path / "chosen.json").write_text(json.dumps(chosen))
    outcome = breaking.run("preview", *PACK, "--policy-pack-config", str(tmp_path / "chosen.json"))
    assert outcome.code == 0, outcome.text
    assert violations(outcome.text) == {
        ("advisory", "stream-ceiling", "calls"),
        ("advisory", "stream-protected", "calls"),
        ("advisory", "stream-watched", "calls"),
    }
