"""Names of resources are readable, unique, and the same for the same organization."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.adopt.naming import key_of, named, slug
from llmcost_infra.adopt.organization import Object

TEXTS = st.text(max_size=200) | st.sampled_from(["../../etc", "a/b", ".", "..", "CON ", "A", "a"])


def alert(key: str, name: str, folder: str = "default") -> Object:
    """Return an alert with the least that names need."""
    inputs = {"name": name} if folder == "default" else {"name": name, "folder": folder}
    return Object("alerts", f"default/{key}", inputs)


def names(*objects: Object) -> dict[str, str]:
    """Return the name of each resource by the id of its object."""
    return {one.id.partition("/")[2]: name for name, one in named(objects)[0]}


@given(text=TEXTS)
def test_a_name_is_one_safe_step_of_a_path(text: str) -> None:
    """Nothing that people call a thing leads out of its folder, hides it, or gets too long."""
    found = slug(text, "thing")
    assert PurePosixPath(found).parts == (found,)
    assert found == found.casefold()
    assert not found.startswith(".")
    assert 0 < len(found) <= 60
    assert not re.search(r"[\s\\:*?\"<>|]", found)


def test_names_are_what_people_call_things() -> None:
    """Small letters, dashes for the rest; letters of any language stay."""
    assert slug("LLM Cost (demo)", "x") == "llm-cost-demo"
    assert slug("demo_llm_calls", "x") == "demo_llm_calls"
    assert slug("Kosten Übersicht", "x") == "kosten-übersicht"
    assert slug("  ///  ", "dashboard") == "dashboard"
    assert key_of("llm-page", "Routing-Key") == "llm_page_routing_key"
    assert key_of("Übersicht", "url") == "ubersicht_url"
    assert key_of("2nd") == "secret_2nd"
    assert key_of("コスト") == "secret"


def test_objects_of_one_name_are_told_apart_by_their_folder() -> None:
    """The folder's name is added to all of them, so that none seems to be the real one."""
    folder = Object("folders", "default/alerts/7", {"name": "Search", "folder_type": "alerts"})
    found = names(folder, alert("1", "budget"), alert("2", "budget", "7"), alert("3", "other"))
    assert found == {
        "alerts/7": "search",
        "1": "budget-default",
        "2": "budget-search",
        "3": "other",
    }


def test_objects_that_nothing_tells_apart_are_numbered_and_told() -> None:
    """They are numbered by their ids, in whatever order the server lists them."""
    those = (alert("b", "Budget"), alert("a", "budget"))
    assert (
        names(*those) == names(*reversed(those)) == {"a": "budget-default", "b": "budget-default-2"}
    )
    assert named(those)[1] == {"alerts/budget-default": ["budget-default", "budget-default-2"]}
    assert named([alert("a", "x"), alert("b", "y")])[1] == {}


def test_streams_and_folders_are_told_apart_by_their_type() -> None:
    """The server has a stream `default` of each type."""
    streams = [
        Object("streams", f"default/{kind}/default", {"name": "default", "stream_type": kind})
        for kind in ("logs", "traces")
    ]
    assert [name for name, _ in named(streams)[0]] == ["default-logs", "default-traces"]


def test_no_folder_is_called_like_the_one_that_is_always_there() -> None:
    """An object in the folder `default` is in no declared one."""
    folder = Object("folders", "default/alerts/7", {"name": "Default", "folder_type": "alerts"})
    assert names(folder) == {"alerts/7": "default-2"}
