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
    return httpx.request(
        method, local.url + path, auth=auth, params=query, json=json, timeout=30
    ).status_code


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
    answer = httpx.post(
        local.url + "/api/organizations", json={"name": "X"}, auth=(CI, token), timeout=30
    )

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


def _user(**more: str) -> dict[str, str]:
    return {"email": "Dev@example.com", "password": "longenough", "role": "viewer", **more}


def test_a_user_gets_in_by_password(local: LocalServer, client: httpx.Client) -> None:
    """In the own organization; whatever the role, all but users may be changed."""
    users = "/api/default/users"
    client.post(users, json=_user())
    auth = ("dev@example.com", "longenough")

    def status(method: str, path: str, **options: object) -> int:
        return httpx.request(method, local.url + path, auth=auth, **options, timeout=30).status_code  # type: ignore[arg-type]  # passed through

    folder = {"name": "x", "description": ""}
    assert status("POST", "/api/v2/default/folders/dashboards", json=folder) == 200
    assert status("POST", users, json=_user(email="a@b.de")) == 403
    assert [item["email"] for item in client.get(users).json()["data"]] == [
        "root@example.com",
        "dev@example.com",
    ]


def test_a_users_password_and_role_may_change(local: LocalServer, client: httpx.Client) -> None:
    """The old password stops working; an account of a machine is no user."""
    users = "/api/default/users"
    client.post(users, json=_user())
    client.post(BASE, json={"email": CI})

    change = {"new_password": "another one", "role": "admin"}
    assert client.put(f"{users}/dev@example.com", json=change).status_code == 200
    assert client.put(f"{users}/{CI}", json=change).status_code == 404

    statuses = [
        httpx.get(
            local.url + "/api/default/functions", auth=("dev@example.com", text), timeout=30
        ).status_code
        for text in ("longenough", "another one")
    ]
    assert statuses == [401, 200]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_user(password="short"), "Password must be at least 8 characters long"),
        (_user(email="root@example.com"), "User already exists"),
    ],
)
def test_some_users_are_refused(client: httpx.Client, body: dict[str, str], words: str) -> None:
    """400 with the reason."""
    answer = client.post("/api/default/users", json=body)

    assert (answer.status_code, answer.json()["message"]) == (400, words)


def test_a_user_is_removed_once(client: httpx.Client) -> None:
    """Then not found."""
    users = "/api/default/users"
    client.post(users, json=_user())

    assert [client.delete(f"{users}/dev@example.com").status_code for _ in range(2)] == [200, 404]
