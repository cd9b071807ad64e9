"""Objects: documents by organization, kind and key, that survive the process."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.local.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def objects(tmp_path: Path) -> Iterator[Objects]:
    """Open an empty store."""
    store = Objects(tmp_path / "objects.sqlite")
    yield store
    store.close()


def test_a_document_is_found_under_its_organization_kind_and_key(objects: Objects) -> None:
    """Nothing is shared between organizations or kinds."""
    objects.put("a", "folders", "1", {"name": "x"})

    assert objects.get("a", "folders", "1") == {"name": "x"}
    assert objects.get("b", "folders", "1") is None
    assert objects.get("a", "alerts", "1") is None


def test_documents_are_listed_in_the_order_of_their_first_put(objects: Objects) -> None:
    """Writing a document again does not move it."""
    for key in ("z", "a", "m"):
        objects.put("o", "k", key, {"key": key})
    objects.put("o", "k", "z", {"key": "z", "again": True})

    assert [document["key"] for document in objects.list("o", "k")] == ["z", "a", "m"]
    assert dict(objects.items("o", "k"))["z"] == {"key": "z", "again": True}


def test_a_deleted_document_is_gone_and_comes_back_last(objects: Objects) -> None:
    """Delete tells whether there was something; a new one goes to the end."""
    objects.put("o", "k", "1", {"n": 1})
    objects.put("o", "k", "2", {"n": 2})

    assert objects.delete("o", "k", "1")
    assert not objects.delete("o", "k", "1")

    objects.put("o", "k", "1", {"n": 3})
    assert [document["n"] for document in objects.list("o", "k")] == [2, 3]


def test_what_was_read_is_a_copy(objects: Objects) -> None:
    """Changing a document that was read changes nothing in the store."""
    objects.put("o", "k", "1", {"items": [1]})
    read = objects.get("o", "k", "1")
    assert read is not None

    read["items"].append(2)

    assert objects.get("o", "k", "1") == {"items": [1]}


def test_an_acknowledged_document_is_there_for_the_next_process(tmp_path: Path) -> None:
    """Even when the first process never closed the file."""
    path = tmp_path / "objects.sqlite"
    first = Objects(path)
    first.put("o", "k", "1", {"text": "ü"})

    second = Objects(path)

    assert second.get("o", "k", "1") == {"text": "ü"}
    second.close()
    first.close()


def test_every_write_raises_the_revision_of_its_kind(objects: Objects) -> None:
    """A cache of a kind needs to look at one number only."""
    before = objects.revision("functions")
    objects.put("o", "functions", "f", {})
    after_put = objects.revision("functions")
    objects.delete("o", "functions", "f")
    after_delete = objects.revision("functions")
    objects.delete("o", "functions", "f")

    assert before < after_put < after_delete == objects.revision("functions")
    assert objects.revision("pipelines") == 0


def test_organizations_are_told_by_what_they_hold(objects: Objects) -> None:
    """Only those with a document of the kind, sorted."""
    objects.put("b", "alerts", "1", {})
    objects.put("a", "alerts", "1", {})
    objects.put("c", "folders", "1", {})

    assert objects.organizations_with("alerts") == ["a", "b"]


def test_a_read_and_write_under_the_lock_is_not_interrupted(objects: Objects) -> None:
    """Eight threads that count together lose nothing."""
    objects.put("o", "k", "n", {"n": 0})

    def count() -> None:
        for _ in range(20):
            with objects.exclusive():
                current = objects.get("o", "k", "n") or {}
                objects.put("o", "k", "n", {"n": current["n"] + 1})

    threads = [Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert objects.get("o", "k", "n") == {"n": 160}
