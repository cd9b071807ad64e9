"""Object files: inputs, texts and secrets are read, and a mistake is told with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra.catalog.object_files import (
    KIND_FOLDERS,
    SecretName,
    load_objects,
    replaced,
)
from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.openobserve.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path


def put(project: Path, name: str, text: str) -> None:
    """Write a file below ``objects/``."""
    path = project / "objects" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def refused(project: Path) -> list[str]:
    """Return the problems of a project, with its folder left out."""
    with pytest.raises(InvalidDeclaration) as no:
        load_objects(project)
    return [str(problem).replace(f"{project}/", "") for problem in no.value.problems]


def test_every_kind_has_a_folder() -> None:
    """What the provider manages can be declared in a file."""
    assert set(KIND_FOLDERS.values()) == set(KINDS)


def test_a_text_may_be_a_file(tmp_path: Path) -> None:
    """The line end that closes a file is not part of the text, and any further one is."""
    put(tmp_path, "functions/one.yaml", "name: one\nfunction: {file: one.vrl}\n")
    put(tmp_path, "functions/one.vrl", ".x = 1\n.\n\n")
    put(tmp_path, "functions/two.yaml", "name: two\nfunction: .\n")
    one, two = load_objects(tmp_path)
    assert one.inputs == {"name": "one", "function": ".x = 1\n.\n"}
    assert (one.name, one.folder, one.path) == ("one", "functions", "objects/functions/one.yaml")
    assert two.inputs["function"] == "."


def test_a_secret_is_a_name(tmp_path: Path) -> None:
    """Values are the stack's business: a file holds the name of one."""
    put(
        tmp_path,
        "destinations/oncall.yaml",
        "name: oncall\ntemplate: page\nurl: {secret: oncall_url}\nheaders:\n  x: {secret: x}\n",
    )
    (oncall,) = load_objects(tmp_path)
    assert oncall.inputs["url"] == SecretName("oncall_url")
    assert oncall.inputs["headers"] == {"x": SecretName("x")}


def test_objects_come_in_the_order_of_dependence(tmp_path: Path) -> None:
    """Whoever refers to something finds it before itself."""
    put(tmp_path, "destinations/d.yaml", "name: d\ntemplate: t\nurl: https://x.example/y\n")
    put(tmp_path, "templates/t.yaml", "name: t\nbody: x\n")
    put(tmp_path, "streams/s.yaml", "name: s\nstream_type: logs\n")
    assert [one.folder for one in load_objects(tmp_path)] == [
        "streams",
        "templates",
        "destinations",
    ]


def test_all_problems_are_told_with_their_lines(tmp_path: Path) -> None:
    """The kind's own rules hold for files, and one run tells what is wrong with all of them."""
    put(
        tmp_path,
        "dashboards/cost.yaml",
        "title: Cost\ntabs:\n  one:\n    order: 1\n    name: One\n    panels:\n"
        "      total:\n        order: 1\n        type: metrik\n        title: Total\n"
        "        query: {file: cost/total.sql}\n        stream: s\n        stream_type: logs\n",
    )
    put(tmp_path, "streams/s.yaml", "name: S\nstream_type: log\n")
    told = refused(tmp_path)
    assert told[0].startswith("objects/streams/s.yaml:1: name: the server would store it as 's'")
    assert told[1].startswith("objects/streams/s.yaml:2: stream_type: ")
    assert any(
        line.startswith("objects/dashboards/cost.yaml:9: tabs.one.panels.total.type: ")
        for line in told
    )
    assert (
        "objects/dashboards/cost.yaml:11: tabs.one.panels.total.query: the file cost/total.sql "
        "cannot be read: No such file or directory" in told
    )


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../../secrets.txt", "it is outside of the folder of its kind"),
        ("binary.vrl", "it is not UTF-8 text"),
    ],
)
def test_a_text_is_text_and_within_its_folder(tmp_path: Path, name: str, why: str) -> None:
    """A declaration cannot send a file from elsewhere to the server."""
    put(tmp_path, "functions/f.yaml", f"name: f\nfunction: {{file: {name}}}\n")
    (tmp_path / "objects/functions/binary.vrl").write_bytes(b"\xff\xfe")
    (tmp_path / "secrets.txt").write_text("hush")
    assert refused(tmp_path) == [
        f"objects/functions/f.yaml:2: function: the file {name} cannot be read: {why}"
    ]


def test_a_folder_of_no_kind_is_refused(tmp_path: Path) -> None:
    """A misspelt folder would be ignored, and its objects removed from the server."""
    put(tmp_path, "dashboard/x.yaml", "title: x\n")
    assert refused(tmp_path) == [
        "objects/dashboard: is no folder of a kind\n  did you mean 'dashboards'?"
    ]


def test_a_project_without_objects_is_told(tmp_path: Path) -> None:
    """An empty program would remove everything: that is no way to say it."""
    (told,) = refused(tmp_path)
    assert told == (
        "objects: there is no such folder\n"
        "  `llmcost adopt` writes one from what an organization holds."
    )


def test_a_file_is_a_map(tmp_path: Path) -> None:
    """A list or a word is no object."""
    put(tmp_path, "streams/s.yaml", "- name\n")
    assert refused(tmp_path) == ["objects/streams/s.yaml:1: must be a map of the object's inputs"]


def test_values_are_replaced_where_a_pattern_leads() -> None:
    """A star is one key or one place in a list, and everything else stays."""
    value = {"a": {"x": {"q": 1}, "y": {"q": 2, "r": 3}}, "b": [{"q": 4}, {"r": 5}], "c": [6]}
    seen: list[object] = []

    def change(found: object, at: object) -> object:
        seen.append((found, at))
        return "new"

    assert replaced(value, "a.*.q", change) == {
        **value,
        "a": {"x": {"q": "new"}, "y": {"q": "new", "r": 3}},
    }
    assert replaced(value, "b.*.q", change) == {**value, "b": [{"q": "new"}, {"r": 5}]}
    assert replaced(value, "c.d", change) == replaced(value, "z.q", change) == value
    assert seen == [(1, ("a", "x", "q")), (2, ("a", "y", "q")), (4, ("b", 0, "q"))]
