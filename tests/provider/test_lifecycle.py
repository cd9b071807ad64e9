"""What a user sees from one run to the next, over the plugin protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pulumi.runtime.proto import provider_pb2

from llmcost_infra.errors import NotFound
from llmcost_infra.provider.values import UNKNOWN, decode_map, encode_map
from tests.provider.engine import CallError, CheckError, Engine, Resource
from tests.provider.programs import (
    dashboard,
    folder,
    panel,
    stream,
)

if TYPE_CHECKING:
    from tests.provider.memory import MemoryServer


def test_a_delete_that_finds_nothing_is_fine(engine: Engine, server: MemoryServer) -> None:
    """A server that answers 404 has nothing left to delete."""
    engine.up(folder())
    gone = NotFound(404, "Folder not found", request="DELETE /folders")
    server.fail("delete", "before", gone)
    engine.destroy()
    assert engine.state == {}


def test_what_stays_after_a_destroy_is_told(engine: Engine, server: MemoryServer) -> None:
    """A retained stream stays, and the log says so; with on_destroy delete it goes."""
    engine.up(stream())
    engine.destroy()
    assert engine.sentences() == [
        "calls: Stream default/traces/llm_calls stays on the server (on_destroy: retain)."
    ]
    engine.up(stream(on_destroy="delete", allow_data_loss=True))
    engine.destroy()
    assert server.objects == {}


def test_the_state_alone_decides_what_a_destroy_does(engine: Engine, server: MemoryServer) -> None:
    """on_destroy is kept in the state: changing it is an update that writes nothing."""
    engine.up(stream())
    server.requests.clear()
    deleted = stream(on_destroy="delete", allow_data_loss=True)
    changed = {"allow_data_loss": "add", "on_destroy": "update"}
    assert engine.preview(deleted) == {"calls": changed}
    assert engine.up(deleted) == {"calls": "update"}
    assert server.writes == []
    assert engine.refresh() == {}
    engine.destroy()
    assert server.objects == {}


def test_a_preview_shows_a_panel_and_no_other(engine: Engine) -> None:
    """Inserting first, swapping and editing name the panels that changed, and only those."""
    before = {"a": panel(10), "b": panel(20)}
    at = "tabs.overview.panels"
    engine.up(dashboard(panels=before))
    for panels, changes in (
        ({"first": panel(5), **before}, {f"{at}.first": "add"}),
        (
            {"a": {**before["a"], "order": 20}, "b": {**before["b"], "order": 10}},
            {f"{at}.a.order": "update", f"{at}.b.order": "update"},
        ),
        ({**before, "b": {**before["b"], "query": "SELECT 2"}}, {f"{at}.b.query": "update"}),
        ({"a": before["a"]}, {f"{at}.b": "delete"}),
    ):
        assert engine.preview(dashboard(panels=panels)) == {"cost": changes}


def test_a_preview_of_a_create_asks_nobody(engine: Engine, server: MemoryServer) -> None:
    """A preview makes no request; what the server will compute is unknown."""
    with engine.configured() as call:
        inputs = encode_map({**folder().inputs, "description": UNKNOWN})
        request = provider_pb2.CreateRequest(urn=folder().urn, properties=inputs, preview=True)
        answer = call("Create", request)
    outputs = decode_map(answer.properties)
    assert answer.id == ""
    assert outputs["folder_id"] is UNKNOWN
    assert outputs["description"] is UNKNOWN
    assert outputs["name"] == "LLM Cost"
    assert server.requests == []


def test_an_unknown_input_counts_as_changed(engine: Engine) -> None:
    """What depends on a resource that is being made may change with it."""
    engine.up(dashboard(folder="abc"))
    assert engine.preview(dashboard(folder=UNKNOWN)) == {"cost": {"folder": "update"}}


def test_defaults_and_organization_are_filled_in(engine: Engine) -> None:
    """The state holds what is meant, also where the program says nothing."""
    engine.settings["organization"] = "team_a"
    engine.up(folder(), stream(organization="team_b"))
    assert engine.state[folder().urn].inputs["organization"] == "team_a"
    assert engine.state[stream().urn].inputs["organization"] == "team_b"
    assert engine.state[stream().urn].inputs["on_destroy"] == "retain"


def test_null_is_absent(engine: Engine) -> None:
    """An input that a program sets to nothing is no difference from one that it leaves out."""
    engine.up(folder())
    assert engine.preview(folder(description=None)) == {}


def test_numbers_compare_by_value(engine: Engine) -> None:
    """The engine's numbers are doubles: 30.0 days are 30 days."""
    engine.up(stream())
    assert engine.preview(stream(data_retention=30.0)) == {}


@pytest.mark.parametrize(
    ("resource", "failure"),
    [
        (
            folder(descripton="x"),
            ("descripton", "unknown key; did you mean description?"),
        ),
        (
            Resource("openobserve:index:Folder", "folder", {"folder_type": "dashboards"}),
            ("", "name: is missing"),
        ),
        (stream(data_retention=-1), ("data_retention", "must be at least 0, not -1")),
        (
            stream(fields={"model": "text"}),
            ("", "fields.model: 'text' is no type of a column;"),
        ),
    ],
)
def test_wrong_inputs_are_refused_before_any_request(
    engine: Engine, server: MemoryServer, resource: Resource, failure: tuple[str, str]
) -> None:
    """Check names the path and what to write instead, and needs neither server nor password."""
    engine.settings = {}
    with pytest.raises(CheckError) as error:
        engine.preview(resource)
    ((path, reason),) = error.value.failures
    assert path == failure[0]
    assert reason.startswith(failure[1])
    assert server.requests == []


def test_a_check_tolerates_what_is_not_known_yet(engine: Engine) -> None:
    """Unknown inputs pass, whole or in part, and stay unknown."""
    tabs = dashboard().inputs["tabs"]
    tabs = {"overview": {**tabs["overview"], "panels": UNKNOWN}, "more": UNKNOWN}
    resource = dashboard(tabs=tabs, folder=UNKNOWN)
    assert engine.preview(resource) == {"cost": {"": "create"}}


def test_an_unknown_resource_type_is_named(engine: Engine) -> None:
    """A type that the provider lacks fails with the list of those it has."""
    with pytest.raises(CallError, match="has no resource openobserve:index:Alarm") as error:
        engine.preview(Resource("openobserve:index:Alarm", "x", {}))
    assert "openobserve:index:Dashboard" in error.value.message


def test_a_component_around_a_resource_is_no_part_of_its_type(engine: Engine) -> None:
    """The type in a URN starts with those of the components around it."""
    inside = folder()
    inside.parents = "llmcost:index:LlmCost$llmcost:index:CostDashboard$"
    assert engine.up(inside) == {"folder": "create"}
