"""What a user sees from one run to the next, over the plugin protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pulumi.runtime.proto import provider_pb2

from llmcost_infra.errors import NotFound
from llmcost_infra.provider.values import UNKNOWN, decode_map, encode_map
from tests.provider.engine import CallError, CheckError, Engine, Resource
from tests.provider.programs import (
    alert,
    dashboard,
    destination,
    folder,
    function,
    panel,
    program,
    stream,
    template,
)

if TYPE_CHECKING:
    from tests.provider.memory import MemoryServer

EVERY = pytest.mark.parametrize("resource", program(), ids=lambda r: r.name)


def test_a_second_up_changes_nothing(engine: Engine, server: MemoryServer) -> None:
    """Up twice: everything is made once, then everything is the same and nothing is written."""
    assert set(engine.up(*program()).values()) == {"create"}
    server.requests.clear()
    assert set(engine.up(*program()).values()) == {"same"}
    assert server.requests == []


def test_a_refresh_after_an_up_finds_nothing(engine: Engine, server: MemoryServer) -> None:
    """What was just written reads back as the same, and the state stays as it is."""
    engine.up(*program())
    kept = {urn: (state.inputs, state.outputs) for urn, state in engine.state.items()}
    server.requests.clear()
    assert engine.refresh() == {}
    assert {urn: (state.inputs, state.outputs) for urn, state in engine.state.items()} == kept
    assert server.writes == []


@EVERY
def test_what_is_imported_needs_no_change(engine: Engine, resource: Resource) -> None:
    """Import with an id only, then preview: the program that made the object changes nothing."""
    engine.up(resource)
    ((urn, made),) = engine.state.items()
    engine.state.clear()
    imported = engine.import_(resource, made.id)
    assert imported is not None
    assert imported.id == made.id
    assert engine.state[urn].outputs.keys() == made.outputs.keys()
    assert engine.preview(resource) == {}
    assert engine.up(resource) == {resource.name: "same"}


@EVERY
def test_importing_what_is_not_there_fails(engine: Engine, resource: Resource) -> None:
    """The answer has no structs then: the engine tells an empty object from none."""
    assert engine.import_(resource, "default/no/such") is None


def test_what_was_changed_outside_is_told_at_its_path(engine: Engine, server: MemoryServer) -> None:
    """A field that somebody edited is exactly what a refresh tells; then up writes it back."""
    engine.up(dashboard(), stream())
    (token, id_) = next(key for key in server.objects if key[0].endswith("Dashboard"))
    panels = server.objects[token, id_]["tabs"]["overview"]["panels"]
    panels["calls"] = {**panels["calls"], "title": "Edited"}
    assert engine.refresh() == {"cost": {"tabs.overview.panels.calls.title": "update"}}
    assert engine.up(dashboard(), stream()) == {"cost": "update", "calls": "same"}
    assert engine.refresh() == {}


def test_what_was_deleted_outside_is_made_again(engine: Engine, server: MemoryServer) -> None:
    """A refresh drops what is gone, and the next up makes it again."""
    engine.up(folder(), function())
    server.objects = {key: v for key, v in server.objects.items() if "Folder" not in key[0]}
    assert engine.refresh() == {"folder": {"": "gone"}}
    assert engine.up(folder(), function()) == {"folder": "create", "mark": "same"}


def test_destroying_twice_is_fine(engine: Engine, server: MemoryServer) -> None:
    """What is gone already counts as deleted."""
    engine.up(*program())
    kept = dict(engine.state)
    engine.destroy()
    engine.state = kept
    engine.destroy()
    assert [token for token, _ in server.objects] == ["openobserve:index:Stream"]


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


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        (folder(), folder(folder_type="alerts"), "folder_type"),
        (stream(), stream(name="other"), "name"),
        (function(), function(organization="other"), "organization"),
        (template(), template(name="other"), "name"),
        (destination(), destination(name="other"), "name"),
        (alert(), alert(name="other"), "name"),
    ],
)
def test_what_the_server_cannot_change_is_replaced(
    engine: Engine, server: MemoryServer, before: Resource, after: Resource, path: str
) -> None:
    """An immutable input replaces the object, and the preview says which one it is."""
    engine.up(before)
    assert engine.preview(after) == {before.name: {path: "update-replace"}}
    assert engine.up(after) == {before.name: "replace"}
    assert engine.state[after.urn].inputs[path] == after.inputs[path]
    assert len([token for token, _ in server.objects if "Stream" not in token]) <= 1


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
