"""Runs that somebody or something ends before their end: the next one does what is left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.local.faults import Delay, Faults, ResetAfter, ResetBefore, Status
from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve.client import Client
from tests.cli_engine.conftest import Deployed
from tests.cli_engine.stacks import PASSWORD, Stack

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from llmcost_infra.local.faults import Fault

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(sys.platform != "linux", reason="finds the provider's process in /proc"),
]

PLUGIN = b"pulumi-resource-openobserve"
OBJECTS = 11


@pytest.fixture
def faults() -> Faults:
    """What goes wrong on the server."""
    return Faults()


@pytest.fixture
def broken(tmp_path: Path, cli: Path, faults: Faults) -> Iterator[Deployed]:
    """A stack that was never up, on an empty server with faults."""
    with LocalServer(tmp_path / "data", password=PASSWORD, faults=faults) as server:
        yield Deployed(Stack.make(tmp_path / "stack", cli, server.url), server)


def plugins(url: str) -> list[int]:
    """Return the provider processes that work for a server."""
    found: list[int] = []
    for process in Path("/proc").iterdir():
        try:
            command = (process / "cmdline").read_bytes()
            environment = (process / "environ").read_bytes()
        except (OSError, ValueError):
            continue
        if PLUGIN in command and f"OPENOBSERVE_URL={url}\0".encode() in environment:
            found.append(int(process.name))
    return found


def after_one_write(deployed: Deployed, run: subprocess.Popen[str]) -> bool:
    """Wait until a run has written one object more; False if it ended before."""
    before = len(deployed.writes)
    while run.poll() is None:
        if len(deployed.writes) > before:
            return True
        time.sleep(0.005)
    return False


def is_cut(file: Path) -> bool:
    """Tell whether a file of JSON was not written to its end."""
    try:
        json.loads(file.read_text())
    except ValueError:
        return True
    return False


def mend(stack: Stack) -> None:
    """Do what docs/provider.md says after the CLI was killed: take the backup, free the lock."""
    (state,) = (stack.folder / "state").rglob("stacks/*/test.json")
    if is_cut(state):
        shutil.copy(state.with_name("test.json.bak"), state)
    attributes = state.with_name("test.json.attrs")
    if attributes.exists() and is_cut(attributes):
        attributes.unlink()
    assert stack.run("cancel", "--yes").code == 0


def census(server: LocalServer) -> dict[str, int]:
    """Count what is on the server, by what lists it."""
    with Client(server.url, "root@example.com", PASSWORD) as client:
        listed = {
            "dashboards": client.get("/api/v2/default/folders/dashboards")["list"],
            "alerts": client.get("/api/v2/default/folders/alerts")["list"],
            "alert": client.get("/api/v2/default/alerts")["list"],
            "pipeline": client.get("/api/default/pipelines")["list"],
            "function": client.get("/api/default/functions")["list"],
            "template": [
                one
                for one in client.get("/api/default/alerts/templates")
                if one["name"].startswith("llm-")
            ],
            "destination": client.get("/api/default/alerts/destinations"),
        }
        return {name: len(items) for name, items in listed.items()}


ONCE = {
    "dashboards": 1,
    "alerts": 1,
    "alert": 1,
    "pipeline": 1,
    "function": 1,
    "template": 1,
    "destination": 1,
}


def test_killed_after_each_object_the_next_up_goes_on(broken: Deployed) -> None:
    """The CLI or the provider dies after one object more each time; nothing is made twice."""
    for turn in range(OBJECTS + 1):
        with broken.stack.start("up", "--yes", "--skip-preview", "--parallel", "1") as run:
            if not after_one_write(broken, run):
                break
            victims = [run.pid] if turn % 2 else plugins(broken.server.url)
            for victim in victims:
                os.kill(victim, signal.SIGKILL)
            run.wait()
        for orphan in plugins(broken.server.url):
            os.kill(orphan, signal.SIGKILL)
        if turn % 2:
            mend(broken.stack)

    healed = broken.stack.up()
    assert healed.code == 0, healed.text
    assert len(broken.stack.ids()) == OBJECTS
    assert census(broken.server) == ONCE
    broken.server.requests.clear()
    assert f"{OBJECTS + 1} unchanged" in broken.stack.up().text
    assert broken.writes == []


def test_ctrl_c_waits_for_no_slow_server(broken: Deployed, faults: Faults) -> None:
    """An answer that takes an hour is not waited for, and the next up heals what was left."""
    faults.inject(Delay(3_600), method="POST", times=1)
    with broken.stack.start("up", "--yes", "--skip-preview") as run:
        while faults.left and run.poll() is None:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=30) != 0
    assert plugins(broken.server.url) == []

    healed = broken.stack.up()
    assert healed.code == 0, healed.text
    assert census(broken.server) == ONCE


@pytest.mark.parametrize(
    ("fault", "method"),
    [(ResetAfter(), "POST"), (ResetBefore(), "GET"), (Status(503, "busy"), "PUT")],
    ids=["create", "read", "update"],
)
def test_a_fault_of_each_verb_is_overcome(
    broken: Deployed, faults: Faults, fault: Fault, method: str
) -> None:
    """One lost or refused answer ends no run, or the next one is whole."""
    if method == "PUT":
        assert broken.stack.up().code == 0
    faults.inject(fault, method=method, path="/api/", times=1)
    first = broken.stack.up(TEST_TITLE="Cost of LLMs")
    healed = broken.stack.up(TEST_TITLE="Cost of LLMs") if first.code else first
    assert healed.code == 0, healed.text
    assert census(broken.server) == ONCE


def test_a_fault_while_destroying_leaves_nothing(broken: Deployed, faults: Faults) -> None:
    """A delete whose answer is lost counts as done."""
    assert broken.stack.up().code == 0
    faults.inject(ResetAfter(), method="DELETE", times=1)
    first = broken.stack.run("destroy", "--yes", "--skip-preview")
    gone = broken.stack.run("destroy", "--yes", "--skip-preview") if first.code else first
    assert gone.code == 0, gone.text
    assert broken.stack.ids() == {}
    assert census(broken.server) == dict.fromkeys(ONCE, 0)
