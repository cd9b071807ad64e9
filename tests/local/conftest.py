"""Servers and clients for the tests of the embedded OpenObserve."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from llmcost_infra.local.app import build_app
from llmcost_infra.local.server import Config, LocalServer, Server
from tests.local.replaying import Difference, Player, exchanges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

RECORDINGS = Path(__file__).parents[1] / "data" / "openobserve-transcripts"
STARTED = 1_795_466_990_000_000  # microseconds; just before the first recorded exchange
PLAIN = [
    *["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11"],
    *["12", "14", "17", "18", "13"],
]
PRICED = ["15", "16", "19", "20", "21", "22"]  # after a restart with model pricing

Differences = dict[str, list[Difference]]


class _Direct(httpx.BaseTransport):
    """Calls an application without a network."""

    def __init__(self, app: Starlette) -> None:
        self._runner = asyncio.Runner()
        self._transport = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._runner.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)

    def close(self) -> None:
        self._runner.close()


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
            player.close()
    return found


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalServer]:
    """Start a fresh server."""
    with LocalServer(tmp_path / "server") as server:
        yield server


@pytest.fixture
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[httpx.Client]:
    """Connect as root to a fresh server: over loopback when the test asks for `local` too."""
    auth = ("root@example.com", "Complexpass#123")
    if "local" in request.fixturenames:
        local: LocalServer = request.getfixturevalue("local")
        # Plain HTTP needs no certificates, which take their time to load.
        with httpx.Client(base_url=local.url, auth=auth, timeout=30, verify=False) as connected:  # noqa: S501
            yield connected
        return
    server = Server(tmp_path / "server", Config())
    transport = _Direct(build_app(server))
    with httpx.Client(transport=transport, base_url="http://local", auth=auth) as direct:
        yield direct
    server.close()
