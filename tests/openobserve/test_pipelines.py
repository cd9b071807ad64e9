"""Pipelines on an embedded server: an id of our own, a version as lock, one for a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import AlreadyExists, ApiError, Conflict, OpenObserveError
from llmcost_infra.local.faults import ResetAfter, Stale

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.local.faults import Faults
    from llmcost_infra.local.server import LocalServer
    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.kinds.base import Inputs, ObjectStore
    from tests.clock import Clock

URN = "urn:pulumi:dev::p::openobserve:index:Pipeline::llm"
PATH = "/api/default/pipelines"


@pytest.fixture
def pipelines(objects: dict[str, ObjectStore]) -> ObjectStore:
    """Return the store."""
    return objects["Pipeline"]


def test_a_pipeline_lives_and_dies(pipelines: ObjectStore, pipeline: Callable[..., Inputs]) -> None:
    """Made, read, changed and removed: each time what was asked for is there."""
    inputs = pipeline()
    assert pipelines.find(inputs, URN) is None
    made = pipelines.create(inputs, URN)
    assert made.id == pipelines.chosen_id(inputs, URN) == f"default/{made.computed['pipeline_id']}"
    assert (made.inputs, made.lock) == (inputs, "0")
    assert pipelines.find(inputs, URN) == pipelines.read(made.id, None) == made
    changed = pipelines.update(made, pipeline(description="d", enabled=False))
    assert changed.inputs == pipeline(description="d", enabled=False)
    assert changed.lock == "1"
    assert pipelines.delete(made.id, inputs) is None
    assert pipelines.read(made.id, inputs) is None
    assert pipelines.delete(made.id, inputs) is None


def test_making_it_twice_makes_one(
    pipelines: ObjectStore, pipeline: Callable[..., Inputs], raw: Client, faults: Faults
) -> None:
    """A create whose answer was lost is repeated: the id is ours."""
    faults.inject(ResetAfter(), method="POST", path="pipelines")
    pipelines.create(pipeline(), URN)
    assert len(raw.get(PATH)["list"]) == 1


def test_the_id_follows_the_resource(
    pipelines: ObjectStore, pipeline: Callable[..., Inputs]
) -> None:
    """Another resource or organization has another id; another name does not."""
    ids = {
        pipelines.chosen_id(pipeline(), URN),
        pipelines.chosen_id(pipeline(), URN + "2"),
        pipelines.chosen_id(pipeline(organization="team"), URN),
    }
    assert len({id_.rpartition("/")[2] for id_ in ids}) == 3
    assert pipelines.chosen_id(pipeline(name="x"), URN) in ids


def test_the_source_may_change(
    pipelines: ObjectStore, pipeline: Callable[..., Inputs], raw: Client
) -> None:
    """An update says its source, and the server takes rows from there."""
    made = pipelines.create(pipeline(), URN)
    pipelines.update(made, pipeline("other_ingest"))
    (stored,) = raw.get(PATH)["list"]
    assert stored["source"]["stream_name"] == "other_ingest"


def test_a_change_of_somebody_else_is_not_overwritten(
    pipelines: ObjectStore, pipeline: Callable[..., Inputs], raw: Client
) -> None:
    """The version that was read is the lock."""
    made = pipelines.create(pipeline(), URN)
    (stored,) = raw.get(PATH)["list"]
    raw.put(PATH, {**stored, "description": "theirs"})
    with pytest.raises(Conflict, match=r"modified by someone else(.|\n)*--refresh"):
        pipelines.update(made, pipeline(description="ours"))
    assert raw.get(PATH)["list"][0]["description"] == "theirs"


def test_a_stream_has_one_realtime_pipeline(
    pipelines: ObjectStore, pipeline: Callable[..., Inputs]
) -> None:
    """The server would take a second one and run either; a create finds the first."""
    first = pipelines.create(pipeline(), URN)
    second = pipeline(name="second")
    assert pipelines.find(second, URN + "2") == first
    with pytest.raises(AlreadyExists, match="pulumi import openobserve:index:Pipeline") as no:
        pipelines.create(second, URN + "2")
    assert first.id in no.value.hint


def test_an_update_cannot_take_the_stream_of_another(
    pipelines: ObjectStore, pipeline: Callable[..., Inputs]
) -> None:
    """Also a pipeline that exists may not become the second one of a stream."""
    pipelines.create(pipeline(), URN)
    other = pipelines.create(pipeline("other_ingest"), URN + "2")
    with pytest.raises(AlreadyExists, match="llm_ingest"):
        pipelines.update(other, pipeline())


def scheduled(name: str) -> Inputs:
    """Return a pipeline that runs a query."""
    return {
        "organization": "default",
        "name": name,
        "nodes": {
            "q": {
                "type": "query",
                "stream_type": "traces",
                "query_condition": {
                    "type": "sql",
                    "sql": 'SELECT MAX(_timestamp) AS _timestamp, COUNT(*) AS n FROM "llm"',
                },
                "trigger_condition": {"period": 60, "frequency": 60},
                "next": ["out"],
            },
            "out": {"type": "stream", "stream_name": "hourly", "stream_type": "logs"},
        },
    }


def test_a_stream_may_have_many_queries(
    pipelines: ObjectStore, objects: dict[str, ObjectStore], pipeline: Callable[..., Inputs]
) -> None:
    """Scheduled pipelines do not take rows away from each other, and echo as they were sent."""
    stream = {"organization": "default", "name": "llm", "stream_type": "traces"}
    objects["Stream"].create(stream, URN)
    for name in ("one", "two"):
        assert pipelines.find(scheduled(name), URN + name) is None
        made = pipelines.create(scheduled(name), URN + name)
        assert made.inputs == pipelines.kind.canonical(scheduled(name))
    changed = pipelines.update(made, {**scheduled("two"), "description": "d"})
    assert changed.inputs["description"] == "d"
    assert pipelines.find(pipeline("llm"), URN) is None


def test_a_missing_function_is_refused_in_the_servers_words(
    pipelines: ObjectStore, pipeline: Callable[..., Inputs]
) -> None:
    """Functions come before the pipelines that run them."""
    inputs = pipeline()
    inputs["nodes"]["in"]["next"] = ["f"]
    inputs["nodes"]["f"] = {"type": "function", "name": "nope", "next": ["out"]}
    with pytest.raises(ApiError, match="Failed to load function 'nope'"):
        pipelines.create(inputs, URN)


def test_an_answer_is_checked(
    pipelines: ObjectStore, pipeline: Callable[..., Inputs], faults: Faults
) -> None:
    """A pipeline that was accepted and is not listed is an error, not a success."""
    pipelines.find(pipeline(), URN)
    faults.inject(Stale(), method="GET", path="pipelines")
    with pytest.raises(OpenObserveError, match="does not list it"):
        pipelines.create(pipeline(), URN)


def test_readers_share_a_list_for_a_moment(
    pipelines: ObjectStore,
    pipeline: Callable[..., Inputs],
    server: LocalServer,
    clock: Clock,
    raw: Client,
) -> None:
    """Reads that come together cost one request; later ones see what changed meanwhile."""
    made = pipelines.create(pipeline(), URN)
    before = len(server.requests)
    assert pipelines.read(made.id, None) == pipelines.read(made.id, None) == made
    assert len(server.requests) == before
    raw.delete(f"{PATH}/{made.computed['pipeline_id']}")
    clock.sleep(3)
    assert pipelines.read(made.id, None) is None
