"""Servers and clients for the tests of the embedded OpenObserve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from llmcost_infra.local.server import LocalServer
from tests.local.replaying import Difference, Player, exchanges

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDINGS = Path(__file__).parents[1] / "data" / "openobserve-transcripts"
STARTED = 1_795_466_990_000_000  # microseconds; just before the first recorded exchange
PLAIN = [
    *["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11"],
    *["12", "14", "17", "18", "13"],
]
PRICED = ["15", "16", "19", "20", "21", "22"]  # after a restart with model pricing

Differences = dict[str, list[Difference]]


@pytest.fixture(scope="session")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Differences:
    """Play all recordings on one folder, and return the differences by file."""
    folder = tmp_path_factory.mktemp("replay")
    by_number = {path.name[:2]: path for path in RECORDINGS.glob("*.jsonl")}
    mapping: dict[str, str] = {}
    found: Differences = {}
    now = STARTED
    for numbers, pricing in ((PLAIN, False), (PRICED, True)):
        with LocalServer(folder, model_pricing=pricing) as local:
            player = Player(local, now, mapping)
            for number in numbers:
                file = by_number[number]
                found[file.stem] = list(player.play(file.stem, exchanges(file)))
            now = player.now
    return found


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalServer]:
    """Start a fresh server."""
    with LocalServer(tmp_path / "server") as server:
        yield server


@pytest.fixture
def client(local: LocalServer) -> Iterator[httpx.Client]:
    """Connect to the fresh server as root."""
    auth = ("root@example.com", "Complexpass#123")
    with httpx.Client(base_url=local.url, auth=auth, timeout=30) as connected:
        yield connected
