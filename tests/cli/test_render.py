"""`llmcost render` writes a stack's bodies, tells which, and ends with a code by cause."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Type

PROGRAM = """
import pulumi
from llmcost_infra.resources import Folder, Function

Folder("f", name="F")
Function("g", name="g", function=".")
pulumi.CustomResource("aws:s3:Bucket", "b", {})
pulumi.runtime.invoke("aws:ec2/getAmi:getAmi", {})
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a stack `dev`, and go into a folder of it."""
    folder = tmp_path / "project"
    (folder / "docs").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(PROGRAM)
    monkeypatch.chdir(folder / "docs")
    monkeypatch.delenv("OPENOBSERVE_ORG", raising=False)
    return folder


def test_it_writes_the_bodies_and_prints_a_table(llmcost: Type, project: Path) -> None:
    """One line an object, what is left out with the reason, and what changed in the folder."""
    ended = llmcost("render", "--stack", "dev", "--out", "out")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "kind      name  body             files",
        "folder    f     folder/f.json    1",
        "function  g     function/g.json  2",
        "not rendered: aws:s3:Bucket b (of another provider)",
        "not asked: aws:ec2/getAmi:getAmi; what the program makes of its answer is missing",
        "4 files in out: 4 changed, 0 removed.",
    ]
    out = project / "docs" / "out"
    assert json.loads((out / "folder/f.json").read_text()) == {"name": "F", "description": ""}
    assert (out / "function/g.vrl").read_text() == ".\n"


def test_it_prints_the_same_as_json(llmcost: Type, project: Path) -> None:
    """A script learns what was rendered, from where, and what changed."""
    llmcost("render", "--stack", "dev", "--out", "out")
    (project / "__main__.py").write_text(PROGRAM.replace('Folder("f", name="F")', ""))
    told = json.loads(llmcost("render", "--stack", "dev", "--out", "out", "--json").out)
    assert [one["files"] for one in told["objects"]] == [["function/g.json", "function/g.vrl"]]
    assert told["objects"][0]["source"] == {"path": "__main__.py", "line": 6}
    assert told["asked"] == ["aws:ec2/getAmi:getAmi"]
    assert told["written"] == {
        "files": 3,
        "changed": ["rendered.json"],
        "removed": ["folder/f.json"],
    }


def test_what_is_wrong_ends_with_two_and_writes_nothing(llmcost: Type, project: Path) -> None:
    """A stack that is not there, inputs that the provider refuses, a folder that is not ours."""
    missing = llmcost("render", "--stack", "deb", "--out", "out")
    (project / "__main__.py").write_text(PROGRAM.replace('name="F"', 'name=" F"'))
    refused = llmcost("render", "--stack", "dev", "--out", "out")
    (project / "__main__.py").write_text(PROGRAM)
    foreign = llmcost("render", "--stack", "dev", "--out", "..")
    assert [missing.code, refused.code, foreign.code] == [2, 2, 2]
    assert "../Pulumi.deb.yaml: there is no stack 'deb'" in missing.err
    assert "did you mean 'dev'?" in missing.err
    assert "__main__.py:5: folder 'f': name: must not start or end with spaces" in refused.err
    assert "..: is not empty" in foreign.err
    assert not (project / "docs" / "out").exists()


def test_a_program_that_raises_ends_with_one(llmcost: Type, project: Path) -> None:
    """The last lines of its traceback are all that is shown."""
    (project / "__main__.py").write_text("{}['gone']\n")
    ended = llmcost("render", "--stack", "dev", "--out", "out")
    assert ended.code == 1
    assert ended.err.startswith("error: The program raised an exception:\n")
    assert "KeyError: 'gone'" in ended.err


def test_it_needs_a_project(llmcost: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a project the next step is said."""
    monkeypatch.chdir(tmp_path)
    ended = llmcost("render", "--stack", "dev", "--out", "out")
    assert ended.code == 2
    assert "There is no Pulumi.yaml" in ended.err
