"""A server that knows one column of the LLM stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

_USER, _PASSWORD = "root@example.com", "Complexpass#123"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Connect to a server that has the stream `llm_calls` with one of its columns, and no rows."""
    with (
        LocalServer(tmp_path_factory.mktemp("live"), user=_USER, password=_PASSWORD) as server,
        Client(server.url, _USER, _PASSWORD) as connected,
    ):
        fields = [{"name": "llmcost_model", "type": "Utf8"}]
        body: dict[str, Any] = {"fields": fields, "settings": {}}
        connected.post("/api/default/streams/llm_calls", body, {"type": "traces"})
        yield connected
