"""The embedded server as a process: told when ready, a clean end, a clear refusal."""

from __future__ import annotations

import os
import re
import shlex
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


def _start(data: Path, port: str = "0", **variables: str) -> Process:
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "llmcost_infra.local", "--data", str(data), "--port", port],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables
        | {key: text for key, text in os.environ.items() if not key.startswith("OPENOBSERVE_")},
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
    assert httpx.get(_url(running) + "/healthz", timeout=30).json() == {"status": "ok"}


def _exported(process: Process) -> dict[str, str]:
    """Return the variables of the line that a reader copies."""
    assert process.stdout is not None
    assert "another shell" in process.stdout.readline()
    command, *pairs = shlex.split(process.stdout.readline(), comments=True)
    assert command == "export"
    return dict(pair.split("=", 1) for pair in pairs)


def test_another_shell_gets_there_with_the_line_that_is_printed(running: Process) -> None:
    """The public password of a server for trying out is told: nobody has to look for it."""
    url = _url(running)

    exported = _exported(running)

    auth = (exported["OPENOBSERVE_USER"], exported["OPENOBSERVE_PASSWORD"])
    assert exported["OPENOBSERVE_URL"] == url
    assert httpx.get(url + FOLDERS, auth=auth, timeout=30).status_code == 200


def test_a_password_of_somebody_s_own_is_not_printed(tmp_path: Path) -> None:
    """Output ends up in logs; the user is named, and the password is where it was set."""
    own = {"OPENOBSERVE_USER": "me@example.com", "OPENOBSERVE_PASSWORD": "hunter2hunter2"}
    process = _start(tmp_path, **own)
    try:
        url = _url(process)
        exported = _exported(process)
        answer = httpx.get(
            url + FOLDERS, auth=(own["OPENOBSERVE_USER"], "hunter2hunter2"), timeout=30
        )
    finally:
        process.kill()
        rest, errors = process.communicate()

    assert exported == {"OPENOBSERVE_URL": url, "OPENOBSERVE_USER": "me@example.com"}
    assert answer.status_code == 200
    assert "hunter2" not in rest + errors


def test_ctrl_c_is_the_usual_end(running: Process, tmp_path: Path) -> None:
    """It is how the first line says to stop it: exit code 0, and where the data stays."""
    _url(running)
    running.send_signal(signal.SIGINT)
    said, errors = running.communicate(timeout=60)

    assert (running.returncode, errors) == (0, "")
    assert said.endswith(f"Stopped. Objects and rows stay in {tmp_path}.\n")


def test_sigterm_ends_it_cleanly(running: Process) -> None:
    """Exit code 0, nothing on stderr."""
    _url(running)
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=60)

    assert (running.returncode, errors) in {(0, ""), (-signal.SIGTERM, "")}


def test_a_killed_server_forgets_nothing_that_it_acknowledged(
    running: Process, tmp_path: Path
) -> None:
    """Objects and rows are there after kill -9 and a start on the same folder."""
    url = _url(running)
    made = httpx.post(
        url + FOLDERS, json={"name": "kept", "description": ""}, auth=AUTH, timeout=30
    ).json()
    httpx.post(url + "/api/default/app/_json", json=[{"n": 1}, {"n": 2}], auth=AUTH, timeout=30)
    running.kill()
    running.wait()

    again = _start(tmp_path)
    try:
        url = _url(again)
        folders = httpx.get(url + FOLDERS, auth=AUTH, timeout=30).json()
        query = {
            "sql": 'SELECT n FROM "app" ORDER BY n',
            "start_time": 0,
            "end_time": 4_000_000_000_000_000,
            "size": 10,
        }
        found = httpx.post(
            url + "/api/default/_search", json={"query": query}, auth=AUTH, timeout=30
        ).json()
    finally:
        again.kill()
        again.communicate()

    assert folders == {"list": [made]}
    assert [row["n"] for row in found["hits"]] == [1, 2]


def test_a_second_process_on_the_folder_is_refused(running: Process, tmp_path: Path) -> None:
    """One sentence and the way on, exit code 1."""
    _url(running)
    second = _start(tmp_path)
    _, errors = second.communicate(timeout=60)

    assert second.returncode == 1
    assert "another server already runs on" in errors
    assert "Traceback" not in errors


def test_a_taken_port_is_told(running: Process, tmp_path: Path) -> None:
    """As one sentence as well."""
    port = _url(running).rpartition(":")[2]
    second = _start(tmp_path / "other", port)
    _, errors = second.communicate(timeout=60)

    assert second.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken" in errors
