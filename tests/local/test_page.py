"""The page of the embedded server: one file that asks nobody but the server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from llmcost_infra.local.server import LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running server."""
    server = LocalServer(tmp_path_factory.mktemp("page"))
    server.start()
    yield server.url
    server.stop()


@pytest.mark.parametrize("path", ["/", "/web/dashboards?org_identifier=default", "/web/"])
def test_it_stands_where_the_user_interface_of_a_real_server_stands(
    address: str, path: str
) -> None:
    """A link into OpenObserve's interface opens the page, before anybody has logged in."""
    answer = httpx.get(address + path, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_it_loads_nothing_from_elsewhere(address: str) -> None:
    """No address of another host stands in it, and the browser is told to allow none."""
    answer = httpx.get(address + "/", timeout=30)
    assert not re.search(r"https?://|src=|href=(?!\"data:)|@import", answer.text)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_it_holds_no_data_itself(address: str) -> None:
    """What it shows it asks for with the reader's own credentials."""
    assert httpx.get(f"{address}/api/default/dashboards", timeout=30).status_code == 401
