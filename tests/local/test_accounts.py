"""Service accounts: let in by their token, in their own organization only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from llmcost_infra.local.server import LocalServer

BASE = "/api/default/service_accounts"
CI = "ci@llmcost.example"


@pytest.fixture
def token(client: httpx.Client) -> str:
    """Make an account."""
    made: str = client.post(BASE, json={"email": CI.upper()}).json()["token"]
    return made


def _as(local: LocalServer, token: str, path: str, method: str = "GET", **query: str) -> int:
    auth, body = (CI, token), {"first_name": "x"}
    json = None if method == "GET" else body
    return httpx.request(method, local.url + path, auth=auth, params=query, json=json).status_code


def test_a_token_is_told_once(client: httpx.Client, token: str) -> None:
    """The list shows its beginning only, and the store does not hold it."""
    (listed,) = client.get(BASE).json()["data"]

    assert len(token) == 16
    assert listed["token"] == token[:4] + "********"
    assert listed["email"] == CI


def test_it_enters_its_own_organization_only(
    local: LocalServer, client: httpx.Client, token: str
) -> None:
    """401 elsewhere, and with a wrong token."""
    other = client.post("/api/organizations", json={"name": "Other"}).json()["identifier"]

    assert _as(local, token, "/api/default/functions") == 200
    assert _as(local, token, "/api/organizations") == 200
    assert _as(local, token, f"/api/{other}/functions") == 401
    assert _as(local, token + "x", "/api/default/functions") == 401


def test_it_may_not_do_what_is_roots(local: LocalServer, token: str) -> None:
    """Make organizations, or open one by ingest."""
    answer = httpx.post(local.url + "/api/organizations", json={"name": "X"}, auth=(CI, token))

    assert answer.json()["message"] == "Only root user can create organization"
    assert _as(local, token, "/api/fresh/app/_json", "POST") == 401


def test_root_rotates_a_token(local: LocalServer, client: httpx.Client, token: str) -> None:
    """The old one stops working; the account itself may not rotate."""
    own = _as(local, token, f"{BASE}/{CI}", "PUT", rotateToken="true")
    fresh = client.put(f"{BASE}/{CI}", params={"rotateToken": "true"}, json={}).json()

    assert own == 403
    assert _as(local, token, "/api/default/functions") == 401
    assert _as(local, fresh["token"], "/api/default/functions") == 200


def test_names_may_change(client: httpx.Client, token: str) -> None:
    """Nothing else does."""
    client.put(f"{BASE}/{CI}", json={"first_name": "C", "last_name": "I"})

    (listed,) = client.get(BASE).json()["data"]
    assert (listed["first_name"], listed["last_name"]) == ("C", "I")
    assert listed["token"].startswith(token[:4])


@pytest.mark.parametrize(
    ("email", "words"),
    [("root@example.com", "User already exists"), ("nobody", "Invalid email")],
)
def test_some_addresses_are_refused(client: httpx.Client, email: str, words: str) -> None:
    """400 with the reason."""
    answer = client.post(BASE, json={"email": email})

    assert (answer.status_code, answer.json()["message"]) == (400, words)


def test_missing_accounts_and_odd_parameters(client: httpx.Client, token: str) -> None:
    """404, and 400 for a flag that is none."""
    assert token
    assert client.put(f"{BASE}/nobody@x.de", json={}).status_code == 404
    assert client.delete(f"{BASE}/nobody@x.de").status_code == 404
    assert client.put(f"{BASE}/{CI}", params={"rotateToken": "yes"}, json={}).status_code == 400
    assert client.delete(f"{BASE}/{CI}").status_code == 200
    assert client.get(BASE).json() == {"data": []}
