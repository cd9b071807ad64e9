"""The example applications: run as a user runs them, seen as the embedded server stored them."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import collector
import httpx
import pytest
from example_apps import NODE_APP, VENV
from provider import Provider, serving
from recorded_samples import SAMPLES

from llmcost_infra.catalog import load_pipeline, render_pipeline
from llmcost_infra.local.server import LocalServer
from llmcost_infra.otlp_variables import Destination, as_text
from llmcost_infra.pricing import load_table
from llmcost_infra.settings import Settings
from tests.local.telemetry import HOUR, now
from tests.pipelines.conftest import (
    HASH_KEY,
    Graph,
)
from tests.pipelines.test_canaries import put_in_place

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = Settings(environment="dev", prefix="dev_")
USER, PASSWORD = "root@example.com", "Complexpass#123"

Row = dict[str, Any]


@dataclass
class OpenObserve:
    """The embedded server with the pipeline of stack `dev` in place.

    Args:
        url: its address.
        http: the way to it.
        since: when the present test began, in µs: several run the same application.
        stream: that keeps calls.
    """

    url: str
    http: httpx.Client
    since: int = 0
    stream: str = SETTINGS.streams.calls

    def search(self, sql: str, kind: str = "traces") -> list[Row]:
        """Return rows of the last hours; none where the stream is not there yet."""
        query = {"sql": sql, "start_time": now() - 6 * HOUR, "end_time": now() + HOUR}
        asked = {"query": query | {"size": 1000}}
        answer = self.http.post("/api/default/_search", params={"type": kind}, json=asked)
        return list(answer.json().get("hits", []))

    def calls(self, service: str) -> list[Row]:
        """Return the rows of a service that this test made, in the order in which they began."""
        return self.search(
            f"SELECT * FROM \"{self.stream}\" WHERE service_name = '{service}'"  # noqa: S608 - of a test
            f" AND _timestamp >= {self.since} ORDER BY _timestamp"
        )

    def arrived(self, service: str, number: int) -> list[Row]:
        """Return the calls of a service as soon as there are so many, or after two minutes."""
        rows: list[Row] = []
        pause = threading.Event()
        for _ in range(2_400):
            rows = self.calls(service)
            if len(rows) >= number:
                break
            pause.wait(0.05)
        return rows


class Run(Protocol):
    """Runs an application to its end; returns what it printed."""

    def __call__(
        self,
        folder: str,
        *command: str,
        service: str = "",
        team: str = "",
        said: str = "",
        collector: str = "",
    ) -> str:
        """Run a command in the folder of an example, set up as `llmcost telemetry env` says.

        Args:
            folder: of the example.
            command: what is run.
            service: `service.name`, where the application does not say it.
            team: who pays for all of its calls.
            said: what the log has to say; without, nothing may be wrong.
            collector: address of a Collector in between; then the application has no secret.
        """
        ...


class Launch(Protocol):
    """Says how an application is started."""

    def __call__(
        self, *command: str, service: str = "", team: str = "", collector: str = ""
    ) -> tuple[list[str], dict[str, str]]:
        """Return a command and its environment, set up as `llmcost telemetry env` says.

        Args:
            command: what is run.
            service: `service.name`, where the application does not say it.
            team: who pays for all of its calls.
            collector: address of a Collector in between; then the application has no secret.
        """
        ...


@pytest.fixture
def openobserve(kept: OpenObserve) -> OpenObserve:
    """The server, as this test finds and fills it."""
    kept.since = now()
    return kept


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenObserve]:
    """A server for all of them: each has a service of its own."""
    graph = Graph(render_pipeline(load_pipeline("llm_cost"), SETTINGS, load_table()))
    with (
        LocalServer(tmp_path_factory.mktemp("server")) as local,
        httpx.Client(
            base_url=local.url,
            auth=(USER, PASSWORD),
            timeout=30,
            verify=False,  # noqa: S501 - plain HTTP, and certificates take their time to load
        ) as client,
    ):
        put_in_place(client, graph)
        yield OpenObserve(local.url, client)


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """Address of the stand-in for the provider's API."""
    with serving(Provider(SAMPLES / "truth.yaml")) as address:
        yield address


@pytest.fixture
def launch(openobserve: OpenObserve, provider: str) -> Launch:
    """Return how an application is started that is set up against both."""

    def launch(
        *command: str, service: str = "", team: str = "", collector: str = ""
    ) -> tuple[list[str], dict[str, str]]:
        whose = (SETTINGS.streams.source, "dev", service, team)
        to = Destination("dev", openobserve.url, "default", *whose, collector=collector)
        secrets = {"OPENOBSERVE_USER": USER, "OPENOBSERVE_PASSWORD": PASSWORD}
        env = {
            "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}",
            **({} if collector else secrets),
            "LLMCOST_HASH_KEY": HASH_KEY,
            "OPENAI_API_KEY": "none",
            "OPENAI_BASE_URL": f"{provider}/v1",
            "ANTHROPIC_API_KEY": "none",
            "ANTHROPIC_BASE_URL": provider,
        }
        shell = f'{as_text(to, "shell")}\nexec "$@"'
        return ["/bin/sh", "-euc", shell, "app", *command], env

    return launch


@pytest.fixture
def run(launch: Launch) -> Run:
    """Return what runs an application to its end."""

    def run(
        folder: str,
        *command: str,
        service: str = "",
        team: str = "",
        said: str = "",
        collector: str = "",
    ) -> str:
        words, env = launch(*command, service=service, team=team, collector=collector)
        ended = subprocess.run(  # noqa: S603 - our own examples
            words,
            env=env,
            cwd=EXAMPLES / folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ended.returncode == 0, ended.stderr
        assert "Traceback" not in ended.stderr, ended.stderr
        assert said in ended.stderr
        assert said or "xport" not in ended.stderr, ended.stderr
        assert PASSWORD not in ended.stderr
        return ended.stdout

    return run


@pytest.fixture
def node() -> str:
    """Return Node, or skip where there is none."""
    found = shutil.which("node")
    if found is None or not (NODE_APP / "node_modules").is_dir():
        pytest.skip("Node is not on this machine, so its application was not set up")
    return found


@pytest.fixture(scope="session")
def program() -> Path:
    """Return a Collector, or skip where there is none and Go cannot build one."""
    try:
        return collector.collector(os.environ)
    except collector.NoCollectorError as error:
        pytest.skip(str(error))
