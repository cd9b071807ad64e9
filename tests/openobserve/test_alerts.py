"""Alerts on an embedded server: exactly one, wherever it moves and whatever gets lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import ApiError, Conflict, NotFound, TransportError
from llmcost_infra.local.faults import ResetAfter

if TYPE_CHECKING:
    from llmcost_infra.local.faults import Faults
    from llmcost_infra.local.server import LocalServer
    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.kinds.base import ObjectStore
    from tests.clock import Clock

URN = "urn:pulumi:dev::p::openobserve:index:Alert::budget"
PATH = "/api/v2/default/alerts"
QUERY = {"type": "sql", "sql": "SELECT feature, COUNT(*) AS n FROM llm GROUP BY feature"}
ALERT: dict[str, Any] = {
    "organization": "default",
    "name": "budget",
    "stream_name": "llm",
    "stream_type": "traces",
    "query_condition": QUERY,
    "trigger_condition": {"period": 60},
    "destinations": ["channel"],
}
CHANGED: dict[str, Any] = {
    **ALERT,
    "query_condition": {
        **QUERY,
        "vrl_function": ". = .\n.",
        "multi_time_range": [{"offSet": "1d"}],
    },
    "trigger_condition": {"period": 5, "cron": "0 0 9 * * *", "timezone": "Europe/Berlin"},
    "description": "Runbook 3",
    "enabled": False,
    "context_attributes": {"limit_usd": "500"},
    "row_template": "{feature}",
    "tz_offset": 60,
    "template": "text",
    "deduplication": {"fingerprint_fields": ["feature"]},
}


@pytest.fixture
def alerts(objects: dict[str, ObjectStore]) -> ObjectStore:
    """Return the store, with streams, a template and a destination on the server."""
    here = {"organization": "default"}
    for name in ("llm", "other"):
        objects["Stream"].create({**here, "name": name, "stream_type": "traces"}, URN)
    objects["AlertTemplate"].create({**here, "name": "text", "body": "{rows}"}, URN)
    url = "https://example.com/hook"
    destination = {**here, "name": "channel", "url": url, "template": "text"}
    objects["AlertDestination"].create(destination, URN)
    return objects["Alert"]


def names(raw: Client) -> list[str]:
    """Return the names of all alerts."""
    return [one["name"] for one in raw.get(PATH)["list"]]


def folder(objects: dict[str, ObjectStore]) -> str:
    """Make a folder of alerts; returns its id."""
    inputs = {"organization": "default", "folder_type": "alerts", "name": "LLM"}
    made: str = objects["Folder"].create(inputs, URN).computed["folder_id"]
    return made


def test_an_alert_lives_and_dies(alerts: ObjectStore) -> None:
    """Made, read, changed and removed: each time what was asked for is there."""
    assert alerts.find(ALERT, URN) is None
    made = alerts.create(ALERT, URN)
    assert made.id == alerts.chosen_id(ALERT, URN) == f"default/{made.computed['alert_id']}"
    assert made.inputs == ALERT
    found = alerts.read(made.id, None)
    assert found is not None
    assert alerts.find(ALERT, URN) == found
    assert (found.id, found.inputs, found.computed) == (made.id, made.inputs, made.computed)
    changed = alerts.update(found, CHANGED)
    assert changed.inputs == CHANGED
    again = alerts.read(made.id, CHANGED)
    assert again is not None
    assert again.inputs == CHANGED
    assert alerts.delete(made.id, ALERT) is None
    assert alerts.read(made.id, ALERT) is None
    assert alerts.delete(made.id, ALERT) is None


@pytest.mark.parametrize(
    "query",
    [
        {
            "type": "custom",
            "conditions": {
                "filterType": "group",
                "logicalOperator": "OR",
                "conditions": [
                    {
                        "filterType": "condition",
                        "column": "feature",
                        "operator": "contains",
                        "value": "chat",
                    }
                ],
            },
            "aggregation": {
                "function": "p95",
                "group_by": ["feature"],
                "having": {"column": "cost", "operator": ">", "value": 0.5},
            },
        },
        {"type": "custom", "conditions": {"or": [{"column": "a", "operator": "=", "value": "b"}]}},
        {
            "type": "promql",
            "promql": "up",
            "promql_condition": {"column": "value", "operator": ">=", "value": 1},
        },
    ],
    ids=["group", "tree", "promql"],
)
def test_every_type_of_query_comes_back(alerts: ObjectStore, query: dict[str, Any]) -> None:
    """What the server adds to conditions is no difference."""
    inputs = {**ALERT, "query_condition": query}
    made = alerts.create(inputs, URN)
    found = alerts.read(made.id, inputs)
    assert found is not None
    assert found.inputs == made.inputs == inputs


def test_a_realtime_alert_comes_back(alerts: ObjectStore) -> None:
    """It has no schedule, and the one that the server stores with it means nothing."""
    inputs = {
        **ALERT,
        "alert_type": "realtime",
        "query_condition": {"type": "custom"},
        "trigger_condition": {"silence": 10},
    }
    made = alerts.create(inputs, URN)
    found = alerts.read(made.id, inputs)
    assert found is not None
    assert found.inputs == made.inputs == inputs


@pytest.mark.parametrize(
    ("sent", "change"),
    [
        ({"enabled": False}, {"enabled": False}),
        ({"description": 'their "words"'}, {"description": 'their "words"'}),
        ({"row_template": "{n}"}, {"row_template": "{n}"}),
        ({"template": "text"}, {"template": "text"}),
        ({"context_attributes": {"a": "b"}}, {"context_attributes": {"a": "b"}}),
        ({"tz_offset": 60}, {"tz_offset": 60}),
        ({"deduplication": {"enabled": True}}, {"deduplication": {}}),
        (
            {"trigger_condition": {"period": 60, "operator": ">=", "threshold": 0}},
            {"trigger_condition": {"period": 60, "threshold": 0}},
        ),
        (
            {"query_condition": {"type": "sql", "sql": "SELECT 1 AS n FROM llm"}},
            {"query_condition": {"type": "sql", "sql": "SELECT 1 AS n FROM llm"}},
        ),
    ],
)
def test_each_change_outside_is_seen(
    alerts: ObjectStore, raw: Client, sent: dict[str, Any], change: dict[str, Any]
) -> None:
    """A field that somebody edited is all that differs."""
    made = alerts.create(ALERT, URN)
    own = f"{PATH}/{made.computed['alert_id']}"
    raw.put(own, raw.get(own) | sent)
    found = alerts.read(made.id, ALERT)
    assert found is not None
    assert found.inputs == {**ALERT, **change}


def test_a_save_without_a_change_and_a_run_are_no_drift(
    alerts: ObjectStore, raw: Client, clock: Clock, server: LocalServer
) -> None:
    """What the UI and the scheduler write is nobody's: empty conditions, a time zone, dates."""
    made = alerts.create(ALERT, URN)
    own = f"{PATH}/{made.computed['alert_id']}"
    body = raw.get(own)
    group = {"filterType": "group", "logicalOperator": "AND", "conditions": []}
    body["query_condition"]["conditions"] = {"version": 2, "conditions": group}
    body["trigger_condition"]["timezone"] = "UTC"
    raw.put(own, body)
    raw.patch(f"{own}/trigger")
    clock.sleep(120)
    server.server.scheduler.run_due()
    found = alerts.read(made.id, ALERT)
    assert found is not None
    assert found.inputs == ALERT


def test_what_nobody_manages_here_survives_an_update(alerts: ObjectStore, raw: Client) -> None:
    """A PUT replaces the whole alert, also what only newer servers and editions have."""
    made = alerts.create(ALERT, URN)
    own = f"{PATH}/{made.computed['alert_id']}"
    raw.put(own, raw.get(own) | {"creates_incident": True})
    current = alerts.read(made.id, ALERT)
    assert current is not None
    alerts.update(current, {**ALERT, "description": "d"})
    assert raw.get(own)["creates_incident"] is True


def test_an_alert_moves_without_a_write(
    alerts: ObjectStore, objects: dict[str, ObjectStore], server: LocalServer
) -> None:
    """A move has its own call and keeps the id; a write would run the alert and end its silence."""
    made = alerts.create(ALERT, URN)
    target = {**ALERT, "folder": folder(objects)}
    server.requests.clear()
    moved = alerts.update(made, target)
    assert [method for method, _, _ in server.requests] == ["PATCH"]
    assert moved.inputs == target
    found = alerts.read(made.id, ALERT)
    assert found is not None
    assert found.inputs == target
    both = alerts.update(found, {**ALERT, "description": "back"})
    again = alerts.read(made.id, None)
    assert again is not None
    assert again.inputs == both.inputs == {**ALERT, "description": "back"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stream_name": "nope"}, "Stream nope not found(.|\n)*declare it"),
        ({"destinations": ["nope"]}, "destination nope not found(.|\n)*an AlertDestination"),
        ({"template": "nope"}, "template nope not found(.|\n)*an AlertTemplate"),
        ({"folder": "nope"}, "folder that cannot be found(.|\n)*a Folder of type alerts"),
    ],
)
def test_what_an_alert_lacks_is_explained(
    alerts: ObjectStore, change: dict[str, Any], words: str
) -> None:
    """The server's words, and what to declare."""
    with pytest.raises(NotFound, match=words):
        alerts.create({**ALERT, **change}, URN)


def test_an_update_explains_as_well(alerts: ObjectStore) -> None:
    """What is gone, or was never there, is told in an update and in a move too."""
    made = alerts.create(ALERT, URN)
    with pytest.raises(NotFound, match=r"nope not found(.|\n)*Declare an AlertDestination"):
        alerts.update(made, {**ALERT, "destinations": ["nope"]})
    with pytest.raises(NotFound, match=r"Folder not found(.|\n)*the id 'nope'"):
        alerts.update(made, {**ALERT, "folder": "nope"})


def test_the_id_follows_the_resource_and_what_forces_a_replacement(alerts: ObjectStore) -> None:
    """A replacement never meets the old id; the server takes each of them."""
    ids = {
        alerts.chosen_id({**ALERT, **change}, urn)
        for change, urn in (
            ({}, URN),
            ({}, URN + "2"),
            ({"name": "other"}, URN),
            ({"stream_name": "other"}, URN),
            ({"stream_type": "logs"}, URN),
            ({"organization": "team"}, URN),
        )
    }
    assert len({id_.rpartition("/")[2] for id_ in ids}) == 6
    assert {len(id_.rpartition("/")[2]) for id_ in ids} == {27}
    kept = alerts.chosen_id({**ALERT, "folder": "f", "description": "d"}, URN)
    assert kept == alerts.chosen_id(ALERT, URN)


def test_making_it_twice_makes_one(alerts: ObjectStore, raw: Client) -> None:
    """The server refuses an id that it has, so that a repeated create leaves one alert."""
    alerts.create(ALERT, URN)
    with pytest.raises(ApiError, match="UNIQUE constraint failed"):
        alerts.create(ALERT, URN)
    assert names(raw) == ["budget"]


def test_a_lost_answer_leaves_an_alert_to_adopt(
    alerts: ObjectStore, faults: Faults, raw: Client
) -> None:
    """The create is not repeated; looking again finds it under its id."""
    faults.inject(ResetAfter(), method="POST", path="v2/default/alerts")
    with pytest.raises(TransportError, match="looks before it does it again"):
        alerts.create(ALERT, URN)
    found = alerts.find(ALERT, URN)
    assert found is not None
    assert found.inputs == ALERT
    assert names(raw) == ["budget"]


def test_an_alert_of_that_name_on_that_stream_is_found(alerts: ObjectStore) -> None:
    """The server takes twins, so one looks by name and stream; an equal one counts first."""
    alerts.create({**ALERT, "description": "theirs"}, URN + "1")
    equal = alerts.create(ALERT, URN + "2")
    alerts.create({**ALERT, "description": "theirs too"}, URN + "3")
    found = alerts.find(ALERT, URN)
    assert found is not None
    assert found.id == equal.id
    assert alerts.find({**ALERT, "stream_name": "other"}, URN) is None
    assert alerts.find({**ALERT, "name": "budge"}, URN) is None


def test_our_own_alert_is_found_before_a_namesake(alerts: ObjectStore) -> None:
    """What an earlier, interrupted run made is ours, whatever became of it."""
    alerts.create(ALERT, URN + "2")
    own = alerts.create({**ALERT, "description": "d"}, URN)
    found = alerts.find(ALERT, URN)
    assert found is not None
    assert found.id == own.id


def test_an_id_that_is_none_finds_nothing(alerts: ObjectStore) -> None:
    """An import of an id that the server could not even have."""
    assert alerts.read("default/nope", None) is None


def test_an_alert_that_goes_between_list_and_reading_is_gone(
    alerts: ObjectStore, raw: Client
) -> None:
    """The list may be a second old."""
    made = alerts.create(ALERT, URN)
    alerts.read(made.id, None)
    raw.delete(f"{PATH}/{made.computed['alert_id']}")
    assert alerts.read(made.id, None) is None


def test_a_destination_in_use_stays(
    alerts: ObjectStore, objects: dict[str, ObjectStore], clock: Clock
) -> None:
    """An alert may take a moment to let go; after ten seconds the message says what to do."""
    made = alerts.create({**ALERT, "template": "text"}, URN)
    with pytest.raises(Conflict, match=r"used by alert: budget(.|\n)*another destination"):
        objects["AlertDestination"].delete("default/channel", {})
    assert clock.waits == [1.0] * 10
    alerts.delete(made.id, ALERT)
    objects["AlertDestination"].delete("default/channel", {})
    objects["AlertTemplate"].delete("default/text", {})


def test_a_full_folder_stays(alerts: ObjectStore, objects: dict[str, ObjectStore]) -> None:
    """A folder that holds alerts is kept by the server, and the message says what to move."""
    folder_id = folder(objects)
    alerts.create({**ALERT, "folder": folder_id}, URN)
    with pytest.raises(Conflict, match=r"Folder contains(.|\n)*Move or delete the alerts"):
        objects["Folder"].delete(f"default/alerts/{folder_id}", {})
