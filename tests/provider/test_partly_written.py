"""A table takes a request a row: what was written before one failed is in the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.provider.engine import CallError
from tests.provider.line import Status
from tests.provider.names import named
from tests.provider.programs import price, price_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.provider.engine import Resource
    from tests.provider.world import World

BUSY = Status(500, "busy")


def table(**rows: dict[str, Any]) -> Resource:
    """A table of rows."""
    return price_table(models={named(name): row for name, row in rows.items()})


def patterns(world: World) -> list[str]:
    """Patterns on the server, one for each row."""
    with world.client() as client:
        return sorted(one["match_pattern"] for one in client.get(world.path("llm", "models")))


def known(world: World) -> set[str]:
    """Rows in the state's outputs."""
    models = world.engine.state[price_table().urn].outputs["models"]
    return {name.removeprefix(named("")) for name in models}


def test_a_create_that_broke_goes_on(world: World) -> None:
    """The first row is in the state; the next up adds the second one and no twin."""
    both = table(a=price("^a$"), b=price("^b$"))
    fail_second_write(world, "POST")
    with pytest.raises(CallError, match=r"was made, but not completely: POST .* 500"):
        world.engine.up(both)
    assert known(world) == {"a"}
    assert world.engine.up(both) == {"prices": "update"}
    assert patterns(world) == ["^a$", "^b$"]
    assert world.engine.refresh() == {}


def test_an_update_that_broke_goes_on(world: World) -> None:
    """What was changed, added and not yet removed is in the state; the next up does the rest."""
    world.engine.up(table(a=price("^a$"), z=price("^z$")))
    target = table(a=price("^a2$"), b=price("^b$"), c=price("^c$"))
    fail_second_write(world, "POST")
    with pytest.raises(CallError, match=r"was changed, but not completely: POST .* 500") as error:
        world.engine.up(target)
    assert "`pulumi up` goes on from there" in error.value.message
    assert known(world) == {"a", "b", "z"}
    outputs = world.engine.state[price_table().urn].outputs
    assert outputs["models"][named("a")]["match_pattern"] == "^a2$"
    assert world.engine.up(target) == {"prices": "update"}
    assert patterns(world) == ["^a2$", "^b$", "^c$"]
    assert world.engine.refresh() == {}


def test_a_removal_that_broke_goes_on(world: World) -> None:
    """A row that is still there is still in the state, so that the next up removes it."""
    world.engine.up(table(a=price("^a$"), y=price("^y$"), z=price("^z$")))
    fail_second_write(world, "DELETE")
    with pytest.raises(CallError, match="not completely: DELETE"):
        world.engine.up(table(a=price("^a$")))
    assert known(world) == {"a", "z"}
    assert world.engine.up(table(a=price("^a$"))) == {"prices": "update"}
    assert patterns(world) == ["^a$"]


def test_a_refresh_after_a_break_finds_what_is_there(world: World) -> None:
    """The state then has what the server has, and an up does the rest."""
    both = table(a=price("^a$"), b=price("^b$"))
    fail_second_write(world, "POST")
    with pytest.raises(CallError):
        world.engine.up(both)
    world.engine.refresh()
    assert set(world.engine.state[both.urn].inputs["models"]) == {named("a")}
    assert world.engine.up(both) == {"prices": "update"}
    assert patterns(world) == ["^a$", "^b$"]


def test_an_update_that_did_nothing_leaves_the_state(world: World) -> None:
    """Nothing of it arrived: the state is that of before, without errors."""
    world.engine.up(table(a=price("^a$")))
    world.line.plan(BUSY, method="PUT", path="llm/models")
    with pytest.raises(CallError, match=r"PUT .* 500 busy") as error:
        world.engine.up(table(a=price("^a2$"), b=price("^b$")))
    assert error.value.details is None
    assert known(world) == {"a"}
    assert world.engine.state[price_table().urn].init_errors == []


def test_an_edit_during_a_broken_update_is_no_part_of_it(world: World) -> None:
    """A row that somebody else changed meanwhile is not taken for one of ours."""
    world.engine.up(table(a=price("^a$"), b=price("^b$")))
    fail_second_write(world, "PUT", meanwhile=lambda: edit_first_row(world))
    with pytest.raises(CallError, match="500 busy") as error:
        world.engine.up(table(a=price("^a2$"), b=price("^b2$")))
    assert error.value.details is None
    with pytest.raises(CallError, match="was changed outside of Pulumi"):
        world.engine.up(table(a=price("^a2$"), b=price("^b2$")))


def test_a_removed_row_that_somebody_edited_stops(world: World) -> None:
    """It is theirs now: removing it would lose their change."""
    world.engine.up(table(a=price("^a$"), b=price("^b$")))
    edit_first_row(world)
    with pytest.raises(CallError, match=r'models\.\w+_a\n(.|\n)*"\^theirs\$"'):
        world.engine.up(table(b=price("^b$"), c=price("^c$")))
    with pytest.raises(CallError, match="was changed outside of Pulumi"):
        world.engine.up(table(c=price("^c$")))
    assert patterns(world) == ["^b$", "^theirs$"]


def edit_first_row(world: World) -> None:
    """Change the row a, as somebody in the UI does."""
    models = world.engine.state[price_table().urn].inputs["models"]
    world.edit(price_table(), {"models": {**models, named("a"): price("^theirs$")}})


def fail_second_write(
    world: World, method: str, meanwhile: Callable[[], object] | None = None
) -> None:
    """Let the second request of a method fail, for good."""
    world.line.plan(BUSY, method=method, path="llm/models", after=1, meanwhile=meanwhile)
