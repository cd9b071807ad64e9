"""Whatever deletes rows fails in the preview, and says how many days would go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.openobserve.kinds import KINDS
from tests.provider.engine import CallError, CheckError, Engine
from tests.provider.programs import stream

if TYPE_CHECKING:
    from tests.provider.engine import Resource
    from tests.provider.memory import MemoryServer

ALLOW = "if that is meant, set allow_data_loss=True for that update"


def refused(engine: Engine, resource: Resource) -> list[tuple[str, str]]:
    """Return what a preview says."""
    with pytest.raises(CheckError) as caught:
        engine.preview(resource)
    return caught.value.failures


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (400, 7, "about 393 days of rows (retention 400 → 7 days)"),
        (8, 7, "about 1 days of rows (retention 8 → 7 days)"),
        (0, 7, "rows older than 7 days (retention was the server's own)"),
        (None, 7, "rows older than 7 days (retention was the server's own)"),
    ],
)
def test_a_shorter_retention_is_refused_before_anything_is_sent(
    engine: Engine, server: MemoryServer, before: int | None, after: int, lost: str
) -> None:
    """The server would delete the rows within the hour, and nothing brings them back."""
    engine.up(stream(data_retention=before))
    server.requests.clear()
    assert refused(engine, stream(data_retention=after)) == [
        ("data_retention", f"{lost} would be deleted; {ALLOW}")
    ]
    assert server.requests == []


@pytest.mark.parametrize(
    ("before", "after"), [(7, 400), (7, 7), (7, 0), (7, None), (None, None), (0, 0)]
)
def test_what_keeps_rows_needs_no_leave(
    engine: Engine, before: int | None, after: int | None
) -> None:
    """A longer retention, the server's own, or none that is managed."""
    engine.up(stream(data_retention=before))
    engine.up(stream(data_retention=after))
    assert engine.state[stream().urn].inputs.get("data_retention") == after


def test_with_leave_rows_go(engine: Engine, server: MemoryServer) -> None:
    """Said once, it holds while it stands there."""
    engine.up(stream(data_retention=400))
    assert engine.up(stream(data_retention=7, allow_data_loss=True)) == {"calls": "update"}
    (stored,) = server.objects.values()
    assert stored["data_retention"] == 7


def test_leave_that_is_taken_back_is_no_write(engine: Engine, server: MemoryServer) -> None:
    """It lives in the state and is no business of the server."""
    engine.up(stream(data_retention=7, allow_data_loss=True))
    server.requests.clear()
    assert engine.up(stream(data_retention=7)) == {"calls": "update"}
    assert server.writes == []
    assert engine.refresh() == {}


def test_a_retention_that_somebody_lengthened_is_told(engine: Engine, server: MemoryServer) -> None:
    """A refresh names the path; going back would delete rows, and needs leave."""
    engine.up(stream(data_retention=30))
    (key,) = server.objects
    server.objects[key] = {**server.objects[key], "data_retention": 90}
    assert engine.refresh() == {"calls": {"data_retention": "update"}}
    assert refused(engine, stream(data_retention=30))[0][0] == "data_retention"
    assert engine.up(stream(data_retention=30, allow_data_loss=True)) == {"calls": "update"}


def test_a_stream_that_goes_with_its_stack_needs_leave(engine: Engine) -> None:
    """A destroy does not run the program: it has to be said beforehand."""
    assert refused(engine, stream(on_destroy="delete")) == [
        ("on_destroy", f"a destroy would delete the stream with all its rows; {ALLOW}")
    ]


def test_a_renamed_stream_is_another_one(engine: Engine) -> None:
    """Its retention says nothing about rows of the old one, which stays."""
    engine.up(stream(data_retention=400))
    renamed = stream(name="llm_calls_2", data_retention=7)
    assert engine.preview(renamed)["calls"].keys() == {"name", "data_retention"}


def test_an_adoption_that_would_delete_rows_says_how_many(
    engine: Engine, server: MemoryServer
) -> None:
    """The stream of somebody else keeps more: it is not touched without leave."""
    engine.up(stream(data_retention=400))
    engine.state.clear()
    server.requests.clear()
    with pytest.raises(CallError, match="about 393 days of rows"):
        engine.up(stream(data_retention=7))
    assert server.writes == []
    assert engine.up(stream(data_retention=7, allow_data_loss=True)) == {"calls": "create"}
    assert "as allow_data_loss permits" in engine.sentences()[-1]


@pytest.mark.parametrize("token", [token for token in KINDS if not token.endswith(":Stream")])
def test_other_kinds_hold_no_rows(token: str) -> None:
    """Nothing else asks for leave."""
    old: dict[str, Any] = {"data_retention": 400}
    assert KINDS[token].losses(old, {"data_retention": 7, "on_destroy": "delete"}) == []
