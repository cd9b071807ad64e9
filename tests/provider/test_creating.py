"""A create never makes a twin and never takes what is somebody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import ApiError, Conflict, TransportError
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.provider.creating import import_command
from llmcost_infra.provider.state import Forms
from tests.provider.engine import CallError, Engine
from tests.provider.programs import dashboard, folder, function, stream

if TYPE_CHECKING:
    from tests.provider.memory import MemoryServer


def test_a_stream_that_loses_nothing_is_adopted(engine: Engine, server: MemoryServer) -> None:
    """A longer retention deletes no row: the stream is adopted and changed, and that is told."""
    engine.up(stream())
    engine.state.clear()
    engine.up(stream(data_retention=90))
    assert engine.sentences() == [
        (
            "calls: Stream default/traces/llm_calls exists: adopted, and data_retention set; "
            "no data is lost by that."
        )
    ]
    ((_, stored),) = server.objects.items()
    assert stored["data_retention"] == 90


def test_a_stream_that_would_lose_rows_is_refused(engine: Engine, server: MemoryServer) -> None:
    """A shorter retention deletes rows: that takes an import and a look at the preview."""
    engine.up(stream(data_retention=90))
    engine.state.clear()
    with pytest.raises(CallError, match="differs at data_retention") as error:
        engine.up(stream(data_retention=1))
    assert error.value.code == "ALREADY_EXISTS"
    assert server.writes == ["create " + stream().urn]


def test_another_object_in_the_place_is_refused(engine: Engine, server: MemoryServer) -> None:
    """The error names what differs and the exact command that takes the object over."""
    engine.up(folder("theirs", description="Theirs"))
    engine.state.clear()
    with pytest.raises(CallError) as error:
        engine.up(folder("ours", description="Ours"))
    assert error.value.message == (
        "Folder default/dashboards/LLM Cost exists already and differs at description; nothing "
        "was written.\n  To manage that one, run `pulumi import openobserve:index:Folder ours "
        "'default/dashboards/LLM Cost'`; or choose another name."
    )
    assert len(server.writes) == 1


def test_the_import_command_works(engine: Engine) -> None:
    """What the error names is what an import takes."""
    engine.up(folder(description="Theirs"))
    engine.state.clear()
    assert engine.import_(folder(), "default/dashboards/LLM Cost") is not None
    assert engine.up(folder(description="Ours")) == {"folder": "update"}


def test_many_differences_are_counted() -> None:
    """A message names a few paths, and how many more there are."""
    forms = Forms(KINDS["openobserve:index:Function"])
    inputs = {"name": "n", "function": ".", **{f"k{i}": i for i in range(7)}}
    text = forms.differing({"name": "n", "function": "."}, inputs)
    assert text == "k0, k1, k2, k3, k4 and 2 more"


@pytest.mark.parametrize(
    ("urn", "command"),
    [
        (
            "urn:pulumi:dev::p::openobserve:index:Folder::llm",
            "pulumi import openobserve:index:Folder llm default/dashboards/7",
        ),
        (
            "urn:pulumi:dev::p::llmcost:index:LlmCost$openobserve:index:Folder::the one",
            (
                "pulumi import openobserve:index:Folder 'the one' default/dashboards/7 --parent "
                "component='urn:pulumi:dev::p::llmcost:index:LlmCost::NAME-OF-THE-COMPONENT'"
            ),
        ),
    ],
)
def test_the_import_command_says_where_the_resource_is(urn: str, command: str) -> None:
    """A resource within a component is imported under it: only the component's name is open."""
    assert import_command("openobserve:index:Folder", urn, "default/dashboards/7") == command


def test_a_lost_answer_is_found_again(engine: Engine, server: MemoryServer) -> None:
    """An object that was made although no answer came is taken for made, at once."""
    server.lose_answer("create")
    assert engine.up(dashboard()) == {"cost": "create"}
    assert len(server.objects) == 1
    assert engine.sentences() == ["cost: Dashboard default/1 was made; only the answer got lost."]
    assert engine.up(dashboard()) == {"cost": "same"}


def test_a_lost_answer_of_an_earlier_run_makes_no_twin(
    engine: Engine, server: MemoryServer
) -> None:
    """If the second look fails too, the next run finds the object and adopts it."""
    server.lose_answer("create")
    server.fail("find", "", TransportError("the first look passes"))
    server.fail("find", "before", TransportError("the second does not"))
    with pytest.raises(CallError, match="The answer was lost") as error:
        engine.up(dashboard())
    assert error.value.code == "UNAVAILABLE"
    assert engine.up(dashboard()) == {"cost": "create"}
    assert len(server.objects) == 1


def test_a_refused_create_leaves_nothing(engine: Engine, server: MemoryServer) -> None:
    """What the server refuses is not in the state, and its own words reach the user."""
    refusal = ApiError(400, "title is too long", request="POST /dashboards", hint="Shorten it.")
    server.fail("create", "before", refusal)
    with pytest.raises(CallError, match="400 title is too long\n  Shorten it") as error:
        engine.up(dashboard())
    assert error.value.code == "FAILED_PRECONDITION"
    assert engine.state == {}
    assert engine.up(dashboard()) == {"cost": "create"}


def test_a_half_made_object_is_kept_and_finished(engine: Engine, server: MemoryServer) -> None:
    """What a failed create left behind is in the state; the next up finishes it, without a twin."""
    half_make(server)
    with pytest.raises(CallError, match="was made, but not completely") as error:
        engine.up(stream())
    assert error.value.details is not None
    kept = engine.state[stream().urn]
    assert kept.id == "default/traces/llm_calls"
    assert "data_retention" not in kept.outputs
    assert "`pulumi up` goes on from there" in kept.init_errors[0]
    assert engine.up(stream()) == {"calls": "update"}
    assert engine.refresh() == {}
    ((_, stored),) = server.objects.items()
    assert stored["data_retention"] == 30


def test_what_somebody_else_made_meanwhile_is_not_ours(
    engine: Engine, server: MemoryServer
) -> None:
    """An object that appeared between the look and the create is left alone."""
    half_make(server, Conflict(409, "stream already exists", request="POST /streams"))
    with pytest.raises(CallError, match="stream already exists") as error:
        engine.up(stream())
    assert error.value.details is None
    assert engine.state == {}


def test_two_resources_cannot_hold_one_object(engine: Engine, server: MemoryServer) -> None:
    """A second resource with the same inputs is refused, in the same run and in a later one."""
    with pytest.raises(CallError, match="is managed by 'first' of this program already") as error:
        engine.up(folder("first"), folder("second"))
    assert "aliases=[pulumi.Alias(name='first')]" in error.value.message
    with pytest.raises(CallError, match="is managed by 'first' of this program already"):
        engine.up(folder("first"), folder("second"))
    assert len(server.objects) == 1


def test_a_renamed_resource_keeps_its_object(engine: Engine, server: MemoryServer) -> None:
    """Without an alias a rename is a create and a delete; the adopted object survives both."""
    engine.up(dashboard("old"), function())
    engine.up(dashboard("new"), function())
    assert len(server.objects) == 2
    assert (
        "old: Dashboard default/1 stays on the server: the program holds it otherwise now."
        in engine.sentences()
    )
    assert engine.up(dashboard("new"), function()) == {"new": "same", "mark": "same"}
    engine.destroy()
    assert server.objects == {}


def half_make(server: MemoryServer, error: ApiError | None = None) -> None:
    """Let the next create of a stream make it without its settings, and fail."""
    error = error or ApiError(
        500, "settings failed", request="POST /streams/settings", hint="Wait."
    )
    server.fail("create", "half", error)
