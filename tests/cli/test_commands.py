"""Each command hands its options to the room that does the work, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Type

LOCAL_STACK = Path(__file__).parents[2] / "Pulumi.local.yaml"
SOURCE = Settings.from_mapping(
    yaml.safe_load(LOCAL_STACK.read_text())["config"]["llmcost:settings"]
).streams.source


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Put modules that note their calls in the place of the rooms behind the commands."""
    calls: list[tuple[str, Any]] = []

    def noting(name: str) -> Callable[..., None]:
        def note(*plain: Any, **named: Any) -> None:
            given = plain[0] if plain else None
            calls.append((name, (given, named) if plain and named else named or given))

        return note

    for module, functions in {
        "llmcost_infra.first_run.recorded": ("run_ingest",),
        "llmcost_infra.first_run.up": ("run_up", "run_down"),
        "llmcost_infra.local.__main__": ("main",),
    }.items():
        fake = ModuleType(module)
        for function in functions:
            setattr(fake, function, noting(function))
        monkeypatch.setitem(sys.modules, module, fake)
    return calls


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("up",), ("run_up", {"port": None})),
        (("up", "--port", "5081"), ("run_up", {"port": 5081})),
        (("down",), ("run_down", {"remove": False})),
        (("down", "--remove"), ("run_down", {"remove": True})),
        (("local", "serve"), ("main", ["--data", ".llmcost/serve", "--port", "5080"])),
        (
            ("local", "serve", "--data", "d", "--port", "0"),
            ("main", ["--data", "d", "--port", "0"]),
        ),
        (
            ("local", "ingest", "a.json"),
            ("run_ingest", ((Path("a.json"),), {"stream": SOURCE, "keep_ids": False})),
        ),
        (
            ("local", "ingest", "--keep-ids", "--stream", "team_2", "a", "b"),
            ("run_ingest", ((Path("a"), Path("b")), {"stream": "team_2", "keep_ids": True})),
        ),
    ],
)
def test_a_command_passes_its_options_on(
    llmcost: Type,
    called: list[tuple[str, Any]],
    arguments: tuple[str, ...],
    expected: tuple[str, Any],
) -> None:
    """What was typed reaches the room, defaults included."""
    ended = llmcost(*arguments)

    assert ended.code == 0
    assert called == [expected]


@pytest.mark.parametrize("stream", ["", "My-Stream", "a b", "a/b", "\u00e9", "a\n"])
def test_a_stream_that_the_server_would_rename_is_refused(
    llmcost: Type, called: list[tuple[str, Any]], stream: str
) -> None:
    """A name in other letters would end up as another stream than the one that was printed."""
    ended = llmcost("local", "ingest", "--stream", stream, "a.json")

    assert ended.code == 2
    assert "small letters" in ended.err
    assert called == []


def test_ingest_wants_a_file(llmcost: Type, called: list[tuple[str, Any]]) -> None:
    """Without one there is nothing to do, and the usage says so."""
    ended = llmcost("local", "ingest")

    assert ended.code == 2
    assert "FILE" in ended.err
    assert called == []


def test_a_bad_file_is_an_error_of_usage(llmcost: Type, tmp_path: Path) -> None:
    """The person who typed it gets file, line and form, and exit code 2."""
    file = tmp_path / "bad.json"
    file.write_text("{}")

    ended = llmcost("local", "ingest", str(file))

    assert (ended.code, ended.out) == (2, "")
    assert f"error: {file}:1: This is no export request" in ended.err


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project in which two servers' states lie, and go there."""
    (tmp_path / "Pulumi.yaml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENOBSERVE_URL", "https://observe.example.com")
    monkeypatch.setenv("OPENOBSERVE_ORG", "acme")
    return tmp_path


def test_reset_removes_the_embedded_server_s_folder_only(llmcost: Type, project: Path) -> None:
    """Data and engine state go together; another server's state stays, whatever the variables."""
    from llmcost_infra.first_run.target import target_of  # noqa: PLC0415 - heavy

    ours = target_of(project, {"OPENOBSERVE_ORG": "acme"}).folder
    (ours / "state").mkdir(parents=True)
    other = ours.parent / "observe.example.com-0"
    other.mkdir()

    ended = llmcost("local", "reset", "--yes")

    assert (ended.code, ended.out) == (0, f"Removed .llmcost/{ours.name}.\n")
    assert [path.name for path in ours.parent.iterdir()] == [other.name]


def test_reset_asks_first(llmcost: Type, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a yes nothing is removed."""
    from llmcost_infra.first_run.target import target_of  # noqa: PLC0415 - heavy

    ours = target_of(project, {"OPENOBSERVE_ORG": "acme"}).folder
    ours.mkdir(parents=True)
    asked: list[str] = []

    def refuse(prompt: str) -> str:
        asked.append(prompt)
        return "n"

    monkeypatch.setattr("click.termui.visible_prompt_func", refuse)

    ended = llmcost("local", "reset")

    assert ended.code == 130
    assert ours.is_dir()
    assert f".llmcost/{ours.name}" in asked[0]


def test_reset_says_when_there_is_nothing(llmcost: Type, project: Path) -> None:
    """Nobody is asked about what is not there, and nothing is called removed."""
    ended = llmcost("local", "reset")

    assert ended.code == 0
    assert ended.out.startswith("Nothing to remove")
    assert str(project) in ended.out


@pytest.mark.usefixtures("project")
def test_reset_outside_of_a_project_asks_nothing(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A wrong folder is told before a question about its data."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    ended = llmcost("local", "reset")

    assert (ended.code, ended.out) == (2, "")
    assert "no Pulumi.yaml" in ended.err
