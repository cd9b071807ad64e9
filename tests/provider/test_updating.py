"""An update never overwrites what somebody else changed, and a lost answer is harmless."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import TransportError
from tests.provider.engine import CallError, Engine
from tests.provider.programs import dashboard, folder, function, panel, stream

if TYPE_CHECKING:
    from tests.provider.memory import MemoryServer


def edit(server: MemoryServer, kind: str, **changes: Any) -> None:
    """Change an object on the server, as somebody in the UI does."""
    for key in server.objects:
        if key[0].endswith(kind):
            server.objects[key] = {**server.objects[key], **changes}
            server.versions[key] += 1


def test_a_change_of_ours_is_written_once(engine: Engine, server: MemoryServer) -> None:
    """One read, one write, and the state is what was asked for."""
    engine.up(folder())
    server.requests.clear()
    assert engine.up(folder(description="Ours")) == {"folder": "update"}
    id_ = "default/dashboards/LLM Cost"
    assert server.requests == ["check", f"read {id_}", f"update {id_}"]
    assert engine.state[folder().urn].outputs["description"] == "Ours"
    assert engine.state[folder().urn].outputs["folder_id"] == "LLM Cost"


def test_a_change_of_both_stops(engine: Engine, server: MemoryServer) -> None:
    """Where base, server and target differ, nothing is written and all three are shown."""
    engine.up(folder(description="Base"))
    edit(server, "Folder", description="Theirs")
    server.requests.clear()
    with pytest.raises(CallError) as error:
        engine.up(folder(description="Ours"))
    assert error.value.code == "ABORTED"
    assert error.value.message == (
        "Folder default/dashboards/LLM Cost was changed outside of Pulumi; nothing was written.\n"
        "description\n"
        '  last known: "Base"\n'
        '  on the server: "Theirs"\n'
        '  wanted: "Ours"\n'
        "  `pulumi up --refresh` takes the server's version into the state and shows what the "
        "program would change then."
    )
    assert server.writes == []


def test_a_change_elsewhere_in_the_object_stops_too(engine: Engine, server: MemoryServer) -> None:
    """Objects are written whole, so an edit of one panel would be lost by a change of another."""
    engine.up(dashboard())
    tabs = dashboard().inputs["tabs"]
    theirs = {"calls": panel(10), "errors": {**panel(20), "title": "Edited"}}
    edit(server, "Dashboard", tabs={"overview": {**tabs["overview"], "panels": theirs}})
    ours = {"calls": panel(10, "SELECT 2"), "errors": panel(20)}
    with pytest.raises(CallError, match=r"tabs\.overview\.panels\.errors\.title") as error:
        engine.up(dashboard(panels=ours))
    assert "calls" not in error.value.message


def test_a_failed_update_can_be_repeated(engine: Engine, server: MemoryServer) -> None:
    """An update that never arrived fails; the next up does it."""
    engine.up(folder())
    server.fail("update", "before", TransportError("refused"))
    with pytest.raises(CallError, match="refused") as error:
        engine.up(folder(description="Ours"))
    assert error.value.code == "UNAVAILABLE"
    assert engine.up(folder(description="Ours")) == {"folder": "update"}


def test_a_lost_answer_of_an_earlier_run_is_harmless(engine: Engine, server: MemoryServer) -> None:
    """If the look after the loss fails as well, the next run sees that all is done."""
    engine.up(folder())
    server.lose_answer("update")
    server.fail("read", "", TransportError("the first read passes"))
    server.fail("read", "before", TransportError("the second does not"))
    with pytest.raises(CallError, match="The answer was lost"):
        engine.up(folder(description="Ours"))
    server.requests.clear()
    assert engine.up(folder(description="Ours")) == {"folder": "update"}
    assert server.writes == []


def test_a_half_applied_update_goes_on(engine: Engine, server: MemoryServer) -> None:
    """Some paths have the target already, the others still the base: the rest is written."""
    engine.up(stream(max_query_range=1))
    edit(server, "Stream", max_query_range=2)
    target = stream(max_query_range=2, data_retention=90)
    assert engine.up(target) == {"calls": "update"}
    ((_, stored),) = server.objects.items()
    assert stored["data_retention"] == 90
    assert engine.refresh() == {}


def test_a_change_between_reading_and_writing_is_refused(
    engine: Engine, server: MemoryServer
) -> None:
    """The lock of the reading goes along with the write: the server refuses a stale one."""
    engine.up(folder())
    read = server.request

    def racing(operation: str) -> Any:
        if operation.startswith("update"):
            edit(server, "Folder", description="Theirs")
        return read(operation)

    server.request = racing  # type: ignore[method-assign] # somebody saves in the UI right then
    with pytest.raises(CallError, match="modified by someone else") as error:
        engine.up(folder(description="Ours"))
    assert error.value.code == "ABORTED"
    assert engine.state[folder().urn].inputs["description"] == ""


def test_what_is_gone_is_not_updated(engine: Engine, server: MemoryServer) -> None:
    """An object that somebody deleted is made again by the command that the error names."""
    engine.up(folder())
    server.objects.clear()
    with pytest.raises(CallError, match="is gone from the server; nothing was written") as error:
        engine.up(folder(description="Ours"))
    assert "`pulumi up --refresh` makes it again" in error.value.message
    assert engine.refresh() == {"folder": {"": "gone"}}
    assert engine.up(folder(description="Ours")) == {"folder": "create"}


def test_a_new_setting_is_added_to_what_is_there(engine: Engine, server: MemoryServer) -> None:
    """A property that neither state nor server has is ours to write."""
    engine.up(stream())
    assert engine.preview(stream(max_query_range=24)) == {"calls": {"max_query_range": "add"}}
    assert engine.up(stream(max_query_range=24)) == {"calls": "update"}
    ((_, stored),) = server.objects.items()
    assert stored["max_query_range"] == 24


def test_a_default_that_is_spelt_out_is_updated(engine: Engine) -> None:
    """The engine shows old and new value: a default is a value like any other."""
    engine.up(folder(), function())
    assert engine.preview(folder(description="Ours")) == {"folder": {"description": "update"}}
    engine.up(folder(description="Ours"))
    assert engine.preview(folder()) == {"folder": {"description": "update"}}


def test_a_preview_of_an_update_keeps_ids_known(engine: Engine, server: MemoryServer) -> None:
    """Whatever depends on an id needs no change while the object keeps it."""
    engine.up(folder())
    server.requests.clear()
    outputs = engine.preview_update(folder(description="Ours"))
    assert outputs["folder_id"] == "LLM Cost"
    assert outputs["description"] == "Ours"
    assert server.requests == []


def test_leaving_a_setting_out_is_no_change(engine: Engine, server: MemoryServer) -> None:
    """A stream's setting that the program no longer names stays on the server as it is."""
    engine.up(stream(max_query_range=24))
    less = stream(data_retention=None, fields={"llmcost_model": "utf8"})
    server.requests.clear()
    assert engine.preview(less) == {}
    assert engine.up(less) == {"calls": "same"}
    assert server.requests == []
    again = stream(fields={"llmcost_model": "int64"}, allow_data_loss=True)
    assert engine.preview(again) == {
        "calls": {
            "fields.llmcost_model": "update",
            "data_retention": "add",
            "allow_data_loss": "add",
        }
    }
