"""What the CLI does when a stack comes, changes, drifts and goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.openobserve.client import Client
from tests.cli_engine.stacks import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli_engine.conftest import Deployed, Template

pytestmark = pytest.mark.cli


def edit_first_panel(deployed: Deployed, **changes: Any) -> None:
    """Change a panel as somebody in the UI does."""
    path = "/api/default/dashboards/" + deployed.stack.ids()["cost"][1].split("/")[1]
    with Client(deployed.server.url, "root@example.com", PASSWORD) as client:
        found = client.get(path)
        folder = deployed.stack.ids()["folder"][1].split("/")[2]
        body = found["v8"]
        body["tabs"][0]["panels"][0].update(changes)
        client.put(path, body, {"folder": folder, "hash": found["hash"]})


def test_an_edit_in_the_ui_is_seen_kept_and_undone(deployed: Deployed) -> None:
    """Drift is told at its path; an update that meets it stops; with --refresh it goes through."""
    edit_first_panel(deployed, title="Edited")

    drift = deployed.stack.run("refresh", "--preview-only", "--expect-no-changes", "--diff")
    assert drift.code != 0
    assert '"Calls"' in drift.text
    assert '"Edited"' in drift.text

    deployed.server.requests.clear()
    stopped = deployed.stack.up(TEST_TITLE="Cost of LLMs")
    assert stopped.code != 0
    assert "tabs.overview.panels.calls.title" in stopped.text
    assert 'last known: "Calls"' in stopped.text
    assert 'on the server: "Edited"' in stopped.text
    assert "pulumi up --refresh" in stopped.text
    assert deployed.writes == []

    healed = deployed.stack.up("--refresh", TEST_TITLE="Cost of LLMs")
    assert healed.code == 0, healed.text
    assert deployed.stack.run("refresh", "--preview-only", "--expect-no-changes").code == 0


def test_existing_objects_are_imported_without_a_change(
    standing: Deployed, never_up: Template, tmp_path: Path
) -> None:
    """A new stack takes over every object; which part of a text is secret is told without one."""
    other = never_up.stack.copy(tmp_path / "other", standing.server.url)
    wanted = [
        {"type": token, "name": name, "id": id_}
        for name, (token, id_) in standing.stack.ids().items()
    ]
    listing = tmp_path / "import.json"
    listing.write_text(json.dumps({"resources": wanted}))
    standing.server.requests.clear()
    options = ("--yes", "--generate-code=false", "--protect=false", "--skip-preview")
    imported = other.run("import", "-f", str(listing), *options)
    assert imported.code == 0, imported.text
    # The server has texts with a secret in them: which part that is, only the program knows.
    state = other.state()
    assert "grains-of-salt" not in state
    assert "key-of-pagerduty" not in state
    assert other.preview() == {}
    rotated = other.preview(TEST_KEY="another-key")
    assert rotated.keys() == {"page"}
    taken_over = other.up()
    assert taken_over.code == 0, taken_over.text
    assert other.preview() == {}
    assert standing.writes == []


def test_a_missing_object_cannot_be_imported(fresh: Deployed) -> None:
    """The CLI says that it does not exist."""
    where = ("openobserve:index:Folder", "folder", "default/dashboards/none")
    imported = fresh.stack.run("import", *where, "--yes", "--generate-code=false", "--skip-preview")
    assert imported.code != 0
    assert "does not exist" in imported.text


def test_an_existing_object_is_adopted_or_refused(
    standing: Deployed, never_up: Template, tmp_path: Path
) -> None:
    """Equal objects are taken over and the log says so; another title in the place is not."""
    other = never_up.stack.copy(tmp_path / "other", standing.server.url)
    standing.server.requests.clear()
    adopted = other.up()
    assert adopted.code == 0, adopted.text
    assert "exists and is what was asked for: adopted" in adopted.text
    assert standing.writes == []

    third = never_up.stack.copy(tmp_path / "third", standing.server.url)
    refused = third.up(TEST_SQL_calls="SELECT 1 AS calls")
    assert refused.code != 0
    id_ = standing.stack.ids()["cost"][1]
    assert f"pulumi import openobserve:index:Dashboard cost {id_}" in refused.text
    assert standing.writes == []


def test_a_renamed_resource_keeps_its_object(deployed: Deployed) -> None:
    """Without an alias the engine creates and deletes: the dashboard survives, with its id."""
    before = deployed.stack.ids()["cost"]
    deployed.server.requests.clear()
    renamed = deployed.stack.up(TEST_NAME="spend")
    assert renamed.code == 0, renamed.text
    assert deployed.stack.ids()["spend"] == before
    assert deployed.writes == []
    assert deployed.stack.run("refresh", "--preview-only", "--expect-no-changes").code == 0


def test_a_destroy_leaves_what_it_says(deployed: Deployed) -> None:
    """Everything goes but the retained stream, which the log names; destroying again is fine."""
    gone = deployed.stack.run("destroy", "--yes", "--skip-preview")
    assert gone.code == 0, gone.text
    assert "llm_calls" in gone.text
    assert "on_destroy" in gone.text
    with Client(deployed.server.url, "root@example.com", PASSWORD) as client:
        assert client.get("/api/default/dashboards")["dashboards"] == []
        assert client.get("/api/default/functions")["list"] == []
        assert client.get("/api/v2/default/alerts")["list"] == []
        assert client.get("/api/default/alerts/destinations") == []
        streams = client.get("/api/default/streams", {"type": "traces"})["list"]
    names = {one["name"] for one in streams}
    assert "llm_calls" in names
    assert deployed.stack.run("destroy", "--yes", "--skip-preview").code == 0
