"""The connection is proven once a run, before the first request that matters."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from google.protobuf.empty_pb2 import Empty

from llmcost_infra.errors import (
    LlmCostError,
    OrganizationNotFound,
    TransportError,
    Unauthorized,
)
from llmcost_infra.provider.configuration import Configuration
from llmcost_infra.provider.session import Session
from tests.provider.engine import CallError, Engine
from tests.provider.memory import MemoryServer
from tests.provider.programs import folder, function, program

if TYPE_CHECKING:
    from llmcost_infra.provider.session import Connection

ACCESS = Configuration("http://localhost", "me", "password")


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (TransportError("refused the connection", hint="Start the server."), "UNAVAILABLE"),
        (
            Unauthorized(401, "Unauthorized Access", request="GET /x", hint="Check the password."),
            "UNAUTHENTICATED",
        ),
        (
            OrganizationNotFound(
                404, "Organization not found", request="GET /x", hint="There is …"
            ),
            "NOT_FOUND",
        ),
    ],
)
def test_one_clear_error_and_nothing_half_applied(
    engine: Engine, server: MemoryServer, refusal: LlmCostError, code: str
) -> None:
    """The cause is told once, in full; nothing was asked beyond the proof."""
    server.refusal = refusal
    with pytest.raises(CallError) as error:
        engine.up(*program())
    assert error.value.code == code
    assert error.value.message == str(refusal)
    assert server.requests == ["check"]


def test_the_other_resources_point_to_the_first_error(server: MemoryServer) -> None:
    """Every resource asks: the second answer is short, and the server is not asked again."""
    server.refusal = TransportError("refused the connection")
    session = Session(ACCESS, lambda _: (server, {}))
    with pytest.raises(TransportError, match="refused"):
        session.store("openobserve:index:Folder")
    with pytest.raises(LlmCostError, match="as the first error of this run says"):
        session.store("openobserve:index:Stream")
    assert server.requests == ["check"]


def test_missing_access_is_told_before_anything_is_opened() -> None:
    """Without an address there is nothing to connect to."""

    def never(_: Configuration) -> Connection:
        raise AssertionError

    with pytest.raises(LlmCostError, match="lacks url, user and password"):
        Session(Configuration(), never).store("openobserve:index:Folder")


def test_many_resources_prove_the_connection_once(engine: Engine, server: MemoryServer) -> None:
    """One proof a run, whatever it makes; a run that makes nothing needs none."""
    engine.up(*program())
    assert server.requests.count("check") == 1
    server.requests.clear()
    engine.up(*program())
    engine.preview(*program())
    assert server.requests == []


def test_threads_wait_for_one_proof(server: MemoryServer) -> None:
    """Resources that start together share the proof."""
    stores = {"openobserve:index:Folder": object()}
    session = Session(ACCESS, lambda _: (server, stores))  # type: ignore[arg-type, return-value] # any object is enough
    together = threading.Barrier(8)

    def ask(_: int) -> object:
        together.wait()
        return session.store("openobserve:index:Folder")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(ask, range(8))))) == 1
    assert server.requests == ["check"]


def test_cancel_reaches_the_client(engine: Engine, server: MemoryServer) -> None:
    """After Ctrl-C nothing new starts; before the first request there is nothing to stop."""
    with engine.configured() as call:
        call("Cancel", Empty())
        with pytest.raises(CallError, match="Cancelled before the first request"):
            engine.create(call, folder())
    with engine.configured() as call:
        engine.create(call, function())
        assert not server.cancelled
        call("Cancel", Empty())
        assert server.cancelled
    assert server.closed


def test_a_session_that_was_never_used_closes() -> None:
    """There may be nothing to close."""
    session = Session(ACCESS, lambda _: (MemoryServer(), {}))
    session.cancel()
    session.close()
