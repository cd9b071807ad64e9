"""An engine, a server in memory, and values for laws."""

from __future__ import annotations

import pytest

from llmcost_infra.openobserve.kinds import KINDS
from tests.provider.engine import Engine
from tests.provider.memory import MemoryServer, MemoryStore
from tests.provider.strategies import Values


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
