"""Dashboards: echoed as the server's model holds them, and written only under the right hash."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.local.dashboards import BODY, completed, hash_of, rfc3339
from llmcost_infra.local.shapes import Mismatch
from tests.local.conftest import RECORDINGS

if TYPE_CHECKING:
    import httpx

BASE = "/api/default/dashboards"
Body = dict[str, Any]


def _panel(**config: Any) -> Body:
    return {
        "id": "p",
        "type": "bar",
        "title": "P",
        "description": "",
        "config": {"show_legends": True, **config},
        "queries": [],
    }


def _body(title: str = "T", **more: Any) -> Body:
    return {"version": 8, "title": title, "description": "", **more}


def _with(panel: Body) -> Body:
    return _body(tabs=[{"tabId": "a", "name": "A", "panels": [panel]}])


def _create(client: httpx.Client, body: Body, **query: str) -> Body:
    answer = client.post(BASE, json=body, params=query)
    assert answer.status_code == 200, answer.text
    made: Body = answer.json()
    return made


def _folder(client: httpx.Client, name: str) -> str:
    path = "/api/v2/default/folders/dashboards"
    made: str = client.post(path, json={"name": name, "description": ""}).json()["folderId"]
    return made


def test_the_dashboard_that_a_real_server_drew_is_echoed_as_it_stands() -> None:
    """Nothing of it is dropped; only server keys are filled in."""
    recorded = json.loads((RECORDINGS / "dashboard-two-tabs.json").read_text())

    echoed = completed(BODY.read(recorded), dashboard_id="1", owner="me", clock=0)

    server_keys = {"dashboardId", "owner", "created", "role", "updatedAt"}
    variables = echoed["variables"]["list"]
    assert echoed["tabs"] == recorded["tabs"]
    assert {**variables[0], "options": []} == {**recorded["variables"]["list"][0], "options": []}
    assert set(echoed) - set(recorded) <= server_keys


@pytest.mark.parametrize("side", ["before", "after"])
def test_what_the_user_interface_saved_is_kept(side: str) -> None:
    """A body that a real server answered is read without a loss, on both sides of a save."""
    body = json.loads((RECORDINGS / "ui-save-without-change.json").read_text())[side]["v8"]

    assert {**BODY.read(body), "updatedAt": 0} == {**body, "updatedAt": 0}


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        ({**_panel(), "config": {}}, "missing field `show_legends`"),
        (_panel(step_value=0), "invalid type: integer `0`, expected a string"),
        (_panel(mark_line=[{"value": 5}]), "invalid type: integer `5`, expected a string"),
        (
            _panel(override_config=[{"config": [{"type": "alignment"}]}]),
            "unknown variant `alignment`, expected one of `unit`, `unique_value_color`",
        ),
        ({**_panel(), "layout": {"x": "1"}}, 'invalid type: string "1", expected i64'),
        (_panel(label_option={"position": "over"}), "unknown variant `over`, expected one of"),
    ],
)
def test_a_panel_that_the_model_cannot_hold_is_refused(
    client: httpx.Client, panel: Body, words: str
) -> None:
    """422 in text, without path or place."""
    answer = client.post(BASE, json=_with(panel))

    assert answer.status_code == 422
    prefix = "Failed to deserialize the JSON body into the target type: "
    assert answer.text.startswith(prefix + words)


@pytest.mark.parametrize("created", ["2026-01-01", "yesterday at noon o'clock", 5])
def test_a_creation_time_needs_a_time_and_a_zone(created: object) -> None:
    """RFC 3339 or nothing."""
    with pytest.raises(Mismatch):
        BODY.read(_body(created=created))


def test_versions_without_a_model_are_stored_as_they_came(client: httpx.Client) -> None:
    """Under their own number; no version means the current one."""
    five = _create(client, {"version": 5, "title": "old", "anything": {"goes": [1]}})
    none = _create(client, {"title": "new"})

    assert five["v5"]["anything"] == {"goes": [1]}
    assert (five["v8"], five["version"], none["version"]) == (None, 5, 8)


def test_titles_are_trimmed_and_not_unique(client: httpx.Client) -> None:
    """A POST is not idempotent."""
    first, second = _create(client, _body(" same ")), _create(client, _body("same"))

    assert first["v8"]["title"] == second["v8"]["title"] == "same"
    assert first["v8"]["dashboardId"] != second["v8"]["dashboardId"]


def test_the_id_and_the_time_are_the_servers(client: httpx.Client) -> None:
    """A sent id is overwritten, a sent update time comes back."""
    made = _create(client, _body(dashboardId="mine", updatedAt=17))

    assert made["v8"]["dashboardId"] != "mine"
    assert made["updatedAt"] == 17
    assert "updatedAt" not in made["v8"]


def test_a_write_needs_the_current_hash_in_the_current_folder(client: httpx.Client) -> None:
    """404 for another folder, 500 without a hash, 409 for an old one."""
    folder = _folder(client, "f")
    made = _create(client, _body(), folder=folder)
    path = f"{BASE}/{made['v8']['dashboardId']}"

    def put(**query: str) -> int:
        return client.put(path, json=_body("new"), params=query).status_code

    assert put(hash=made["hash"]) == 404
    assert put(folder=folder) == 500
    assert put(folder=folder, hash="-1") == 500
    assert put(folder=folder, hash="1") == 409
    assert put(folder=folder, hash=made["hash"]) == 200
    assert put(folder=folder, hash=made["hash"]) == 409


def test_sending_the_answer_back_changes_nothing(client: httpx.Client) -> None:
    """The hash stays, and it opens the next write."""
    made = _create(client, _with(_panel(decimals=2)))
    path = f"{BASE}/{made['v8']['dashboardId']}"

    again = client.put(path, json=made["v8"], params={"hash": made["hash"]}).json()

    assert again == made
    assert client.get(path).json() == made


def test_a_write_without_a_creation_time_stamps_a_new_one(client: httpx.Client) -> None:
    """And so makes another hash."""
    made = _create(client, _body())
    path = f"{BASE}/{made['v8']['dashboardId']}"

    again = client.put(path, json=_body(), params={"hash": made["hash"]}).json()

    assert again["v8"]["created"] != made["v8"]["created"]
    assert again["hash"] != made["hash"]


@given(st.dictionaries(st.sampled_from(["title", "description", "role"]), st.text(max_size=4)))
def test_the_hash_is_another_exactly_when_the_content_is(changes: dict[str, str]) -> None:
    """Equal bodies hash alike, 2 and 2.0 included; others do not."""
    base = completed(BODY.read(_with(_panel(decimals=2))), dashboard_id="1", owner="o", clock=0)
    changed = base | changes

    assert (hash_of(changed) == hash_of(base)) == (changed == base)
    assert int(hash_of(base)) < 1 << 64


def test_numbers_hash_by_value() -> None:
    """A float that is whole is the whole number."""
    assert hash_of({"a": [2.0, {"b": 1.5}]}) == hash_of({"a": [2, {"b": 1.5}]})


def test_times_are_written_in_rfc_3339() -> None:
    """With microseconds and Z."""
    assert rfc3339(1_795_467_036_920_308) == "2026-11-23T20:50:36.920308Z"


def test_the_list_shows_one_folder_or_all_by_title(client: httpx.Client) -> None:
    """Neither folder nor title means the default folder; a title searches all of them."""
    folder = _folder(client, "f")
    _create(client, _body("beta"))
    _create(client, _body("Alphabet"), folder=folder)

    def titles(**query: str) -> list[tuple[str, str]]:
        found = client.get(BASE, params=query).json()["dashboards"]
        return [(item["title"], item["folder_name"]) for item in found]

    assert titles() == [("beta", "default")]
    assert titles(folder=folder) == [("Alphabet", "f")]
    assert titles(title="BET") == [("Alphabet", "f"), ("beta", "default")]
    assert titles(title="bet", pageSize="1") == [("Alphabet", "f")]
    assert titles(folder="default", title="alpha") == []


def test_a_moved_dashboard_keeps_its_content_and_hash(client: httpx.Client) -> None:
    """By either call; to a folder that is not there, it stays."""
    folder = _folder(client, "f")
    made = _create(client, _body())
    key = made["v8"]["dashboardId"]
    one = f"/api/default/folders/dashboards/{key}"

    assert client.put(one, json={"from": "default", "to": "nope"}).status_code == 404
    assert client.put(one, json={"from": "default", "to": folder}).status_code == 200
    assert len(client.get(BASE, params={"folder": folder}).json()["dashboards"]) == 1

    many = {"dashboard_ids": [key], "dst_folder_id": "default"}
    assert client.patch(f"{BASE}/move", json=many).status_code == 200
    assert client.get(f"{BASE}/{key}").json() == made


def test_nothing_moves_when_one_of_many_is_missing(client: httpx.Client) -> None:
    """All or nothing."""
    folder = _folder(client, "f")
    key = _create(client, _body())["v8"]["dashboardId"]

    many = {"dashboard_ids": [key, "nope"], "dst_folder_id": folder}
    answer = client.patch(f"{BASE}/move", json=many)

    assert answer.status_code == 404
    assert client.get(BASE, params={"folder": folder}).json() == {"dashboards": []}


def test_many_are_deleted_as_far_as_they_are_there(client: httpx.Client) -> None:
    """200 even when some are missing."""
    key = _create(client, _body())["v8"]["dashboardId"]

    answer = client.request("DELETE", f"{BASE}/bulk", json={"ids": [key, "nope"]})

    assert answer.json() == {
        "successful": [key],
        "unsuccessful": ["nope"],
        "err": "Dashboard not found",
    }


def test_a_variable_over_values_is_noted_on_its_stream(client: httpx.Client) -> None:
    """The server keeps the field's values from then on."""
    stream = "/api/default/streams/s"
    fields = [{"name": "feature", "type": "Utf8"}]
    client.post(stream, json={"fields": fields, "settings": {}}, params={"type": "traces"})
    data = {"stream_type": "traces", "stream": "s", "field": "feature"}
    variables = [
        {"type": "query_values", "name": "f", "query_data": data},
        {"type": "constant", "name": "c", "value": "x"},
    ]

    _create(client, _body(variables={"list": variables}))

    schema = client.get(f"{stream}/schema", params={"type": "traces"}).json()
    tracked = schema["settings"]["distinct_value_fields"]
    assert [item["name"] for item in tracked] == ["feature"]
