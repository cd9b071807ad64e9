"""Stacks of the real CLI on the embedded server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.local.server import LocalServer
from tests.cli_engine.stacks import PASSWORD, Stack, find_cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Deployed:
    """A stack and the server that it manages."""

    stack: Stack
    server: LocalServer

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Requests that changed something."""
        return [(method, path) for method, path, _ in self.server.requests if method != "GET"]


@pytest.fixture(scope="session")
def cli() -> Path:
    """Folder of the Pulumi CLI."""
    return find_cli()


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, cli: Path) -> Iterator[Deployed]:
    """A stack that is up; tests that share it leave it as it is."""
    folder = tmp_path_factory.mktemp("standing")
    with LocalServer(folder / "data", password=PASSWORD) as server:
        stack = Stack.make(folder / "stack", cli, server.url)
        outcome = stack.up()
        assert outcome.code == 0, outcome.text
        yield Deployed(stack, server)


@pytest.fixture
def fresh(tmp_path: Path, cli: Path) -> Iterator[Deployed]:
    """A stack that was never up, on an empty server."""
    with LocalServer(tmp_path / "data", password=PASSWORD) as server:
        yield Deployed(Stack.make(tmp_path / "stack", cli, server.url), server)
