"""A server that is set up before it forks: each call of each process is a row, exactly once."""

from __future__ import annotations

import re
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import httpx
from example_apps import LIBRARIES

from tests.apps.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.apps.conftest import Launch, OpenObserve

PROGRAMS = Path(__file__).parent / "programs"
GUNICORN = (
    # What was counted before the fork, each process goes on from: this is about spans.
    *("env", "OTEL_METRICS_EXPORTER=none", str(LIBRARIES / "bin" / "gunicorn")),
    *("--preload", "--workers", "2", "--bind", "127.0.0.1:0", "--no-control-socket", "web:app"),
)


@contextmanager
def serving(launch: Launch) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield the server that listens, and where; it is gone at the end."""
    command, env = launch(*GUNICORN)
    with subprocess.Popen(  # noqa: S603 - a program of ours
        command, env=env, cwd=PROGRAMS, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            yield server, address(server.stderr)
        finally:
            server.kill()


def address(log: IO[str] | None) -> str:
    """Return what the server says that it listens at."""
    assert log is not None
    said = ""
    while not (found := re.search(r"Listening at: (\S+)", said)):
        line = log.readline()
        assert line, said
        said += line
    return found[1]


def test_a_graceful_stop_loses_no_call_and_tells_none_twice(
    launch: Launch, openobserve: OpenObserve
) -> None:
    """Made before the fork, by both processes, and while the server is told to stop."""
    with serving(launch) as (server, url), httpx.Client(base_url=url, timeout=60) as client:
        with ThreadPoolExecutor(2) as both:
            pairs = [
                list(both.map(lambda name: client.get(name).text, (f"/{n} a?pair", f"/{n} b?pair")))
                for n in range(3)
            ]
        with client.stream("GET", "/last") as response:
            pieces = response.iter_text()
            begun = next(pieces)
            server.send_signal(signal.SIGTERM)
            rest = "".join(pieces)
        _, log = server.communicate(timeout=60)
    assert server.returncode == 0, log
    assert not [word for word in ("Traceback", "xport", PASSWORD) if word in log], log
    assert (begun + rest).endswith("A short answer.")
    assert all(len({text.split()[0] for text in pair}) == 2 for pair in pairs)
    made = ["before the fork", *(f"{n} {one}" for n in range(3) for one in "ab"), "last"]
    rows = openobserve.calls("forked")
    assert sorted(row["llmcost_feature"] for row in rows) == sorted(made)
    assert {row["llmcost_cost_usd"] for row in rows} == {0.005615}
    assert {row["llmcost_team"] for row in rows} == {"content"}
