"""The Node application is in the LLM stream call by call, as far as its instrumentation tells."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from example_apps import NODE_APP

from llmcost_infra.pseudonyms import pseudonym
from tests.pipelines.conftest import HASH_KEY

if TYPE_CHECKING:
    from tests.apps.conftest import OpenObserve, Run


def test_a_node_application_is_seen(run: Run, openobserve: OpenObserve, node: str) -> None:
    """With features, a hashed user, a stream's usage and a refusal.

    Its instrumentation tells no cached tokens, so that the stream counts them at the full price.
    """
    command = (node, "--require", "./instrumentation.cjs", "app.cjs")
    printed = run("node-app", *command, service="node-bot")
    assert printed.splitlines() == ["A short answer.", "A short answer.", "refused: 429"]

    rows = {row["llmcost_feature"]: row for row in openobserve.calls("node-bot")}

    assert rows.keys() == {"summarize", "story", "translate"}
    assert rows["summarize"]["llmcost_cost_usd"] == pytest.approx(0.000231, abs=1e-12)
    assert rows["story"]["llmcost_cost_usd"] == pytest.approx(0.008015, abs=1e-12)
    assert rows["translate"]["llmcost_error_class"] == "rate_limit"
    assert {row["llmcost_user"] for row in rows.values()} == {
        pseudonym("ann@example.com", HASH_KEY)
    }
    assert {row["llmcost_team"] for row in rows.values()} == {"content"}
    assert {row["llmcost_environment"] for row in rows.values()} == {"dev"}


@pytest.mark.parametrize(
    "person", ["ann@example.com", "  Bob ", "üñí", "🦊" * 250, "0123456789abcdef" * 2]
)
def test_a_person_is_the_same_in_every_language(node: str, person: str) -> None:
    """What Node sends as an id is what Python sends, and what the pipeline would store."""
    program = (
        "const { pseudonym } = require('./attribution.cjs');"
        f"console.log(pseudonym({json.dumps(person)}, 'grains-of-salt'))"
    )
    told = subprocess.run(  # noqa: S603 - our own words
        [node, "-e", program], cwd=NODE_APP, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == pseudonym(person, "grains-of-salt")


def test_without_a_key_no_person_leaves_node(node: str) -> None:
    """Nobody is sent unhashed."""
    program = (
        "const { pseudonym } = require('./attribution.cjs'); console.log(pseudonym('ann', ''))"
    )
    told = subprocess.run(  # noqa: S603 - our own words
        [node, "-e", program], cwd=NODE_APP, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "undefined"


def test_the_lock_checks_every_package_and_names_no_registry() -> None:
    """Set-up installs nothing that could have been exchanged on the way."""
    packages = json.loads((NODE_APP / "package-lock.json").read_text())["packages"]
    installed = [one for name, one in packages.items() if name]
    assert len(installed) > 20
    assert all(one.get("integrity", "").startswith("sha512-") for one in installed)
    assert not any("resolved" in one for one in installed)
