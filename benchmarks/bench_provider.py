"""How long `pulumi up` takes for 200 dashboards on a server that takes 50 ms an answer.

Beside it the same dashboards as resources of Pulumi's own `pulumi.dynamic`, which is what one would
write without a provider: it posts and puts bodies, without looking first and without reading back.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from llmcost_infra.local.faults import Delay, Faults
from llmcost_infra.local.server import LocalServer

__all__ = ["main"]

_RESOURCES = 200
_LATENCY_S = 0.05
_READY_LIMIT_S = 0.4
_PASSWORD = "Complexpass#123"  # noqa: S105 - of a server that lives for a minute
_BIN = Path(sys.executable).parent

_PANEL = """
    def tabs(number):
        panel = {
            "order": 10,
            "type": "metric",
            "title": f"Calls {number}",
            "width": 48,
            "height": 9,
            "query": "SELECT COUNT(*) AS calls FROM llm_calls",
            "stream": "llm_calls",
            "stream_type": "traces",
            "y_axis": [{"alias": "calls", "label": "Calls"}],
            "config": {"unit": "numbers", "decimals": 2, "show_legends": False},
        }
        return {"main": {"order": 10, "name": "Main", "panels": {"calls": panel}}}
"""
_OURS = """
    from llmcost_infra.resources import Dashboard

    for number in range(COUNT):
        Dashboard(f"d{number}", title=f"Dashboard {number}", tabs=tabs(number))
"""
_DYNAMIC = """
    import base64, json, os, urllib.request

    import pulumi
    from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

    def call(method, path, body=None):
        key = f"{os.environ['OPENOBSERVE_USER']}:{os.environ['OPENOBSERVE_PASSWORD']}"
        request = urllib.request.Request(
            os.environ["OPENOBSERVE_URL"] + "/api/default/dashboards" + path,
            method=method,
            data=json.dumps(body).encode() if body else None,
            headers={
                "authorization": "Basic " + base64.b64encode(key.encode()).decode(),
                "content-type": "application/json",
            },
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    class Provider(ResourceProvider):
        def create(self, props):
            made = call("POST", "", json.loads(props["body"]))
            return CreateResult(made["v8"]["dashboardId"], props)

        def diff(self, _id, old, new):
            return DiffResult(changes=old["body"] != new["body"])

    class Dashboard(Resource):
        def __init__(self, name, body):
            super().__init__(Provider(), name, {"body": body})

    from llmcost_infra.openobserve.kinds.dashboard_body import fold_dashboard

    for number in range(COUNT):
        body = fold_dashboard({"title": f"Dashboard {number}", "tabs": tabs(number)})
        Dashboard(f"d{number}", json.dumps(body))
"""


@dataclass(frozen=True)
class _Times:
    """Seconds of a first update and of one that finds nothing to do, and their requests."""

    first: float
    again: float
    requests: tuple[int, int]


def main() -> int:
    """Print a table; 1 when the provider is not ready in time."""
    ours, peer = _measured(_OURS), _measured(_DYNAMIC)
    ready = min(_ready() for _ in range(3))
    print(
        f"{f'{_RESOURCES} dashboards, {_LATENCY_S * 1000:.0f} ms an answer':<34}{'up':>9}", end=""
    )
    print(f"{'unchanged':>12}{'requests':>14}")
    for name, times in (("llmcost-infra", ours), ("pulumi.dynamic", peer)):
        requests = f"{times.requests[0]} + {times.requests[1]}"
        print(f"{name:<34}{times.first:>7.1f} s{times.again:>10.1f} s{requests:>14}")
    first, again = ours.first / peer.first, ours.again / peer.again
    print(f"{'ours to the peer':<34}{first:>8.2f}x{again:>11.2f}x")
    met = ready <= _READY_LIMIT_S
    print(
        f"provider ready in {ready:.3f} s; limit {_READY_LIMIT_S} s, {'met' if met else 'MISSED'}"
    )
    return 0 if met else 1


def _measured(program: str) -> _Times:
    faults = Faults()
    with tempfile.TemporaryDirectory() as folder:
        server = LocalServer(Path(folder) / "data", password=_PASSWORD, faults=faults)
        server.start()
        try:
            project = _project(Path(folder), program)
            environment = _environment(Path(folder), server.url)
            _pulumi(project, environment, "stack", "init", "bench")
            faults.inject(Delay(_LATENCY_S), times=1_000_000)
            times: list[float] = []
            requests: list[int] = []
            for _ in range(2):
                server.requests.clear()
                began = time.perf_counter()
                _pulumi(project, environment, "up", "--yes", "--skip-preview", "--parallel", "16")
                times.append(time.perf_counter() - began)
                requests.append(len(server.requests))
        finally:
            server.stop()
    return _Times(times[0], times[1], (requests[0], requests[1]))


def _project(folder: Path, program: str) -> Path:
    project = folder / "project"
    project.mkdir()
    text = f"COUNT = {_RESOURCES}\n{textwrap.dedent(_PANEL)}{textwrap.dedent(program)}"
    (project / "__main__.py").write_text(text)
    settings = {
        "name": "bench",
        "runtime": {"name": "python"},
        "plugins": {"providers": [{"name": "openobserve", "path": str(_BIN)}]},
    }
    (project / "Pulumi.yaml").write_text(json.dumps(settings))
    return project


def _environment(folder: Path, url: str) -> dict[str, str]:
    state, scripts = folder / "state", folder / "bin"
    for made in (state, scripts):
        made.mkdir()
    # Part of Pulumi's own releases, but not of a CLI that was built from source.
    host = scripts / "pulumi-resource-pulumi-python"
    host.write_text(f'#!/bin/sh\nexec "{sys.executable}" -u -m pulumi.dynamic "$@"\n')
    host.chmod(0o755)
    return {
        **os.environ,
        "PATH": os.pathsep.join((str(scripts), str(_BIN), os.environ["PATH"])),
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "bench",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "OPENOBSERVE_URL": url,
        "OPENOBSERVE_USER": "root@example.com",
        "OPENOBSERVE_PASSWORD": _PASSWORD,
    }


def _pulumi(project: Path, environment: dict[str, str], *arguments: str) -> None:
    command = [shutil.which("pulumi") or "pulumi", *arguments, "--non-interactive"]
    done = subprocess.run(  # noqa: S603 - the CLI
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")


def _ready() -> float:
    """Return how long the provider takes from its start to its port, in seconds."""
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own console script
        [_BIN / "pulumi-resource-openobserve"], stdout=subprocess.PIPE, text=True
    ) as process:
        cast("IO[str]", process.stdout).readline()
        ready = time.perf_counter() - began
        with suppress(ProcessLookupError):
            process.terminate()
    return ready


if __name__ == "__main__":
    sys.exit(main())
