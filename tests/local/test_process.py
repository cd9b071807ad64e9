"""The embedded server as a process: one line when ready, a clean end, a clear refusal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AUTH = ("root@example.com", "Complexpass#123")
FOLDERS = "/api/v2/default/folders/dashboards"
Process = subprocess.Popen[str]


def _start(data: Path, port: str = "0") -> Process:
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "llmcost_infra.local", "--data", str(data), "--port", port],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={key: text for key, text in os.environ.items() if not key.startswith("OPENOBSERVE_")},
    )


def _url(process: Process) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert found, line
    return found.group()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Process]:
    """Start a process on a fresh folder."""
    process = _start(tmp_path)
    yield process
    process.kill()
    process.communicate()


def test_one_line_says_where_it_answers_and_that_nobody_else_can_ask(running: Process) -> None:
    """The line comes when it answers, not before."""
    assert httpx.get(_url(running) + "/healthz").json() == {"status": "ok"}


def test_sigterm_ends_it_cleanly(running: Process) -> None:
    """Exit code 0, nothing on stderr."""
    _url(running)
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=20)

    assert (running.returncode, errors) in {(0, ""), (-signal.SIGTERM, "")}


def test_a_killed_server_forgets_nothing_that_it_acknowledged(
    running: Process, tmp_path: Path
) -> None:
    """Objects and rows are there after kill -9 and a start on the same folder."""
    url = _url(running)
    made = httpx.post(url + FOLDERS, json={"name": "kept", "description": ""}, auth=AUTH).json()
    httpx.post(url + "/api/default/app/_json", json=[{"n": 1}, {"n": 2}], auth=AUTH)
    running.kill()
    running.wait()

    again = _start(tmp_path)
    try:
        url = _url(again)
        folders = httpx.get(url + FOLDERS, auth=AUTH).json()
        query = {
            "sql": 'SELECT n FROM "app" ORDER BY n',
            "start_time": 0,
            "end_time": 4_000_000_000_000_000,
            "size": 10,
        }
        found = httpx.post(url + "/api/default/_search", json={"query": query}, auth=AUTH).json()
    finally:
        again.kill()
        again.communicate()

    assert folders == {"list": [made]}
    assert [row["n"] for row in found["hits"]] == [1, 2]


def test_a_second_process_on_the_folder_is_refused(running: Process, tmp_path: Path) -> None:
    """One sentence and the way on, exit code 1."""
    _url(running)
    second = _start(tmp_path)
    _, errors = second.communicate(timeout=20)

    assert second.returncode == 1
    assert "another server already runs on" in errors
    assert "Traceback" not in errors


def test_a_taken_port_is_told(running: Process, tmp_path: Path) -> None:
    """As one sentence as well."""
    port = _url(running).rpartition(":")[2]
    second = _start(tmp_path / "other", port)
    _, errors = second.communicate(timeout=20)

    assert second.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken" in errors
