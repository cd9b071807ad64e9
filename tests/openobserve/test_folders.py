"""Folders on an embedded server: an upsert under an id of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import Conflict, OpenObserveError

if TYPE_CHECKING:
    from llmcost_infra.local.server import LocalServer
    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.kinds.base import ObjectStore

FOLDER = {"organization": "default", "folder_type": "dashboards", "name": "LLM"}
URN = "urn:pulumi:dev::p::openobserve:index:Folder::llm"
PATH = "/api/v2/default/folders/dashboards"


@pytest.fixture
def folders(objects: dict[str, ObjectStore]) -> ObjectStore:
    """Return the store."""
    return objects["Folder"]


@pytest.mark.parametrize("folder_type", ["dashboards", "alerts", "reports"])
def test_a_folder_lives_and_dies(folders: ObjectStore, raw: Client, folder_type: str) -> None:
    """Of each type: made, read, changed and removed, and each time it is what was asked for."""
    folder = {**FOLDER, "folder_type": folder_type}
    assert folders.find(folder, URN) is None
    made = folders.create(folder, URN)
    assert made.id == folders.chosen_id(folder, URN)
    assert made.id == f"default/{folder_type}/{made.computed['folder_id']}"
    assert folders.read(made.id, folder) == made
    changed = folders.update(made, {**folder, "name": "Cost", "description": "d"})
    assert changed.inputs == {**folder, "name": "Cost", "description": "d"}
    assert folders.read(made.id, None) == changed
    assert len(raw.get(f"/api/v2/default/folders/{folder_type}")["list"]) == 1
    assert folders.delete(made.id, folder) is None
    assert folders.read(made.id, folder) is None
    assert folders.delete(made.id, folder) is None


def test_making_it_twice_makes_one(folders: ObjectStore, raw: Client) -> None:
    """A create whose answer was lost can be repeated."""
    assert folders.create(FOLDER, URN) == folders.create(FOLDER, URN)
    assert len(raw.get(PATH)["list"]) == 1


def test_the_id_follows_the_resource_and_what_forces_a_replacement(folders: ObjectStore) -> None:
    """Another resource, type or organization never meets the old id; another name keeps it."""
    ids = {
        folders.chosen_id({**FOLDER, **change}, urn)
        for change, urn in (
            ({}, URN),
            ({}, URN + "2"),
            ({"folder_type": "alerts"}, URN),
            ({"organization": "team"}, URN),
        )
    }
    assert len({id_.rpartition("/")[2] for id_ in ids}) == 4
    assert folders.chosen_id({**FOLDER, "name": "x"}, URN) == folders.chosen_id(FOLDER, URN)


def test_a_folder_of_the_same_name_is_found(folders: ObjectStore, raw: Client) -> None:
    """A name is there once in an organization, so a create would collide with it."""
    raw.post(PATH, {"name": "LLM", "description": "theirs"})
    found = folders.find(FOLDER, URN)
    assert found is not None
    assert found.inputs == {**FOLDER, "description": "theirs"}
    assert found.id != folders.chosen_id(FOLDER, URN)
    with pytest.raises(Conflict, match="already exists"):
        folders.create(FOLDER, URN)


def test_our_own_folder_is_found_before_a_namesake(folders: ObjectStore, raw: Client) -> None:
    """What an earlier, interrupted run made is ours, whatever its name is now."""
    made = folders.create({**FOLDER, "name": "old"}, URN)
    raw.post(PATH, {"name": "LLM", "description": ""})
    found = folders.find(FOLDER, URN)
    assert found is not None
    assert found.id == made.id


def test_a_folder_that_vanished_is_made_again_by_an_update(
    folders: ObjectStore, raw: Client
) -> None:
    """The server's PUT is an upsert: an update heals."""
    made = folders.create(FOLDER, URN)
    raw.delete(f"{PATH}/{made.computed['folder_id']}")
    folders.update(made, {**FOLDER, "description": "again"})
    assert raw.get(f"{PATH}/{made.computed['folder_id']}")["description"] == "again"


def test_a_full_folder_stays(
    folders: ObjectStore, objects: dict[str, ObjectStore], dashboard: Any
) -> None:
    """The server keeps a folder that holds dashboards; the message says what to do."""
    made = folders.create(FOLDER, URN)
    inside = dashboard(folder=made.computed["folder_id"])
    objects["Dashboard"].create(inside, URN)
    with pytest.raises(Conflict, match=r"Folder contains(.|\n)*Move or delete the dashboards"):
        folders.delete(made.id, FOLDER)


@pytest.mark.parametrize("id_", ["", "default", "default/dashboards", "default//x", "a/b/c/d"])
def test_an_id_has_the_form_of_its_kind(folders: ObjectStore, id_: str) -> None:
    """A mistyped import names the form."""
    with pytest.raises(OpenObserveError, match=r"organization/folder_type/folder_id"):
        folders.read(id_, None)


def test_many_folders_are_read_with_one_request(folders: ObjectStore, server: LocalServer) -> None:
    """A refresh of any number of folders asks for their list once."""
    made = [folders.create({**FOLDER, "name": f"F{n}"}, f"{URN}{n}") for n in range(5)]
    before = len(server.requests)
    assert [folders.read(folder.id, None) for folder in made] == made
    assert len(server.requests) == before + 1
