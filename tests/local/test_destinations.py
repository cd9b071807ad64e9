"""Destinations: checked as the server checks them, shown in clear, kept while used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

BASE = "/api/default/alerts/destinations"
Body = dict[str, Any]


def _hook(name: str = "d", **more: Any) -> Body:
    return {"name": name, "url": "http://127.0.0.1:9/x", "template": "prebuilt_webhook", **more}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_hook(url=""), "HTTP destination must have a url"),
        (_hook(template=None), "Alert destination must have a template"),
        (_hook(name=" "), "Destination name cannot be empty"),
        (_hook(name="a b"), "Destination name cannot contain"),
        (_hook(type="email"), "Email destination must have at least one email recipient"),
        (
            _hook(type="email", emails=["a@example.com"]),
            "Email destination must have SMTP configured",
        ),
        (_hook(type="sns"), "SNS destination must have Topic ARN and Region"),
        (
            _hook(template=None, destination_type_name="pager"),
            "Prebuilt template not found for type: pager",
        ),
    ],
)
def test_some_destinations_are_refused(client: httpx.Client, body: Body, words: str) -> None:
    """400 with the reason."""
    answer = client.post(BASE, json=body)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(words)


def test_a_template_that_is_not_there_is_lost_without_a_word(client: httpx.Client) -> None:
    """200, and the destination has none."""
    assert client.post(BASE, json=_hook(template="nope")).status_code == 200

    assert "template" not in client.get(f"{BASE}/d").json()


@pytest.mark.parametrize(("kind", "template"), [("teams", "msteams"), ("opsgenie", "opsgenie")])
def test_a_known_service_brings_its_template(
    client: httpx.Client, kind: str, template: str
) -> None:
    """When none is named."""
    client.post(BASE, json=_hook(template=None, destination_type_name=kind))

    assert client.get(f"{BASE}/d").json()["template"] == f"prebuilt_{template}"


def test_an_update_replaces_everything_but_the_name(client: httpx.Client) -> None:
    """Headers that are not sent again are gone."""
    client.post(BASE, json=_hook(headers={"x-token": "secret"}))
    assert client.get(f"{BASE}/d").json()["headers"] == {"x-token": "secret"}

    client.put(f"{BASE}/d", json=_hook("other", method="put"))

    changed = client.get(f"{BASE}/d").json()
    assert (changed["name"], changed["method"], "headers" in changed) == ("d", "put", False)


def test_the_module_shows_in_the_list_only(client: httpx.Client) -> None:
    """A pipeline's destination needs no template, and an update without the module converts it."""
    client.post(BASE, json=_hook("p", template=None), params={"module": "pipeline"})
    client.post(BASE, json=_hook("a"))

    def names(**query: str) -> list[str]:
        return [item["name"] for item in client.get(BASE, params=query).json()]

    assert names() == ["a", "p"]
    assert (names(module="pipeline"), names(module="alert")) == (["p"], ["a"])
    assert "module" not in client.get(f"{BASE}/p").json()

    client.put(f"{BASE}/p", json=_hook("p"))
    assert names(module="pipeline") == []


def test_a_destination_of_a_pipeline_is_kept(client: httpx.Client) -> None:
    """409 names the pipeline."""
    client.post(BASE, json=_hook("remote"), params={"module": "pipeline"})
    source = {"node_type": "stream", "stream_name": "s", "stream_type": "logs", "org_id": "default"}
    target = {"node_type": "remote_stream", "org_id": "default", "destination_name": "remote"}
    place = {"io_type": "default", "position": {"x": 0, "y": 0}}
    nodes = [{"id": "1", "data": source, **place}, {"id": "2", "data": target, **place}]
    edges = [{"id": "e", "source": "1", "target": "2"}]
    pipeline = {"name": "P", "nodes": nodes, "edges": edges}
    assert client.post("/api/default/pipelines", json=pipeline).status_code == 200

    refused = client.delete(f"{BASE}/remote")

    assert refused.status_code == 409
    assert refused.json()["message"] == "Destination is currently used by pipeline: p"
