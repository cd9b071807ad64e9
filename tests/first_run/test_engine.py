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
    folder = engine.target.folder / "state/.pulumi/locks/organization/llmcost/local"
    folder.mkdir(parents=True)
    (folder / "0e7a.json").write_text(json.dumps(holder))
    (folder / "0e7a.json.attrs").write_text("{}")


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
