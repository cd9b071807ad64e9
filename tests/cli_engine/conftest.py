"""Stacks of the real CLI on the embedded server."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.local.faults import Faults
from llmcost_infra.local.server import LocalServer
from tests.cli_engine.stacks import PASSWORD, Cli, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import MadeOnce

MOST_STARTS = 60
"""Starts of the CLI that all tests here may need together: each takes a second or more."""


@dataclass
class Deployed:
    """A stack and the server that it manages."""

    stack: Stack
    server: LocalServer

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Requests that changed something."""
        return [(method, path) for method, path, _ in self.server.requests if method != "GET"]


@dataclass(frozen=True)
class Template:
    """A stack and what its server holds, to start others from; nobody runs it.

    Args:
        stack: the stack.
        data: the server's folder; it need not be there.
    """

    stack: Stack
    data: Path

    @contextmanager
    def copied(self, folder: Path, faults: Faults | None = None) -> Iterator[Deployed]:
        """Start a server with a copy of the data, and put a copy of the stack before it."""
        data = folder / "data"
        if self.data.exists():
            shutil.copytree(self.data, data)
        with LocalServer(data, password=PASSWORD, faults=faults) as server:
            yield Deployed(self.stack.copy(folder / "stack", server.url), server)


@pytest.fixture(scope="session")
def cli(pulumi_folder: Path, shared_folder: Path) -> Iterator[Cli]:
    """The Pulumi CLI; whoever adds a test must not make the room much slower."""
    cli = Cli(pulumi_folder, shared_folder / "starts-of-the-cli")
    yield cli
    assert cli.starts <= MOST_STARTS


@pytest.fixture(scope="session")
def never_up(made_once: MadeOnce, cli: Cli) -> Template:
    """A stack that was never up, and an empty server."""
    folder = made_once("never-up", lambda folder: Stack.make(folder / "stack", cli))
    return Template(Stack(folder / "stack", cli), folder / "data")


@pytest.fixture(scope="session")
def is_up(made_once: MadeOnce, never_up: Template) -> Template:
    """A stack that is up."""

    def make(folder: Path) -> None:
        with never_up.copied(folder) as deployed:
            outcome = deployed.stack.up()
            assert outcome.code == 0, outcome.text

    folder = made_once("is-up", make)
    return Template(Stack(folder / "stack", never_up.stack.cli), folder / "data")


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory, is_up: Template) -> Iterator[Deployed]:
    """A stack that is up; tests that share it leave it as it is."""
    with is_up.copied(tmp_path_factory.mktemp("standing")) as deployed:
        yield deployed


@pytest.fixture
def faults() -> Faults:
    """What goes wrong on the server."""
    return Faults()


@pytest.fixture
def fresh(tmp_path: Path, never_up: Template, faults: Faults) -> Iterator[Deployed]:
    """A stack that was never up, on an empty server."""
    with never_up.copied(tmp_path, faults) as deployed:
        yield deployed


@pytest.fixture
def deployed(tmp_path: Path, is_up: Template, faults: Faults) -> Iterator[Deployed]:
    """A stack that is up, for one test."""
    with is_up.copied(tmp_path, faults) as deployed:
        yield deployed
