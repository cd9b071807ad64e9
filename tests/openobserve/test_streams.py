"""Streams on an embedded server: made once, completed, changed by deltas, kept or removed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import ApiError, Conflict, OpenObserveError
from llmcost_infra.local.faults import ResetAfter, Status
from llmcost_infra.openobserve.objects.shapes import StreamShape
from llmcost_infra.openobserve.objects.stream_settings import managed_inputs, settings_delta

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.local.faults import Faults
    from llmcost_infra.local.server import LocalServer
    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.kinds.base import Inputs, ObjectStore
    from tests.clock import Clock

STREAM: Inputs = {
    "organization": "default",
    "name": "llm_calls",
    "stream_type": "traces",
    "fields": {"llmcost_cost_usd": "float64", "llmcost_model": "utf8"},
    "data_retention": 400,
    "index_fields": ["llmcost_model"],
}
LOGS: Inputs = {"organization": "default", "name": "app", "stream_type": "logs"}
URN = "urn:pulumi:dev::p::openobserve:index:Stream::llm"
PATH = "/api/default/streams"


@pytest.fixture
def streams(objects: dict[str, ObjectStore]) -> ObjectStore:
    """Return the store."""
    return objects["Stream"]


def settings(raw: Client, name: str = "llm_calls", stream_type: str = "traces") -> dict[str, Any]:
    """Return the settings on the server."""
    found: dict[str, Any] = raw.get(f"{PATH}/{name}/schema", {"type": stream_type})["settings"]
    return found


def columns(raw: Client, name: str = "llm_calls", stream_type: str = "traces") -> dict[str, str]:
    """Return the columns on the server."""
    schema = raw.get(f"{PATH}/{name}/schema", {"type": stream_type})["schema"]
    return {column["name"]: column["type"] for column in schema}


def asked(server: LocalServer, method: str) -> int:
    """Count the requests of a method."""
    return sum(one[0] == method for one in server.requests)


def test_a_stream_lives_and_dies(streams: ObjectStore, raw: Client, clock: Clock) -> None:
    """Made, read, changed and removed: each time what was asked for is there."""
    inputs = {**STREAM, "on_destroy": "delete"}
    assert streams.find(inputs, URN) is None
    made = streams.create(inputs, URN)
    assert made.id == streams.chosen_id(inputs, URN) == "default/traces/llm_calls"
    assert made.inputs == inputs
    assert streams.find(inputs, URN) == made
    target = {**inputs, "data_retention": 30, "index_fields": ["feature"]}
    assert streams.update(made, target).inputs == target
    assert (settings(raw)["data_retention"], settings(raw)["index_fields"]) == (30, ["feature"])
    assert streams.delete(made.id, target) is None
    assert streams.read(made.id, target) is None
    assert streams.delete(made.id, target) is None
    assert clock.waits == []


def test_a_stream_is_made_in_one_request(streams: ObjectStore, server: LocalServer) -> None:
    """Columns and settings go along, and nothing is left to change."""
    streams.create(STREAM, URN)
    assert (asked(server, "POST"), asked(server, "PUT")) == (1, 0)


def test_all_settings_at_once(streams: ObjectStore) -> None:
    """Every setting that can be managed comes back as it was given."""
    inputs = {
        **LOGS,
        "fields": {"message": "utf8", "team": "utf8", "n": "int64"},
        "max_query_range": 24,
        "full_text_search_keys": ["message"],
        "index_fields": ["team"],
        "bloom_filter_fields": ["n"],
        "partition_keys": {"team": "value", "n": "hash(16)"},
    }
    made = streams.create(inputs, URN)
    assert made.inputs == inputs
    target = {
        **inputs,
        "partition_keys": {"team": "value"},
        "bloom_filter_fields": [],
        "max_query_range": 0,
    }
    assert streams.update(made, target).inputs == target


def test_a_change_is_one_request(streams: ObjectStore, server: LocalServer) -> None:
    """Two quick writes of settings could lose the first."""
    made = streams.create(STREAM, URN)
    target = {**STREAM, "data_retention": 7, "index_fields": [], "max_query_range": 1}
    streams.update(made, {**target, "fields": {**STREAM["fields"], "feature": "utf8"}})
    assert asked(server, "PUT") == 1


def test_an_update_that_changes_nothing_writes_nothing(
    streams: ObjectStore, server: LocalServer
) -> None:
    """Equal settings are left alone."""
    made = streams.create(STREAM, URN)
    streams.update(made, STREAM)
    assert asked(server, "PUT") == 0


def test_what_is_left_out_is_not_managed(streams: ObjectStore, raw: Client) -> None:
    """Settings that others chose stay, are not reported, and do not hinder."""
    made = streams.create({**LOGS, "data_retention": 5}, URN)
    raw.put(f"{PATH}/app/settings", {"max_query_range": 9}, {"type": "logs"})
    assert streams.read(made.id, made.inputs) == made
    streams.update(made, LOGS)
    assert settings(raw, "app", "logs")["data_retention"] == 5
    assert settings(raw, "app", "logs")["max_query_range"] == 9


def test_learned_columns_are_nobodys(streams: ObjectStore, raw: Client) -> None:
    """Columns that rows brought along are no drift; a declared one that is missing is."""
    made = streams.create(STREAM, URN)
    add = {"fields": {"add": [{"name": "learned", "type": "Utf8"}], "remove": []}}
    raw.put(f"{PATH}/llm_calls/settings", add, {"type": "traces"})
    assert streams.read(made.id, STREAM) == made
    known = {**STREAM, "fields": {**STREAM["fields"], "absent": "utf8"}}
    found = streams.read(made.id, known)
    assert found is not None
    assert "absent" not in found.inputs["fields"]


def test_an_import_says_what_somebody_set(streams: ObjectStore) -> None:
    """Without a known state, settings count that are not the server's own."""
    made = streams.create(STREAM, URN)
    found = streams.read(made.id, None)
    assert found is not None
    assert found.inputs == STREAM


def test_a_column_keeps_its_type(streams: ObjectStore, raw: Client) -> None:
    """Another type for a column that is there would poison it, so nothing is written."""
    made = streams.create(STREAM, URN)
    target = {**STREAM, "data_retention": 1, "fields": {"llmcost_model": "int64"}}
    with pytest.raises(OpenObserveError, match=r"llmcost_model .* is utf8, not int64"):
        streams.update(made, target)
    assert settings(raw)["data_retention"] == 400


def test_a_stream_that_came_with_its_first_row_is_completed(
    streams: ObjectStore, raw: Client
) -> None:
    """Somebody else made it between looking and making: settings are set all the same."""
    raw.post(f"{PATH}/llm_calls", {"fields": [], "settings": {}}, {"type": "traces"})
    assert streams.create(STREAM, URN).inputs == STREAM
    assert settings(raw)["data_retention"] == 400
    assert columns(raw)["llmcost_cost_usd"] == "Float64"


def test_a_lost_answer_leaves_a_stream_to_complete(streams: ObjectStore, faults: Faults) -> None:
    """The next try finds it and has nothing to change."""
    faults.inject(ResetAfter(), method="POST", path="streams")
    with pytest.raises(OpenObserveError, match="looks before"):
        streams.create(STREAM, URN)
    found = streams.find(STREAM, URN)
    assert found is not None
    assert found.inputs == STREAM


def test_refused_settings_leave_half_a_stream_that_can_be_completed(
    streams: ObjectStore, raw: Client
) -> None:
    """The server makes the stream and then refuses; that is told, and the next try completes."""
    with pytest.raises(ApiError, match=r"field \[nosuch\] not found"):
        streams.create({**LOGS, "full_text_search_keys": ["nosuch"], "data_retention": 3}, URN)
    assert "_timestamp" in columns(raw, "app", "logs")
    assert streams.create({**LOGS, "data_retention": 3}, URN).inputs["data_retention"] == 3


def test_a_stream_that_is_being_deleted_is_waited_for(
    streams: ObjectStore, clock: Clock, raw: Client
) -> None:
    """Deletion takes a while; the new stream comes after it, with its settings."""
    made = streams.create(STREAM, URN)
    streams.delete(made.id, {**STREAM, "on_destroy": "delete"})
    assert streams.create(STREAM, URN).inputs == STREAM
    assert clock.waits
    assert set(clock.waits) == {2.0}
    assert settings(raw)["data_retention"] == 400


def test_a_stream_without_settings_waits_as_well(
    streams: ObjectStore, clock: Clock, raw: Client
) -> None:
    """The half-made stream looks complete; only a write tells that it is about to vanish."""
    made = streams.create(LOGS, URN)
    streams.delete(made.id, {**LOGS, "on_destroy": "delete"})
    streams.create(LOGS, URN)
    assert clock.waits
    raw.put(f"{PATH}/app/settings", {"data_retention": 5}, {"type": "logs"})


def test_waiting_for_a_deletion_has_an_end(
    streams: ObjectStore, faults: Faults, clock: Clock
) -> None:
    """After two minutes the message says to try again later."""
    words = '{"code":400,"message":"stream [llm_calls] is being deleted"}'
    faults.inject(Status(400, words), method="POST", path="streams", times=1000)
    with pytest.raises(Conflict, match=r"being deleted(.|\n)*run this again in some minutes"):
        streams.create(STREAM, URN)
    assert sum(clock.waits) == pytest.approx(120)


def test_destroy_keeps_the_rows_unless_told_otherwise(streams: ObjectStore, raw: Client) -> None:
    """Retain is the default, and what stays is said."""
    made = streams.create(STREAM, URN)
    for inputs in (STREAM, {**STREAM, "on_destroy": "retain"}):
        said = streams.delete(made.id, inputs)
        assert said == (
            "The traces stream llm_calls of organization default stays on the server with its "
            "rows, because on_destroy is retain."
        )
    assert columns(raw)


def test_an_update_of_a_stream_that_is_gone(streams: ObjectStore, raw: Client) -> None:
    """Settings of nothing are not written; the message says what to do."""
    made = streams.create(STREAM, URN)
    raw.delete(f"{PATH}/llm_calls", {"type": "traces"})
    with pytest.raises(OpenObserveError, match=r"is gone(.|\n)*--refresh"):
        streams.update(made, {**STREAM, "data_retention": 1})


@pytest.mark.parametrize("id_", ["default/trace/llm", "default/logs/LLM", "default/llm"])
def test_an_id_names_a_stream_that_can_be(streams: ObjectStore, id_: str) -> None:
    """The server would take an unknown type for logs, so it is not asked."""
    with pytest.raises(OpenObserveError, match="organization/stream_type/name"):
        streams.read(id_, None)


def test_streams_of_one_name_and_several_types_are_several(streams: ObjectStore) -> None:
    """Type and name together are the identity."""
    streams.create({**LOGS, "name": "llm_calls"}, URN)
    assert streams.find(STREAM, URN) is None


def test_the_age_is_a_fact(streams: ObjectStore, clock: Clock) -> None:
    """How old a stream is decides whether a shorter retention would delete rows."""
    made = streams.create(STREAM, URN)
    assert made.facts == {"age_days": pytest.approx(0)}
    clock.sleep(2 * 86_400)
    found = streams.find(STREAM, URN)
    assert found is not None
    assert found.facts == {"age_days": pytest.approx(2)}


def test_updates_of_one_stream_wait_for_each_other(streams: ObjectStore, raw: Client) -> None:
    """Parallel writes of different settings are all kept."""
    made = streams.create(LOGS, URN)
    targets = [
        {**LOGS, "data_retention": 5},
        {**LOGS, "max_query_range": 6},
        {**LOGS, "index_fields": ["a"]},
        {**LOGS, "bloom_filter_fields": ["b"]},
    ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda target: streams.update(made, target), targets))
    found = settings(raw, "app", "logs")
    assert (found["data_retention"], found["max_query_range"]) == (5, 6)
    assert (found["index_fields"], found["bloom_filter_fields"]) == (["a"], ["b"])


def shape(**settings: Any) -> StreamShape:
    """Return a stream as a server has it."""
    return StreamShape(schema=[], settings=settings)


def test_newer_servers_index_bloom_filters() -> None:
    """An index that the server added because of a bloom filter is no drift."""
    stream = shape(bloom_filter_fields=["a", "b"], index_fields=["a", "b", "c"])
    known: Inputs = {"bloom_filter_fields": ["a", "b"], "index_fields": ["a", "c"]}
    assert managed_inputs(stream, known) == known
    assert settings_delta("x", stream, known) == {}


def test_removed_partition_keys_stay_as_disabled() -> None:
    """The server never forgets a partition key; a disabled one counts as removed."""
    keys = {
        "L0": {"field": "a", "types": "value", "disabled": True},
        "L1": {"field": "b", "types": {"hash": 8}, "disabled": False},
    }
    known: Inputs = {"partition_keys": {"b": "hash(8)"}}
    assert managed_inputs(shape(partition_keys=keys), known) == known
    delta = settings_delta("x", shape(partition_keys=keys), {"partition_keys": {"c": "prefix"}})
    assert delta["partition_keys"] == {
        "add": [{"field": "c", "types": "prefix", "disabled": False}],
        "remove": [{"field": "b", "types": {"hash": 8}, "disabled": False}],
    }


def test_recorded_streams_are_read(recorded: Callable[[str], list[dict[str, Any]]]) -> None:
    """Every schema that a real server answered is understood."""
    seen = 0
    for exchange in recorded("03-streams"):
        path, answer = exchange["request"]["path"], exchange["response"]
        if path.endswith("/schema") and answer["status"] == 200:
            stream = StreamShape.model_validate(answer["body"])
            assert managed_inputs(stream, {"data_retention": 1})["data_retention"] >= 0
            assert "_timestamp" not in managed_inputs(stream, None).get("fields", {})
            assert stream.stats.created_at > 0
            seen += 1
    assert seen >= 5
