"""One organization that holds something of every kind, made by our stack and by hand."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client
from tests.adopt.handmade import make
from tests.cli_engine.stacks import PASSWORD, Cli, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import MadeOnce

CHECKOUT = Path(__file__).parents[2]
USER = "root@example.com"


@dataclass(frozen=True)
class Filled:
    """A server with a full organization; tests that share it leave it as it is."""

    server: LocalServer

    @property
    def access(self) -> dict[str, str]:
        """The variables that name the server."""
        return {
            "OPENOBSERVE_URL": self.server.url,
            "OPENOBSERVE_USER": USER,
            "OPENOBSERVE_PASSWORD": PASSWORD,
        }

    def client(self) -> Client:
        """Return a client of it."""
        return Client(self.server.url, USER, PASSWORD)


@pytest.fixture(scope="session")
def cli(pulumi_folder: Path) -> Cli:
    """The Pulumi CLI."""
    return Cli(pulumi_folder)


@pytest.fixture(scope="session")
def filled(
    tmp_path_factory: pytest.TempPathFactory, made_once: MadeOnce, cli: Cli
) -> Iterator[Filled]:
    """Start a server on a copy of what `fill` made."""
    filled = made_once("filled", lambda folder: fill(folder, cli))
    data = shutil.copytree(filled / "data", tmp_path_factory.mktemp("filled") / "data")
    with LocalServer(data, password=PASSWORD) as server:
        yield Filled(server)


def fill(folder: Path, cli: Cli) -> None:
    """Bring our own stack up, as `make up` does, and make objects by hand beside it."""
    with LocalServer(folder / "data", password=PASSWORD) as server:
        with Filled(server).client() as client:
            make(client)
        own = Stack.make(folder / "own", cli, server.url, PULUMI_CONFIG_PASSPHRASE="local")
        project = own.folder / "project"
        for name in ("Pulumi.yaml", "Pulumi.local.yaml", "__main__.py"):
            shutil.copy(CHECKOUT / name, project)
        (project / ".venv").symlink_to(CHECKOUT / ".venv")
        assert own.run("stack", "init", "local").code == 0
        outcome = own.up("--stack", "local")
        assert outcome.code == 0, outcome.text


@pytest.fixture
def named(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> Filled:
    """Name the server in the environment, as a user does."""
    monkeypatch.delenv("OPENOBSERVE_ORG", raising=False)
    for variable, value in filled.access.items():
        monkeypatch.setenv(variable, value)
    return filled


@pytest.fixture(scope="session")
def moment() -> datetime:
    """When everything was read."""
    return datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
