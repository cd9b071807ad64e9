"""Folders: names are unique, ids may be chosen by PUT, and what is in one keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

BASE = "/api/v2/default/folders"


def _make(client: httpx.Client, name: str, kind: str = "dashboards") -> dict[str, Any]:
    made: dict[str, Any] = client.post(
        f"{BASE}/{kind}", json={"name": name, "description": "d"}
    ).json()
    return made


def test_a_folder_is_found_by_id_and_by_name(client: httpx.Client) -> None:
    """Whatever characters the name has."""
    made = _make(client, "LLM cost / prod?")

    assert client.get(f"{BASE}/dashboards/{made['folderId']}").json() == made
    assert client.get(f"{BASE}/dashboards/name/LLM%20cost%20%2F%20prod%3F").json() == made


def test_names_are_unique_within_a_type(client: httpx.Client) -> None:
    """The same name may stand in another type."""
    _make(client, "a")

    again = client.post(f"{BASE}/dashboards", json={"name": " a ", "description": ""})
    other = client.post(f"{BASE}/alerts", json={"name": "a", "description": ""})

    assert again.status_code == 400
    assert other.status_code == 200


def test_put_makes_what_is_not_there(client: httpx.Client) -> None:
    """Under the chosen id, again and again; the name is not trimmed and may be empty."""
    for description in ("one", "two"):
        body = {"name": " x ", "description": description}
        assert client.put(f"{BASE}/dashboards/mine", json=body).status_code == 200

    assert client.get(f"{BASE}/dashboards/mine").json() == {
        "folderId": "mine",
        "name": " x ",
        "description": "two",
    }


def test_put_may_keep_its_own_name_but_not_take_anothers(client: httpx.Client) -> None:
    """A twin is refused."""
    a, b = _make(client, "a")["folderId"], _make(client, "b")["folderId"]

    keep = client.put(f"{BASE}/dashboards/{a}", json={"name": "a", "description": "new"})
    take = client.put(f"{BASE}/dashboards/{b}", json={"name": "a", "description": ""})

    assert (keep.status_code, take.status_code) == (200, 400)


@pytest.mark.parametrize(
    ("kind", "path", "body"),
    [
        ("dashboards", "/api/default/dashboards", {"version": 8, "title": "t"}),
    ],
)
def test_the_default_folder_appears_with_its_first_content(
    client: httpx.Client, kind: str, path: str, body: dict[str, Any]
) -> None:
    """Before that it is not there; it cannot be changed; empty again, it can be deleted."""
    before = client.get(f"{BASE}/{kind}/default").status_code
    made = client.post(path, json=body).json()["v8"]["dashboardId"]

    assert before == 404
    assert client.get(f"{BASE}/{kind}/default").json()["name"] == "default"
    assert client.put(f"{BASE}/{kind}/default", json={"name": "x", "description": ""}).is_error
    assert client.delete(f"{BASE}/{kind}/default").status_code == 400

    client.delete(f"{path}/{made}")
    assert client.delete(f"{BASE}/{kind}/default").status_code == 200


def test_types_are_three(client: httpx.Client) -> None:
    """Another is refused in text, with the three."""
    answer = client.get(f"{BASE}/Dashboards")

    assert answer.status_code == 400
    assert answer.text.endswith("expected one of `dashboards`, `alerts`, `reports`")
