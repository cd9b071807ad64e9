"""A provider that is killed after any write of a run: the next run does what is left."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.provider.engine import CallError
from tests.provider.line import WRITES, Refused, ResetAfter
from tests.provider.programs import program
from tests.provider.samples import samples

if TYPE_CHECKING:
    from tests.provider.engine import Resource
    from tests.provider.world import World


def test_killed_after_each_write_the_next_up_goes_on(world: World) -> None:
    """Every kind is made, changed and removed, one write a life: runs get there, with no twin."""
    world.engine.up(*program())
    every = world.census()
    world.engine.destroy()
    left = world.census()
    for target, there in ((program(), every), (changed_program(), every), ((), left)):
        world.requests.clear()
        lives = 1
        while dies(world, target):
            assert world.census() <= every
            lives += 1
        assert lives > len(program()) - left.total()
        assert world.census() == there
        assert world.engine.refresh() == {}
        world.requests.clear()
        assert set(world.engine.up(*target).values()) <= {"same"}
        assert world.writes == []


def changed_program() -> tuple[Resource, ...]:
    """Another value of one input of every kind."""
    return tuple(
        sample.changed(next(edits[0] for _, edits in sample.outside() if edits))[-1]
        for sample in samples().values()
    )


def dies(world: World, target: tuple[Resource, ...]) -> bool:
    """Run an update whose provider dies when it has written; False if it had nothing to write."""

    def die() -> None:
        world.line.heal()
        world.line.plan(Refused(), times=99)

    # Removing once more what is gone does nothing.
    gone = "|".join(re.escape(path) for method, path in world.writes if method == "DELETE")
    for method in WRITES:
        world.line.plan(ResetAfter(), method=method, path=f"^(?!({gone})$)", meanwhile=die)
    try:
        world.engine.up(*target)
    except CallError:
        # What it said about its last call, nobody heard.
        state = world.engine.state
        world.engine.state = {urn: kept for urn, kept in state.items() if not kept.init_errors}
        return True
    finally:
        world.line.heal()
    return False
