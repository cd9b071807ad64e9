"""Faults on request: the connection breaks, the answer is late, wrong, cut or old."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import httpx
import pytest

from llmcost_infra import local
from llmcost_infra.local.faults import (
    Delay,
    Fault,
    Faults,
    ResetAfter,
    ResetBefore,
    Stale,
    Status,
    Truncated,
)
from llmcost_infra.local.server import LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDERS = "/api/v2/default/folders/dashboards"
BODY = {"name": "x", "description": ""}


@pytest.fixture
def faults() -> Faults:
    """Plan nothing yet."""
    return Faults()


@pytest.fixture
def client(tmp_path: Path, faults: Faults) -> Iterator[httpx.Client]:
    """Connect to a server that fails as planned."""
    auth = ("root@example.com", "Complexpass#123")
    with (
        LocalServer(tmp_path, faults=faults) as server,
        httpx.Client(base_url=server.url, auth=auth, timeout=30) as connected,
    ):
        yield connected


def _names(client: httpx.Client) -> list[str]:
    return [folder["name"] for folder in client.get(FOLDERS).json()["list"]]


@pytest.mark.parametrize(
    ("fault", "there"), [(ResetBefore(), False), (ResetAfter(), True), (Truncated(), True)]
)
def test_a_broken_connection_leaves_the_request_done_or_not(
    client: httpx.Client, faults: Faults, fault: Fault, *, there: bool
) -> None:
    """The client cannot tell; the next look can."""
    faults.inject(fault, method="POST")

    with pytest.raises(httpx.TransportError):
        client.post(FOLDERS, json=BODY)

    assert (_names(client) == ["x"]) is there


def test_a_status_comes_instead_of_the_deed(client: httpx.Client, faults: Faults) -> None:
    """With its text."""
    faults.inject(Status(503, "busy"), method="POST")

    answer = client.post(FOLDERS, json=BODY)

    assert (answer.status_code, answer.text) == (503, "busy")
    assert _names(client) == []


def test_a_late_answer_meets_the_clients_patience(
    client: httpx.Client, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deed is done after the wait."""
    waits, over = list[float](), threading.Event()

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.to_thread(over.wait)

    monkeypatch.setattr(local.faults, "asyncio", SimpleNamespace(sleep=wait))
    faults.inject(Delay(0.3), method="GET")

    try:
        with pytest.raises(httpx.ReadTimeout):
            client.get("/healthz", timeout=httpx.Timeout(30, read=0.05))
    finally:
        over.set()

    assert client.get("/healthz").status_code == 200
    assert waits == [0.3]


def test_a_status_may_ask_to_wait(client: httpx.Client, faults: Faults) -> None:
    """In seconds, and only if it shall."""
    faults.inject(Status(429, retry_after="7"))
    faults.inject(Status(429))

    asked = [client.get("/healthz").headers.get("retry-after") for _ in range(2)]

    assert asked == ["7", None]


def test_a_stale_read_shows_what_was_there_before(client: httpx.Client, faults: Faults) -> None:
    """Once; a read that was never made before is fresh."""
    faults.inject(Stale(), method="GET", times=2)

    assert _names(client) == []
    client.post(FOLDERS, json=BODY)
    assert _names(client) == []
    assert _names(client) == ["x"]


def test_a_fault_hits_as_often_as_planned_and_only_where_it_fits(
    client: httpx.Client, faults: Faults
) -> None:
    """By method and path; the first that fits goes first."""
    faults.inject(Status(500), path="/folders/dashboards$", method="GET", times=2)
    faults.inject(Status(501), path="/folders")

    statuses = [client.get(FOLDERS).status_code for _ in range(4)]

    assert client.get("/healthz").status_code == 200
    assert statuses == [500, 500, 501, 200]


def test_what_was_planned_can_be_dropped(client: httpx.Client, faults: Faults) -> None:
    """Nothing goes wrong then."""
    faults.inject(Status(500), times=9)
    faults.clear()

    assert client.get("/healthz").status_code == 200
