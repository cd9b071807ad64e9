"""A run meets the lock that another one holds, or that a killed one left."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import LlmCostError
from llmcost_infra.first_run.engine import Engine
from llmcost_infra.first_run.target import target_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOCK = "state/.pulumi/locks/organization/llmcost/local/0e7a.json"
CHECKPOINT = "state/.pulumi/stacks/llmcost/local.json"
WHOLE = b'{"version": 1}'
CUT = pytest.mark.parametrize("content", [b"", b'{"pid": 12', b"\xff\xfe{", b"[]"])
CLI = """\
#!/bin/sh
echo "$1" >> "{noted}"
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Return which commands a stand-in for the Pulumi CLI has got."""
    noted, folder = tmp_path / "noted", tmp_path / "bin"
    folder.mkdir()
    (folder / "pulumi").write_text(CLI.format(noted=noted))
    (folder / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return lambda: noted.read_text().split() if noted.exists() else []


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A stack on the embedded server, which is never asked."""
    monkeypatch.delenv("OPENOBSERVE_URL", raising=False)
    return Engine(tmp_path, target_of(tmp_path), "http://127.0.0.1:1", "password")


def locked(engine: Engine, **changed: Any) -> None:
    """Write the lock that the CLI writes."""
    holder = {"pid": os.getpid(), "username": "ann", "hostname": socket.gethostname(), **changed}
    write(engine, LOCK, json.dumps(holder).encode())
    write(engine, f"{LOCK}.attrs", b"{}")


def write(engine: Engine, name: str, content: bytes) -> Path:
    """Write a file of those that the CLI keeps."""
    path = engine.target.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def ended_process() -> int:
    """Return the id of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    return ended.pid


def test_a_stack_without_a_lock_is_brought_up(
    engine: Engine, asked: Callable[[], list[str]]
) -> None:
    """Nothing is taken away that is not there."""
    engine.up()
    assert asked() == ["up"]


@pytest.mark.parametrize("act", ["up", "destroy"])
def test_the_lock_of_a_killed_run_is_taken_away(
    engine: Engine, asked: Callable[[], list[str]], act: str
) -> None:
    """The CLI would name a command that knows neither this state nor its passphrase."""
    locked(engine, pid=ended_process())
    getattr(engine, act)()
    assert asked() == ["cancel", act]


@pytest.mark.parametrize("changed", [{}, {"hostname": "elsewhere", "pid": 1 << 30}])
def test_a_run_that_may_be_at_work_is_left_in_peace(
    engine: Engine, asked: Callable[[], list[str]], changed: dict[str, Any]
) -> None:
    """A process of another machine cannot be seen from here."""
    locked(engine, **changed)
    with pytest.raises(LlmCostError, match=r"Another run is at work .*: process \d+\."):
        engine.up()
    assert asked() == []


@pytest.mark.parametrize("act", ["up", "destroy"])
@CUT
def test_a_lock_that_was_cut_is_named(
    engine: Engine, asked: Callable[[], list[str]], content: bytes, act: str
) -> None:
    """The CLI neither reads nor removes it, and nobody knows whose it is."""
    lock = write(engine, LOCK, content)
    with pytest.raises(LlmCostError, match="does not say which run it is of") as refused:
        getattr(engine, act)()
    assert str(lock) in refused.value.message
    assert "remove the file" in refused.value.hint
    assert asked() == []


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        (CHECKPOINT, "Remove it. What the last steps made is found on the server."),
        (f"{CHECKPOINT}.attrs", "Remove it. It is made again."),
        ("state/.pulumi/meta.yaml", "Remove it. It is made again."),
        ("home/workspaces/llmcost-929a-workspace.json", "Remove it. It is made again."),
    ],
)
@pytest.mark.parametrize("act", ["select", "destroy"])
@CUT
def test_what_was_cut_is_named_with_a_way_out(  # noqa: PLR0913, PLR0917 - a table
    engine: Engine,
    asked: Callable[[], list[str]],
    name: str,
    way_out: str,
    content: bytes,
    act: str,
) -> None:
    """The CLI says that input ended, but neither of which file nor what to do about it."""
    path = write(engine, name, content)
    with pytest.raises(LlmCostError, match="not written to its end") as refused:
        getattr(engine, act)()
    assert str(path) in refused.value.message
    assert refused.value.hint == f"{way_out} Then run the command again."
    assert asked() == []


def test_a_state_that_was_cut_is_had_from_the_one_before(engine: Engine) -> None:
    """The CLI keeps it beside."""
    write(engine, CHECKPOINT, b"")
    write(engine, f"{CHECKPOINT}.bak", WHOLE)
    with pytest.raises(LlmCostError) as refused:
        engine.select()
    assert "Copy local.json.bak over it." in refused.value.hint


def test_what_is_whole_is_left_to_the_cli(engine: Engine, asked: Callable[[], list[str]]) -> None:
    """Its form is the CLI's own affair."""
    for name in (CHECKPOINT, f"{CHECKPOINT}.attrs", "home/workspaces/llmcost-929a-workspace.json"):
        write(engine, name, WHOLE)
    write(engine, "state/.pulumi/meta.yaml", b"version: 1\n")
    engine.select()
    assert asked() == ["stack"]


def test_another_stack_of_the_folder_stops_nobody(
    engine: Engine, asked: Callable[[], list[str]]
) -> None:
    """It is no business of this run."""
    write(engine, CHECKPOINT.replace("local.json", "other.json"), b"")
    engine.select()
    assert asked() == ["stack"]
