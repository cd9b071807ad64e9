"""Alerts as objects: what is checked, what an update leaves alone, and how they are listed."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

BASE = "/api/v2/default/alerts"
Body = dict[str, Any]
SQL = 'SELECT feature, COUNT(*) AS calls FROM "s" GROUP BY feature'


@pytest.fixture
def ready(client: httpx.Client) -> httpx.Client:
    """Make the stream and the destination that alerts need."""
    for kind in ("traces", "logs"):
        fields = [{"name": "feature", "type": "Utf8"}]
        body = {"fields": fields, "settings": {"max_query_range": 2}}
        client.post("/api/default/streams/s", json=body, params={"type": kind})
    hook = {"name": "d", "url": "http://127.0.0.1:9", "template": "prebuilt_webhook"}
    client.post("/api/default/alerts/destinations", json=hook)
    return client


def _alert(name: str = "a", **more: Any) -> Body:
    return {
        "name": name,
        "stream_type": "traces",
        "stream_name": "s",
        "enabled": True,
        "destinations": ["d"],
        "query_condition": {"type": "sql", "sql": SQL},
        "trigger_condition": {"period": 5, "operator": ">=", "threshold": 1, "frequency": 1},
        **more,
    }


def _query(**more: Any) -> Body:
    return _alert(query_condition={"type": "sql", "sql": SQL, **more})


def _trigger(**more: Any) -> Body:
    return _alert(trigger_condition={"period": 5, "operator": ">=", "threshold": 1, **more})


def _create(client: httpx.Client, body: Body, **query: str) -> str:
    answer = client.post(BASE, json=body, params=query)
    assert answer.status_code == 200, answer.text
    made: str = answer.json()["id"]
    return made


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (_alert(""), 400, "Alert name is required"),
        (_alert("a/b"), 400, "Alert name cannot contain '/'"),
        (_alert(stream_name=""), 400, "Alert name is required"),
        (_alert(template="nope"), 404, "Alert template nope not found"),
        (_query(vrl_function="?"), 400, "Error decoding VRL query function"),
        (_query(sql=""), 400, "Alert with SQL mode should have a query"),
        (_query(sql="SELECT   * FROM s"), 400, "Alert with SQL can not contain SELECT *"),
        (_query(sql='SELECT a FROM (SELECT * FROM "s")'), 400, "Alert with SQL can not contain"),
        (_query(type="promql"), 400, "Alert with PromQL mode should have a query"),
        (_alert(is_real_time=True), 400, "Realtime alert should use Custom query type"),
        (_trigger(operator="contains"), 500, "Invalid operator"),
        (_trigger(frequency_type="cron", cron="*/5 * * * *"), 400, "Invalid cron expression"),
        (_trigger(frequency_type="cron", cron="61 * * * * *"), 400, "Invalid cron expression"),
        (
            _alert(trigger_condition={"period": 121, "operator": ">="}),
            400,
            'Alert period is greater than max query range of 2 hours for stream "s"',
        ),
    ],
)
def test_some_alerts_are_refused(ready: httpx.Client, body: Body, status: int, words: str) -> None:
    """With the server's reason."""
    answer = ready.post(BASE, json=body)

    assert answer.status_code == status
    assert answer.json()["message"].startswith(words)


def test_a_destination_of_pipelines_is_no_destination_of_alerts(ready: httpx.Client) -> None:
    """403, with one word."""
    remote = {"name": "remote", "url": "http://127.0.0.1:9"}
    path = "/api/default/alerts/destinations"
    ready.post(path, json=remote, params={"module": "pipeline"})

    answer = ready.post(BASE, json=_alert(destinations=["remote"]))

    assert (answer.status_code, answer.json()["message"]) == (403, "pipeline")


@pytest.mark.parametrize(
    "body",
    [
        _query(sql="SELECT COUNT(*) AS n FROM s"),
        _query(sql='SELECT nosuch FROM "other stream"'),
        _alert("dots.and-dashes_1"),
    ],
)
def test_accepted_but_broken(ready: httpx.Client, body: Body) -> None:
    """Columns, and streams in the statement, are not looked at."""
    assert ready.post(BASE, json=body).status_code == 200


def test_what_the_server_fills_in(ready: httpx.Client) -> None:
    """Disabled unless told, a frequency of one minute, the caller as owner."""
    body = _alert(context_attributes={" limit ": "5", " ": "x"}, row_template=" {a} ")
    del body["enabled"]
    body["trigger_condition"] = {"period": 5}

    shown = ready.get(f"{BASE}/{_create(ready, body)}").json()

    assert shown["enabled"] is False
    assert shown["trigger_condition"]["frequency"] == 1
    assert shown["trigger_condition"]["align_time"] is True
    assert shown["context_attributes"] == {"limit": "5"}
    assert (shown["row_template"], shown["owner"]) == ("{a}", "root@example.com")


def test_without_a_trigger_condition_there_is_none_to_align(ready: httpx.Client) -> None:
    """Period 0 and no alignment."""
    body = _alert()
    del body["trigger_condition"]

    trigger = ready.get(f"{BASE}/{_create(ready, body)}").json()["trigger_condition"]

    assert (trigger["period"], trigger["align_time"]) == (0, False)


def test_a_function_is_closed_with_its_rows(ready: httpx.Client) -> None:
    """Unless it is; one that does nothing is dropped."""

    def stored(source: str) -> str | None:
        encoded = base64.urlsafe_b64encode(source.encode()).decode()
        shown = ready.get(f"{BASE}/{_create(ready, _query(vrl_function=encoded))}").json()
        text = shown["query_condition"]["vrl_function"]
        return base64.urlsafe_b64decode(text + "==").decode() if text else None

    assert stored(".a = 1") == ".a = 1\n."
    assert stored(".a = 1\n.") == ".a = 1\n."
    assert stored(".") is None


def test_a_deduplication_that_is_off_vanishes(ready: httpx.Client) -> None:
    """And one that is on stays."""
    on, off = (
        ready.get(f"{BASE}/{_create(ready, _alert(deduplication={'enabled': flag}))}").json()
        for flag in (True, False)
    )

    assert on["deduplication"]["enabled"] is True
    assert "deduplication" not in off


def test_a_wanted_id_counts_only_under_overwrite(ready: httpx.Client) -> None:
    """Which does not overwrite: the second time it fails."""
    wanted = "2tyMc8jGzhLVFYHTVmqHsq4AAAA"

    other = _create(ready, _alert(id=wanted))
    mine = _create(ready, _alert(id=wanted), overwrite="true")
    again = ready.post(BASE, json=_alert(id=wanted), params={"overwrite": "true"})
    plain = ready.post(BASE, json=_alert(id=wanted))

    assert (other != wanted, mine) == (True, wanted)
    assert (again.status_code, plain.status_code) == (500, 409)


def test_an_update_leaves_name_stream_and_owner(ready: httpx.Client) -> None:
    """200 all the same."""
    made = _create(ready, _alert(owner="team@example.com"))

    change = _alert("b", stream_type="logs", description="new", owner="other@example.com")
    answer = ready.put(f"{BASE}/{made}", json=change)

    shown = ready.get(f"{BASE}/{made}").json()
    assert answer.json()["message"] == "Alert Updated"
    assert (shown["name"], shown["stream_type"]) == ("a", "traces")
    assert (shown["owner"], shown["description"]) == ("team@example.com", "new")


def test_an_alert_whose_destination_is_gone_cannot_even_be_disabled(ready: httpx.Client) -> None:
    """The switch checks the whole alert."""
    made = _create(ready, _alert())
    ready.delete("/api/default/streams/s", params={"type": "traces"})

    answer = ready.patch(f"{BASE}/{made}/enable", params={"value": "false"})

    assert (answer.status_code, answer.json()["message"]) == (404, "Stream s not found")


@pytest.mark.parametrize("value", ["", "yes", "True"])
def test_the_switch_takes_true_or_false(ready: httpx.Client, value: str) -> None:
    """Nothing else."""
    made = _create(ready, _alert())

    assert ready.patch(f"{BASE}/{made}/enable", params={"value": value}).status_code == 400


def test_the_list_is_filtered_and_sorted_by_name(ready: httpx.Client) -> None:
    """By folder, part of the name, stream and switch."""
    folder = ready.post(
        "/api/v2/default/folders/alerts", json={"name": "f", "description": ""}
    ).json()["folderId"]
    _create(ready, _alert("beta"))
    _create(ready, _alert("Alpha", enabled=False), folder=folder)
    _create(ready, _alert("gamma", stream_type="logs"))

    def names(**query: str) -> list[str]:
        return [item["name"] for item in ready.get(BASE, params=query).json()["list"]]

    assert names() == ["Alpha", "beta", "gamma"]
    assert names(folder=folder) == ["Alpha"]
    assert names(alert_name_substring="ALPH") == ["Alpha"]
    assert names(enabled="true") == ["beta", "gamma"]
    assert names(stream_type="logs") == ["gamma"]
    assert names(stream_type="traces", stream_name="s") == ["Alpha", "beta"]
    assert names(stream_type="traces", stream_name="t") == []


def test_an_alert_moves_to_a_folder_that_is_there(ready: httpx.Client) -> None:
    """And its folder cannot go before it."""
    made = _create(ready, _alert())
    folders = "/api/v2/default/folders/alerts"
    folder = ready.post(folders, json={"name": "f", "description": ""}).json()["folderId"]
    nowhere = {"alert_ids": [made], "dst_folder_id": "nope"}

    assert ready.patch(f"{BASE}/move", json=nowhere).status_code == 404
    assert ready.patch(f"{BASE}/move", json={**nowhere, "dst_folder_id": folder}).is_success
    assert ready.delete(f"{folders}/{folder}").json()["message"] == (
        "Folder contains alerts, please move/delete alerts from folder"
    )


def test_a_template_and_a_destination_in_use_stay(ready: httpx.Client) -> None:
    """400 for the template of an alert, 409 for its destination."""
    templates = "/api/default/alerts/templates"
    ready.post(templates, json={"name": "t", "body": "x"})
    _create(ready, _alert(template="t"))

    assert ready.delete(f"{templates}/t").json() == {
        "code": 400,
        "message": "Template is in use for alert a",
    }
    assert ready.delete("/api/default/alerts/destinations/d").status_code == 409
