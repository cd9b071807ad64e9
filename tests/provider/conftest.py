"""Engines, a server in memory or a real one, and values for laws.

`pytest --live` runs what needs a server on the one that OPENOBSERVE_URL names, and nothing else.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import LlmCostError
from llmcost_infra.openobserve.kinds import KINDS
from tests.provider.engine import Engine
from tests.provider.live import Live, named_live
from tests.provider.memory import MemoryServer, MemoryStore
from tests.provider.strategies import Values
from tests.provider.world import World, on_embedded, on_named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIVE = pytest.StashKey[Live]()
EMBEDDED_PREFIX = "t00000_0_"


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
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """An engine whose provider talks to a new embedded server, or to the one that is named."""
    live = request.config.stash.get(LIVE, None)
    if live is None:
        opened = on_embedded(tmp_path / "data", EMBEDDED_PREFIX)
    else:
        opened = on_named(live.place, live.next_prefix())
    with opened as world:
        yield world


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to run on a real server: only who asks for it may write to one."""
    parser.addoption(
        "--live",
        action="store_true",
        help="run the tests that need a server on the one that OPENOBSERVE_URL names",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Find the server before anything else."""
    # This file is read too late for the option when another room's tests are run.
    if config.getoption("--live", default=False):
        config.stash[LIVE] = named_live(os.environ, _worker(config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs no server when there is a real one."""
    if LIVE in config.stash:
        live = [one for one in items if "world" in getattr(one, "fixturenames", ())]
        config.hook.pytest_deselected(items=[one for one in items if one not in live])
        items[:] = live


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say where this goes, and remove what a run that was killed left there."""
    _sweep(session, "left by an earlier run and removed")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove what tests that failed left there."""
    _sweep(session, "left by this run and removed")


def _sweep(session: pytest.Session, what: str) -> None:
    config = session.config
    live = config.stash.get(LIVE, None)
    if live is None or _worker(config):
        return
    try:
        removed = live.sweep()
    except LlmCostError as error:
        # Without a server there is nothing to remove afterwards either.
        del config.stash[LIVE]
        pytest.exit(str(error), returncode=1)
    config.get_terminal_writer().write(f"\n{live}; {what}: {removed}\n")


def _worker(config: pytest.Config) -> str:
    """Return the name of this pytest-xdist worker; empty in the process that starts them."""
    name: str = getattr(config, "workerinput", {}).get("workerid", "")
    return name
