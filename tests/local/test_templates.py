"""Alert templates: shared by `default`, prebuilt by the server, kept while used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

BASE = "/api/default/alerts/templates"


def _other_organization(client: httpx.Client) -> str:
    identifier: str = client.post("/api/organizations", json={"name": "Team"}).json()["identifier"]
    return f"/api/{identifier}/alerts/templates"


def test_a_template_is_stored_verbatim(client: httpx.Client) -> None:
    """Only the title of one that is no mail is dropped."""
    body = ' {"text": "{alert_name}"}\n'
    client.post(BASE, json={"name": " mine ", "body": body, "title": "dropped"})

    assert client.get(f"{BASE}/mine").json() == {
        "name": "mine",
        "body": body,
        "isDefault": True,
        "type": "http",
        "title": "",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Template name cannot be empty"),
        ("a b", "Template name cannot contain"),
        ("a/b", "Template name cannot contain"),
        ('a"b', "Template name cannot contain"),
        ("a%b", "Template name cannot contain"),
        ("prebuilt_slack", "Template with the same name already exists"),
    ],
)
def test_some_names_are_refused(client: httpx.Client, name: str, words: str) -> None:
    """400 with the reason."""
    answer = client.post(BASE, json={"name": name, "body": "x"})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(words)


def test_the_name_in_the_path_wins(client: httpx.Client) -> None:
    """A template cannot be renamed."""
    client.post(BASE, json={"name": "a", "body": "x"})

    client.put(f"{BASE}/a", json={"name": "b", "body": "y", "type": "email", "title": "T"})

    changed = client.get(f"{BASE}/a").json()
    assert (changed["name"], changed["body"], changed["title"]) == ("a", "y", "T")
    assert client.get(f"{BASE}/b").status_code == 404
    assert client.put(f"{BASE}/b", json={"body": "y"}).status_code == 404


def test_templates_of_default_show_and_change_everywhere(client: httpx.Client) -> None:
    """Another organization reads, collides with and edits the shared one."""
    other = _other_organization(client)
    client.post(BASE, json={"name": "shared", "body": "x"})

    collision = client.post(other, json={"name": "shared", "body": "y"})
    client.put(f"{other}/shared", json={"body": "edited from elsewhere"})

    assert collision.status_code == 400
    assert client.get(f"{BASE}/shared").json()["body"] == "edited from elsewhere"
    assert client.get(f"{other}/shared").json()["isDefault"] is True


def test_a_template_of_its_own_is_nobody_elses(client: httpx.Client) -> None:
    """And is not marked as default."""
    other = _other_organization(client)
    client.post(other, json={"name": "own", "body": "x"})

    assert client.get(f"{other}/own").json()["isDefault"] is None
    assert client.get(f"{BASE}/own").status_code == 404


def test_the_list_is_sorted_and_holds_the_prebuilt_ones(client: httpx.Client) -> None:
    """Eight of them."""
    client.post(BASE, json={"name": "a-first", "body": "x"})

    names = [item["name"] for item in client.get(BASE).json()]
    prebuilt = [item["name"] for item in client.get(f"{BASE}/system/prebuilt").json()]

    assert names == ["a-first", *prebuilt]
    assert len(prebuilt) == 8


def test_a_template_goes_when_nobody_uses_it(client: httpx.Client) -> None:
    """409 for a destination; then 200, then 404."""
    client.post(BASE, json={"name": "t", "body": "x"})
    destinations = "/api/default/alerts/destinations"
    client.post(destinations, json={"name": "d", "url": "http://127.0.0.1:1", "template": "t"})

    used = client.delete(f"{BASE}/t")
    client.delete(f"{destinations}/d")

    assert used.status_code == 409
    assert [client.delete(f"{BASE}/t").status_code for _ in range(2)] == [200, 404]
