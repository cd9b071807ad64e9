"""A server that is killed while it takes telemetry in loses nothing that it acknowledged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from llmcost_infra.local.server import LocalServer
from tests.local.telemetry import PROTOBUF, span, spans_body

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AUTH = ("root@example.com", "Complexpass#123")
HOUR = 3_600_000_000
PROGRAM = """
import sys
from pathlib import Path
from llmcost_infra.local.server import LocalServer
server = LocalServer(Path(sys.argv[1]))
server.start().server.rows._journal_bytes = 60_000
print(server.url, flush=True)
sys.stdin.read()
"""


@contextmanager
def _victim(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a server in a process of its own that can be killed."""
    with subprocess.Popen(  # noqa: S603 - this interpreter, this program
        [sys.executable, "-c", PROGRAM, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip(), process
        process.kill()


def _send_until_gone(url: str, acknowledged: list[str], enough: threading.Event) -> None:
    """Send spans one request after the other, and note which were answered with 200."""
    with httpx.Client(base_url=url, auth=AUTH, timeout=60) as client:
        while True:
            spans = [span("x", time.time_ns() // 1000) for _ in range(20)]
            body = spans_body(*spans)
            try:
                answer = client.post("/api/default/v1/traces", content=body, headers=PROTOBUF)
            except httpx.TransportError:
                return
            assert answer.status_code == 200
            acknowledged += [sent["spanId"] for sent in spans]
            if len(acknowledged) >= 600:
                enough.set()


def _kept(folder: Path) -> list[str]:
    with (
        LocalServer(folder) as local,
        httpx.Client(base_url=local.url, auth=AUTH, timeout=30) as client,
    ):
        now = time.time_ns() // 1000
        query = {
            "sql": "SELECT span_id FROM default ORDER BY span_id",
            "start_time": now - HOUR,
            "end_time": now + HOUR,
            "size": 100_000,
        }
        answer = client.post(
            "/api/default/_search", params={"type": "traces"}, json={"query": query}
        )
        return [row["span_id"] for row in answer.json()["hits"]]


def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    """Every span of every answered request, once, from journal and Parquet files."""
    acknowledged: list[str] = []
    enough = threading.Event()

    with _victim(tmp_path) as (url, process):
        sender = threading.Thread(target=_send_until_gone, args=(url, acknowledged, enough))
        sender.start()
        assert enough.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        sender.join()

    kept = _kept(tmp_path)
    assert list(tmp_path.glob("rows/default/traces/default/*.parquet"))
    assert len(kept) == len(set(kept))
    # A request that was cut off may have been kept as well: nobody was told.
    assert set(acknowledged) <= set(kept)
    assert len(kept) <= len(acknowledged) + 20
