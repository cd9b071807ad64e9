"""Runs that somebody or something ends before their end: the next one does what is left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.local.faults import Delay, Faults, ResetAfter, ResetBefore, Status
from llmcost_infra.openobserve.client import Client
from tests.cli_engine.stacks import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llmcost_infra.local.faults import Fault
    from llmcost_infra.local.server import LocalServer
    from tests.cli_engine.conftest import Deployed
    from tests.cli_engine.stacks import Outcome, Stack

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(sys.platform != "linux", reason="finds the provider's process in /proc"),
]

PLUGIN = b"pulumi-resource-openobserve"
OBJECTS = 11


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


def gone(url: str) -> None:
    """Wait until no provider process works for a server."""
    while plugins(url):
        time.sleep(0.005)


def dies(deployed: Deployed, who: Callable[[int], Iterable[int]], after: int = 1) -> bool:
    """Run an update and kill processes of it when it has written; False if it ended before.

    One that is killed too late has done everything, as one that was not killed.

    Args:
        deployed: the stack.
        who: tells from the CLI's process which ones die.
        after: how many writes.
    """
    before = len(deployed.writes)
    with deployed.stack.start("up", "--yes", "--skip-preview", "--parallel", "1") as run:
        while len(deployed.writes) < before + after:
            if run.poll() is not None:
                assert run.returncode == 0
                return False
            time.sleep(0.005)
        for process in who(run.pid):
            with suppress(ProcessLookupError):  # it ended with the one before it
                os.kill(process, signal.SIGKILL)
        killed = run.wait() != 0
    gone(deployed.server.url)
    return killed


def is_cut(file: Path) -> bool:
    """Tell whether a file of JSON was not written to its end."""
    try:
        json.loads(file.read_text())
    except ValueError:
        return True
    return False


def mend(stack: Stack, *, first: bool) -> None:
    """Do what docs/provider.md says after the CLI was killed: take the backup, free the lock.

    The CLI itself frees the first lock; later ones go as it does that, without one start more each.
    """
    (state,) = (stack.folder / "state").rglob("stacks/*/test.json")
    if is_cut(state):
        shutil.copy(state.with_name("test.json.bak"), state)
    attributes = state.with_name("test.json.attrs")
    if attributes.exists() and is_cut(attributes):
        attributes.unlink()
    assert len(locks(stack)) == 1
    if first:
        assert stack.run("cancel", "--yes").code == 0
        assert locks(stack) == []
    for lock in locks(stack):
        lock.unlink()


def locks(stack: Stack) -> list[Path]:
    """Return the locks that runs hold."""
    return list((stack.folder / "state").rglob("locks/*/*/*/*.json"))


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


def test_the_cli_killed_after_each_object_the_next_up_goes_on(fresh: Deployed) -> None:
    """It dies after one object more each time, the provider with it; nothing is made twice."""
    url = fresh.server.url
    ways: list[Callable[[int], list[int]]] = [lambda cli: [cli], lambda cli: [cli, *plugins(url)]]
    for turn, who in enumerate(cycle(ways)):
        if not dies(fresh, who):
            break
        assert Counter(census(fresh.server)) <= Counter(ONCE)
        mend(fresh.stack, first=turn == 0)
    assert len(fresh.stack.ids()) == OBJECTS
    assert census(fresh.server) == ONCE
    fresh.server.requests.clear()
    assert f"{OBJECTS + 1} unchanged" in fresh.stack.up().text
    assert fresh.writes == []


def test_the_provider_killed_after_some_objects_the_next_up_goes_on(fresh: Deployed) -> None:
    """Its engine keeps what it heard of; after each write it dies in tests/provider/test_killed."""
    while dies(fresh, lambda _: plugins(fresh.server.url), after=3):
        assert Counter(census(fresh.server)) <= Counter(ONCE)
    assert len(fresh.stack.ids()) == OBJECTS
    assert census(fresh.server) == ONCE


def test_ctrl_c_waits_for_no_slow_server(fresh: Deployed, faults: Faults) -> None:
    """An answer that takes an hour is not waited for, and the next up heals what was left."""
    faults.inject(Delay(3_600), method="POST", times=1)
    with fresh.stack.start("up", "--yes", "--skip-preview") as run:
        while faults.left and run.poll() is None:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=300) != 0
    gone(fresh.server.url)

    healed = fresh.stack.up()
    assert healed.code == 0, healed.text
    assert census(fresh.server) == ONCE


@pytest.mark.parametrize(
    ("fault", "method"), [(ResetAfter(), "POST"), (ResetBefore(), "GET")], ids=["create", "read"]
)
def test_a_fault_while_making_is_overcome(
    fresh: Deployed, faults: Faults, fault: Fault, method: str
) -> None:
    """One lost answer ends no run, or the next one is whole."""
    faults.inject(fault, method=method, path="/api/", times=1)
    outcome = until_whole(fresh.stack, "up")
    assert outcome.code == 0, outcome.text
    assert not faults.left
    assert census(fresh.server) == ONCE


def test_a_fault_while_changing_is_overcome(deployed: Deployed, faults: Faults) -> None:
    """One refused request ends no run, or the next one is whole."""
    faults.inject(Status(503, "busy"), method="PUT", path="/api/", times=1)
    outcome = until_whole(deployed.stack, "up", TEST_TITLE="Cost of LLMs")
    assert outcome.code == 0, outcome.text
    assert not faults.left
    assert census(deployed.server) == ONCE


def test_a_fault_while_destroying_leaves_nothing(deployed: Deployed, faults: Faults) -> None:
    """A delete whose answer is lost counts as done."""
    faults.inject(ResetAfter(), method="DELETE", times=1)
    outcome = until_whole(deployed.stack, "destroy")
    assert outcome.code == 0, outcome.text
    assert not faults.left
    assert deployed.stack.ids() == {}
    assert census(deployed.server) == dict.fromkeys(ONCE, 0)


def until_whole(stack: Stack, command: str, **environment: str) -> Outcome:
    """Run a command, and if it failed once more."""
    first = stack.run(command, "--yes", "--skip-preview", **environment)
    return stack.run(command, "--yes", "--skip-preview", **environment) if first.code else first
