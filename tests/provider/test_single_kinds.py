"""What single kinds do, beyond the laws that hold for every kind."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.openobserve.paths import api_path_v2
from llmcost_infra.provider.session import connect
from tests.provider.engine import CallError, Engine
from tests.provider.line import ResetAfter, ResetBefore, Trouble
from tests.provider.names import named
from tests.provider.programs import (
    alert,
    dashboard,
    destination,
    folder,
    panel,
    pipeline,
    program,
    select_from_calls,
    stream,
    template,
)

if TYPE_CHECKING:
    from tests.provider.world import World


def test_the_provider_opens_the_real_client_by_itself(world: World) -> None:
    """Settings from the environment, timeout and parallel requests reach the client."""
    environ = {
        "OPENOBSERVE_URL": world.place.url,
        "OPENOBSERVE_USER": world.place.user,
        "OPENOBSERVE_PASSWORD": world.place.password,
        "OPENOBSERVE_ORG": world.place.organization,
    }
    engine = Engine(connect, {"timeout": "5", "parallel": "2"}, environ)
    assert engine.up(folder()) == {"folder": "create"}
    assert engine.refresh() == {}


def test_a_program_may_name_less_than_an_imported_stream_has(world: World) -> None:
    """Columns that rows brought along are nobody's: after an import they are no difference."""
    learned = {"llmcost_model": "utf8", "llmcost_cost_usd": "float64", "learned": "int64"}
    world.engine.up(stream(fields=learned))
    id_ = world.id_of(stream())
    world.engine.state.clear()
    world.engine.import_(stream(), id_)
    world.requests.clear()
    assert world.engine.preview(stream()) == {}
    assert world.engine.up(stream()) == {"calls": "same"}
    assert world.engine.refresh() == {}
    assert world.writes == []


def test_an_id_of_another_form_is_explained(world: World) -> None:
    """An import with half an id says what an id looks like."""
    with pytest.raises(CallError, match="organization/folder_type/folder_id"):
        world.engine.import_(folder(), "just-an-id")


def test_an_edit_in_the_ui_is_not_overwritten(world: World) -> None:
    """A change of the program that meets one of the UI stops, and shows all three values."""
    world.engine.up(dashboard())
    world.edit_dashboard(title="Theirs")
    ours = {"calls": {**panel(10), "title": "Ours"}, "errors": panel(20)}
    world.requests.clear()
    with pytest.raises(CallError) as error:
        world.engine.up(dashboard(panels=ours))
    assert error.value.message.splitlines()[1:5] == [
        "tabs.overview.panels.calls.title",
        '  last known: "Panel 10"',
        '  on the server: "Theirs"',
        '  wanted: "Ours"',
    ]
    assert world.writes == []


def test_a_save_without_a_change_is_no_drift(world: World) -> None:
    """What the UI adds when somebody only presses Save is not told."""
    world.engine.up(dashboard())
    world.edit_dashboard(htmlContent="", markdownContent="")
    assert world.engine.refresh() == {}


def layouts() -> dict[str, tuple[dict[str, Any], dict[str, str]]]:
    """Other panels than the dashboard has, with what that changes."""
    calls, errors = panel(10), panel(20)
    return {
        "insert-first": ({"first": panel(5), "calls": calls, "errors": errors}, {"first": "add"}),
        "remove": ({"calls": calls}, {"errors": "delete"}),
        "swap": (
            {"calls": {**calls, "order": 20}, "errors": {**errors, "order": 10}},
            {"calls.order": "update", "errors.order": "update"},
        ),
        "edit-sql": (
            {"calls": panel(10, "COUNT(*) AS n"), "errors": errors},
            {"calls.query": "update"},
        ),
    }


@pytest.mark.parametrize("layout", layouts())
def test_a_changed_panel_is_shown_written_and_read_back(world: World, layout: str) -> None:
    """The preview shows those panels only; after the update a refresh finds nothing."""
    panels, changes = layouts()[layout]
    world.engine.up(dashboard())
    at = "tabs.overview.panels."
    expected = {at + path: kind for path, kind in changes.items()}
    assert world.engine.preview(dashboard(panels=panels)) == {"cost": expected}
    assert world.engine.up(dashboard(panels=panels)) == {"cost": "update"}
    assert world.engine.refresh() == {}
    assert world.engine.up(dashboard(panels=panels)) == {"cost": "same"}


def test_a_swap_whose_answer_was_lost_is_done(world: World) -> None:
    """Order numbers are derived from the layout: a swap that arrived is still recognised."""
    world.engine.up(dashboard())
    swapped = {"calls": {**panel(10), "order": 20}, "errors": {**panel(20), "order": 10}}
    world.line.plan(ResetAfter(), method="PUT", times=9)
    assert world.engine.up(dashboard(panels=swapped)) == {"cost": "update"}
    world.line.heal()
    assert world.engine.refresh() == {}


def test_a_dashboard_moves_without_a_new_id(world: World) -> None:
    """Another folder is a move: the id, and every link to it, stay."""
    world.engine.up(folder(), dashboard())
    before = world.id_of(dashboard())
    folder_id = world.engine.state[folder().urn].outputs["folder_id"]
    moved = dashboard(folder=folder_id)
    assert world.engine.preview(folder(), moved) == {"cost": {"folder": "update"}}
    assert world.engine.up(folder(), moved) == {"folder": "same", "cost": "update"}
    assert world.id_of(dashboard()) == before
    assert world.engine.refresh() == {}


def only_alert(world: World) -> dict[str, Any]:
    """Return the one alert that is ours, as the list shows it."""
    with world.client() as client:
        listed: list[dict[str, Any]] = client.get(alerts_path(world))["list"]
    (found,) = (one for one in listed if one["name"].startswith(named("")))
    return found


def alerts_path(world: World, *segments: str) -> str:
    """Return the path of a call about alerts."""
    return api_path_v2(world.place.organization, "alerts", *segments)


@pytest.mark.parametrize(
    ("path", "name"),
    [("name", "llm-spend"), ("stream_name", "llm_other")],
    ids=["name", "stream"],
)
def test_a_renamed_alert_is_there_once(world: World, path: str, name: str) -> None:
    """The server ignores another name or stream: a new alert is made, and the old one goes."""
    change = {path: named(name)}
    another = named("llm_other")
    other = stream("other", name=another, on_destroy="delete", allow_data_loss=True)
    base = (stream(), other, template(), destination())
    world.engine.up(*base, alert())
    before = world.id_of(alert())
    assert world.engine.preview(*base, alert(**change)) == {"budget": {path: "update-replace"}}
    assert world.engine.up(*base, alert(**change))["budget"] == "replace"
    assert world.id_of(alert()) != before
    assert only_alert(world)["name"] == alert(**change).inputs["name"]
    assert world.engine.refresh() == {}
    assert set(world.engine.up(*base, alert(**change)).values()) == {"same"}


def test_a_moved_alert_keeps_its_id(world: World) -> None:
    """Another folder is a move, and other settings beside it are written once."""
    alerts = folder(folder_type="alerts")
    base = (alerts, stream(), template(), destination())
    world.engine.up(*base, alert())
    before = world.id_of(alert())
    folder_id = world.engine.state[alerts.urn].outputs["folder_id"]
    moved = alert(folder=folder_id, description="Runbook 3")
    world.requests.clear()
    assert world.engine.up(*base, moved)["budget"] == "update"
    assert [method for method, _ in world.writes] == ["PUT", "PATCH"]
    assert world.id_of(alert()) == before
    assert only_alert(world)["folder_id"] == folder_id
    assert world.engine.refresh() == {}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("fault", [ResetBefore(), ResetAfter()], ids=lambda f: type(f).__name__)
def test_a_move_that_breaks_goes_on(world: World, fault: Trouble, method: str) -> None:
    """Whichever of the two writes is lost, the next run does what is left."""
    alerts = folder(folder_type="alerts")
    base = (alerts, stream(), template(), destination())
    world.engine.up(*base, alert())
    folder_id = world.engine.state[alerts.urn].outputs["folder_id"]
    moved = alert(folder=folder_id, description="Runbook 3")
    world.line.plan(fault, method=method, path="alerts", times=9)
    with suppress(CallError):
        world.engine.up(*base, moved)
    world.line.heal()
    world.engine.up(*base, moved)
    assert only_alert(world)["description"] == "Runbook 3"
    assert world.engine.refresh() == {}
    assert set(world.engine.up(*base, moved).values()) == {"same"}


def in_the_ui() -> dict[str, dict[str, Any]]:
    """What somebody may edit of an alert, by its path."""
    return {
        "enabled": {"enabled": False},
        "description": {"description": "theirs"},
        "context_attributes.limit_usd": {"context_attributes": {"limit_usd": "600"}},
        "trigger_condition.silence": {"trigger_condition": {"silence": 9}},
        "query_condition.sql": {"query_condition": {"sql": select_from_calls("1 AS n")}},
    }


@pytest.mark.parametrize("path", in_the_ui())
def test_an_alert_that_somebody_edited_is_told_at_its_path(world: World, path: str) -> None:
    """One field edited in the UI is exactly what a refresh tells; an up writes it back."""
    world.engine.up(*program())
    own = alerts_path(world, world.id_of(alert()).split("/")[1])
    with world.client() as client:
        body = client.get(own)
        for key, value in in_the_ui()[path].items():
            body[key] = body[key] | value if isinstance(value, dict) else value
        client.put(own, body)
    assert world.engine.refresh() == {"budget": {path: "update"}}
    assert world.engine.up(*program())["budget"] == "update"
    assert world.engine.refresh() == {}


def test_a_second_pipeline_on_a_stream_is_refused(world: World) -> None:
    """The server would run either of two pipelines: the second one is not even made."""
    world.engine.up(*program())
    second = pipeline("second", name=named("second"))
    with pytest.raises(CallError) as error:
        world.engine.up(*program(), second)
    assert world.id_of(pipeline()) in error.value.message
    assert error.value.code == "ALREADY_EXISTS"
