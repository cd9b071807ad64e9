"""One server on one folder: start, stop, start again, and what is in the way."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from llmcost_infra.errors import LlmCostError
from llmcost_infra.local.server import LocalServer, wall_clock

if TYPE_CHECKING:
    from pathlib import Path

AUTH = ("root@example.com", "Complexpass#123")
FOLDERS = "/api/v2/default/folders/dashboards"


def test_it_listens_on_loopback_only(local: LocalServer) -> None:
    """The address is this machine's."""
    assert local.url.startswith("http://127.0.0.1:")


def test_two_servers_on_one_folder_are_refused(tmp_path: Path) -> None:
    """The second says which folder, and how to go on; the first is not disturbed."""
    with LocalServer(tmp_path) as first:
        with pytest.raises(LlmCostError, match="another server already runs on") as refused:
            LocalServer(tmp_path).start()
        assert httpx.get(first.url + "/healthz", timeout=30).status_code == 200

    assert "--data" in refused.value.hint


def test_a_stopped_server_frees_its_folder_and_forgets_nothing(tmp_path: Path) -> None:
    """Starting again on the folder finds what was acknowledged."""
    with LocalServer(tmp_path) as first:
        made = httpx.post(
            first.url + FOLDERS,
            json={"name": "kept", "description": ""},
            auth=AUTH,
            timeout=30,
        ).json()

    with LocalServer(tmp_path) as second:
        assert httpx.get(second.url + FOLDERS, auth=AUTH, timeout=30).json() == {"list": [made]}


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """And leaves the folder free."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LlmCostError, match=f"port {port} on 127.0.0.1 is taken"):
            LocalServer(tmp_path, port=port).start()

    with LocalServer(tmp_path) as server:
        assert httpx.get(server.url + "/healthz", timeout=30).status_code == 200


def test_a_server_that_does_not_run_has_no_address(tmp_path: Path) -> None:
    """Neither before start nor after stop; stopping twice is fine."""
    server = LocalServer(tmp_path)
    with pytest.raises(LlmCostError, match="not running"):
        _ = server.url
    server.start()
    server.stop()
    server.stop()
    with pytest.raises(LlmCostError, match="not running"):
        _ = server.server


def test_the_clock_may_be_set_while_it_runs(local: LocalServer, client: httpx.Client) -> None:
    """Ids carry the time that the test chose."""
    local.server.clock = lambda: 1_795_467_036_920_308

    made = client.post(FOLDERS, json={"name": "x", "description": ""}).json()

    assert int(made["folderId"]) >> 22 == 1_795_467_036_920


def test_model_pricing_shows_in_the_configuration(tmp_path: Path) -> None:
    """Clients ask `/config` before they rely on it."""
    with LocalServer(tmp_path / "a") as off, LocalServer(tmp_path / "b", model_pricing=True) as on:
        shown = [
            httpx.get(server.url + "/config", timeout=30).json()["model_pricing_enabled"]
            for server in (off, on)
        ]

    assert shown == [False, True]


def test_time_is_in_microseconds() -> None:
    """Sixteen digits this century."""
    assert len(str(wall_clock())) == 16
