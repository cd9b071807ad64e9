"""An engine, a server in memory, and values for laws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra.openobserve.kinds import KINDS
from tests.provider.engine import Engine
from tests.provider.memory import MemoryServer, MemoryStore
from tests.provider.strategies import Values
from tests.provider.world import World, open_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def values() -> type[Values]:
    """Strategies of values."""
    return Values


@pytest.fixture
def server() -> MemoryServer:
    """An empty server in memory."""
    return MemoryServer()


@pytest.fixture
def engine(server: MemoryServer) -> Engine:
    """An engine whose provider talks to the server in memory."""
    stores = {token: MemoryStore(kind, server) for token, kind in KINDS.items()}
    return Engine(lambda _: (server, stores))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An engine whose provider talks to a new embedded server."""
    with open_world(tmp_path / "data") as opened:
        yield opened
