"""From an organization to files: each object is declared, or left with the reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from llmcost_infra.adopt.adopting import Adoption, Place, adopt
from llmcost_infra.adopt.declaring import object_files
from llmcost_infra.adopt.organization import Object, Organization
from llmcost_infra.catalog.object_files import KIND_FOLDERS, load_objects
from llmcost_infra.openobserve.kinds import KINDS
from tests.provider.samples import samples

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

PLACE = Place("https://observe.example.com", "me@example.com", "acme", "prod")
HOOK = "https://hooks.example.com/services/hush-hush"


def made(kind: str, key: str, **inputs: Any) -> Object:
    """Return an object."""
    return Object(kind, f"acme/{key}", inputs)


def adopted(moment: datetime, *objects: Object) -> Adoption:
    """Return what comes of an organization that holds these."""
    return adopt(Organization("acme", objects, ()), PLACE, moment)


def note(text: str, **more: Any) -> dict[str, Any]:
    """Return the inputs of a dashboard with a note."""
    panel = {"order": 10, "type": "markdown", "title": "Note", "markdown_content": text}
    return {
        "title": "Cost",
        "tabs": {"a": {"order": 10, "name": "A", "panels": {"n": panel}}},
    } | more


@pytest.mark.parametrize("token", KINDS)
def test_every_input_of_every_kind_is_read_back(tmp_path: Path, token: str) -> None:
    """A sample with all that a kind can be told survives the way into files and back."""
    kind = KINDS[token]
    (folder,) = (folder for folder, one in KIND_FOLDERS.items() if one == token)
    inputs = kind.canonical(samples()[token].resource.inputs)
    inputs.pop("organization", None)
    for name, text in object_files(folder, "x", inputs).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (found,) = load_objects(tmp_path)
    assert found.inputs == inputs


def test_a_folder_is_the_name_of_its_file(moment: datetime) -> None:
    """An id of this server means nothing on another one."""
    folder = made("folders", "dashboards/7", name="Search", folder_type="dashboards")
    files = adopted(moment, folder, made("dashboards", "d", **note("x", folder="7"))).files
    assert yaml.safe_load(files["objects/dashboards/cost.yaml"])["folder"] == "search"
    assert "folder: '7'" not in "".join(files.values())


def test_what_is_imported_has_the_ids_of_the_server(moment: datetime) -> None:
    """Only there ids are needed: the file is used once."""
    adoption = adopted(moment, made("functions", "f", name="f", function="."))
    assert json.loads(adoption.files["import.json"]) == {
        "resources": [{"type": "openobserve:index:Function", "name": "f", "id": "acme/f"}]
    }


def test_an_object_that_shows_a_secret_is_left(moment: datetime) -> None:
    """The note would carry the address into the repository; the route itself is adopted."""
    adoption = adopted(
        moment,
        made("dashboards", "d", **note(f"Alerts go to {HOOK}")),
        made("destinations", "oncall", name="oncall", template="page", url=HOOK),
    )
    assert adoption.counts == {"destinations": 1}
    (left,) = adoption.left
    assert (left.kind, left.name, left.why) == (
        "dashboard",
        "Cost",
        "its text shows a secret in the open: url of the destination oncall",
    )
    assert not any(HOOK in text for text in adoption.files.values())


def test_secrets_of_what_is_left_are_not_asked_for(moment: datetime) -> None:
    """Nobody sets a value that nothing reads."""
    attributes = {"routing_key": "R1", "note": "Bearer abcdefgh1"}
    alert = {"name": "budget", "context_attributes": attributes, "description": f"see {HOOK}"}
    adoption = adopted(
        moment,
        made("alerts", "a", **alert),
        made("destinations", "oncall", name="oncall", template="page", url=HOOK),
    )
    assert [secret.name for secret in adoption.secrets] == ["oncall_url"]
    assert sum("config set" in step for step in adoption.steps) == 2


def test_what_lies_in_a_folder_that_is_left_is_left(moment: datetime) -> None:
    """A file that names a folder without one would stop the whole program."""
    adoption = adopted(
        moment,
        made("folders", "dashboards/7", name="A", folder_type="dashboards", description=HOOK),
        made("dashboards", "d", **note("x", folder="7")),
        made("dashboards", "e", **note("x", folder="8", title="Elsewhere")),
        made("dashboards", "f", **note("x", title="Here")),
        made("destinations", "oncall", name="oncall", template="page", url=HOOK),
    )
    assert adoption.counts == {"dashboards": 1, "destinations": 1}
    assert [(left.kind, left.name, left.why) for left in adoption.left][1:] == [
        ("dashboard", "Cost", "its folder is not adopted"),
        ("dashboard", "Elsewhere", "its folder is not adopted"),
    ]


def test_the_page_lists_what_is_left(moment: datetime) -> None:
    """A table of Markdown holds any name."""
    adoption = adopted(moment, made("dashboards", "d", **note("x", folder="8", title="a|b\nc")))
    page = adoption.files["README.md"]
    assert (
        "| dashboard | a\\|b c | its folder is not adopted | See why the folder is not. |" in page
    )
    assert "on 2026-11-28 12:30 UTC" in page
    assert "## Secrets" not in page
