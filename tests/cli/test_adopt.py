"""`llmcost adopt` writes a project, says what it could not take, and touches nothing else."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Type

PASSWORD = "Complexpass#123"
USER = "root@example.com"
WHY = "template: is missing: give the name of an AlertTemplate, without which nothing is ever sent"
HOOK = "https://hooks.example.com/services/hush-hush"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A server with two folders of one name, a route, and a destination that never sends."""
    with LocalServer(tmp_path_factory.mktemp("data"), password=PASSWORD) as started:
        with Client(started.url, USER, PASSWORD) as client:
            for kind in ("alerts", "dashboards"):
                folder = {"name": "LLM Cost", "description": ""}
                client.post(f"/api/v2/default/folders/{kind}", folder)
            template = {"name": "page", "body": "{}", "type": "http"}
            client.post("/api/default/alerts/templates", template)
            for name, template_name in (("oncall", "page"), ("lost", "nope")):
                client.post(
                    "/api/default/alerts/destinations",
                    {"name": name, "url": HOOK, "type": "http", "template": template_name},
                )
        yield started


@pytest.fixture(autouse=True)
def named(server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the server in the environment, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENOBSERVE_ORG", raising=False)
    access = {"URL": server.url, "USER": USER, "PASSWORD": PASSWORD}
    for variable, value in access.items():
        monkeypatch.setenv(f"OPENOBSERVE_{variable}", value)


def test_it_says_what_it_took_and_what_comes_next(llmcost: Type, tmp_path: Path) -> None:
    """A table, what was not adopted with the reason, and each command to type."""
    ended = llmcost("adopt", "--stack", "prod")
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.splitlines() == [
        "kind          adopted",
        "folders       2",
        "templates     1",
        "destinations  1",
        f"not adopted: destination lost ({WHY})",
        "12 files in adopted. Next, in that folder:",
        "  python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
        "  source .venv/bin/activate",
        "  pulumi stack init prod",
        "  pulumi config set --secret openobserve:password",
        "  pulumi config set --secret oncall_url",
        "  pulumi import --file import.json --generate-code=false --protect=false --yes",
        "  pulumi preview --expect-no-changes",
    ]
    page = (tmp_path / "adopted/README.md").read_text()
    assert "| `oncall_url` | url of the destination oncall |" in page
    assert "| destination | lost | template: is missing" in page


def test_no_secret_is_in_a_file_or_on_the_screen(llmcost: Type, tmp_path: Path) -> None:
    """Neither a route's address nor the password of who asks."""
    ended = llmcost("adopt", "--json")
    texts = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    for text in (*texts, ended.out, ended.err):
        assert HOOK not in text
        assert PASSWORD not in text
    assert len(texts) == 12


def test_it_prints_the_same_as_json(llmcost: Type) -> None:
    """A script learns what was adopted, what was not and why, and what to run."""
    told = json.loads(llmcost("adopt", "--out", "mine", "--json").out)
    assert told["out"] == "mine"
    assert told["adopted"] == {"folders": 2, "templates": 1, "destinations": 1}
    assert told["secrets"] == [{"name": "oncall_url", "what": "url of the destination oncall"}]
    assert [(one["kind"], one["name"]) for one in told["left"]] == [("destination", "lost")]
    assert told["twins"] == {}
    assert "objects/folders/llm-cost-alerts.yaml" in told["files"]
    assert told["steps"][-1] == "pulumi preview --expect-no-changes"


def test_it_writes_the_same_twice(llmcost: Type, tmp_path: Path) -> None:
    """The same organization gives the same files, but for the moment on the page."""
    llmcost("adopt", "--out", "one")
    llmcost("adopt", "--out", "two")
    one, two = (
        {
            path.relative_to(tmp_path / folder): path.read_text()
            for path in (tmp_path / folder).rglob("*")
            if path.is_file() and path.name != "README.md"
        }
        for folder in ("one", "two")
    )
    assert one == two


def test_it_changes_nothing_on_the_server(llmcost: Type, server: LocalServer) -> None:
    """Adopting is reading."""
    server.requests.clear()
    llmcost("adopt")
    assert {method for method, _, _ in server.requests} == {"GET"}


@pytest.mark.parametrize("there", ["a file", "a folder"])
def test_what_is_there_is_not_touched(llmcost: Type, tmp_path: Path, there: str) -> None:
    """A folder with something in it may be somebody's work: nothing is read, nothing written."""
    out = tmp_path / "adopted"
    inside = out if there == "a file" else out / "mine.txt"
    inside.parent.mkdir(exist_ok=True)
    inside.write_text("mine")
    ended = llmcost("adopt")
    assert (ended.code, ended.out) == (2, "")
    assert "adopted: is there already" in ended.err
    assert "Name a new or an empty folder with --out." in ended.err
    assert inside.read_text() == "mine"


def test_an_empty_folder_is_fine(llmcost: Type, tmp_path: Path) -> None:
    """A checkout that somebody just made has nothing to lose."""
    (tmp_path / "adopted").mkdir()
    assert llmcost("adopt").code == 0


def test_an_organization_that_one_may_not_read(
    llmcost: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code says so, and no folder is left behind."""
    monkeypatch.setenv("OPENOBSERVE_PASSWORD", "wrong-password")
    ended = llmcost("adopt")
    assert ended.code == 3
    assert "Check openobserve:user (now root@example.com)" in ended.err
    monkeypatch.setenv("OPENOBSERVE_PASSWORD", PASSWORD)
    monkeypatch.setenv("OPENOBSERVE_ORG", "nobody")
    ended = llmcost("adopt")
    assert ended.code == 3
    assert "sees no organization nobody; there is default" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer(llmcost: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody there is told at once."""
    monkeypatch.setenv("OPENOBSERVE_URL", "http://127.0.0.1:9")
    assert llmcost("adopt").code == 3


@pytest.mark.parametrize("name", ["a b", "../x", ""])
def test_a_stack_has_a_name_that_pulumi_takes(llmcost: Type, name: str) -> None:
    """A file of that name is written, so that it must be one."""
    ended = llmcost("adopt", "--stack", name)
    assert ended.code == 2
    assert "is no name of a stack" in ended.err


def test_a_folder_is_taken_alone(llmcost: Type, tmp_path: Path) -> None:
    """Folders of that name, without what belongs to the whole organization."""
    assert llmcost("adopt", "--folder", "LLM Cost").code == 0
    written = (tmp_path / "adopted/objects").rglob("*.yaml")
    assert sorted(path.stem for path in written) == ["llm-cost-alerts", "llm-cost-dashboards"]


def test_an_unknown_folder_writes_nothing(llmcost: Type, tmp_path: Path) -> None:
    """Wrong usage, with the nearest name."""
    ended = llmcost("adopt", "--folder", "LLM Costs")
    assert ended.code == 2
    assert "has no folder 'LLM Costs'\n  did you mean 'LLM Cost'?" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_things_of_one_name_are_told_apart_aloud(
    llmcost: Type, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two dashboards may have one title: both are taken, and one sees which is which."""
    with LocalServer(tmp_path_factory.mktemp("twins"), password=PASSWORD) as server:
        with Client(server.url, USER, PASSWORD) as client:
            tabs = [{"tabId": "t", "name": "T", "panels": []}]
            for _ in range(2):
                body = {"version": 8, "title": "Cost", "tabs": tabs}
                client.post("/api/default/dashboards", body)
        monkeypatch.setenv("OPENOBSERVE_URL", server.url)
        ended = llmcost("adopt")
    assert "of one name: dashboards/cost-default is cost-default, cost-default-2" in ended.out


STAND_IN = """#!/bin/sh
echo "$PWD $*" >> "$CALLS"
value="$(cat)"
[ -z "$value" ] || echo "value $value" >> "$CALLS"
case "$2" in "$REFUSES") echo "error: stack 'prod' already exists" >&2; exit 255;; esac
"""


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand a program in for the Pulumi CLI; return the file in which it notes what it is told."""
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    calls = tmp_path / "bin" / "calls.txt"
    monkeypatch.setenv("PATH", os.pathsep.join((str(program.parent), os.environ["PATH"])))
    monkeypatch.setenv("CALLS", str(calls))
    monkeypatch.delenv("REFUSES", raising=False)
    return calls


def test_secrets_can_be_set_without_being_seen(llmcost: Type, tmp_path: Path, cli: Path) -> None:
    """They go from the server to the CLI's input; no argument, file or screen shows one."""
    ended = llmcost("adopt", "--set-secrets")
    assert ended.code == 0
    rest = "--non-interactive --color never"
    out = tmp_path / "adopted"
    assert cli.read_text().splitlines() == [
        f"{out} stack init prod {rest}",
        f"{out} config set --stack prod --secret oncall_url {rest}",
        f"value {HOOK}",
    ]
    assert "setting oncall_url" in ended.err
    assert HOOK not in ended.out + ended.err
    assert "config set --secret oncall_url" not in ended.out
    assert "pulumi stack init" not in ended.out
    assert "pulumi config set --secret openobserve:password" in ended.out
    page = (out / "README.md").read_text()
    assert "pulumi stack init" not in page
    assert "$ pulumi config set --secret openobserve:password" in page


def test_what_the_cli_refuses_is_told(
    llmcost: Type, tmp_path: Path, cli: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own words, and where the rest of the way is written."""
    monkeypatch.setenv("REFUSES", "init")
    ended = llmcost("adopt", "--set-secrets")
    assert ended.code == 1
    assert "error: stack 'prod' already exists" in ended.err
    assert "README.md says what is left to type" in ended.err
    assert (tmp_path / "adopted/README.md").is_file()
    assert "value" not in cli.read_text()


def test_secrets_need_the_cli(
    llmcost: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is read and nothing written before one knows that it can be finished."""
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = llmcost("adopt", "--set-secrets")
    assert ended.code == 1
    assert "leave out --set-secrets" in ended.err
    assert list(tmp_path.iterdir()) == []
