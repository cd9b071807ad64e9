"""Whatever breaks, for every kind: the right end state, no twin, and a lost answer is no loss."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests.provider.engine import CallError
from tests.provider.line import (
    Refused,
    ResetAfter,
    ResetBefore,
    Stale,
    Status,
    TimedOut,
    Truncated,
)
from tests.provider.samples import sample_of
from tests.provider.test_laws import EVERY_KIND

if TYPE_CHECKING:
    from tests.provider.engine import Resource
    from tests.provider.line import Trouble
    from tests.provider.world import World

LOST: dict[str, Trouble] = {
    "reset-after": ResetAfter(),
    "timeout": TimedOut(),
    "truncated": Truncated(),
}
"""The request is carried out, and no answer comes."""
TROUBLES: dict[str, Trouble] = LOST | {
    "refused": Refused(),
    "reset-before": ResetBefore(),
    "429": Status(429, "slow down", retry_after="7"),
    "500": Status(500, "broken"),
    "502": Status(502, "bad gateway"),
    "503": Status(503, "busy"),
    "html": Status(200, "<html><body>Sign in</body></html>", media="text/html"),
    "stale": Stale(),
}
ONCE, ALWAYS = 1, 99


@EVERY_KIND
@pytest.mark.parametrize("trouble", [name for name in TROUBLES if name != "stale"])
def test_writes_converge(world: World, token: str, trouble: str) -> None:
    """A create, an update and a delete whose requests break get done, at once or by the next up."""
    kind, steps = sample_of(token).name, _steps(world, token)
    for times in (ONCE, ALWAYS):
        # An answer that got lost once is not even an error.
        harmless = times == ONCE and trouble in LOST
        for target, expected in steps:
            world.plan(TROUBLES[trouble], writes=True, times=times)
            with nullcontext() if harmless else suppress(CallError):
                world.engine.up(*target)
            _converge(world, kind, target, expected)


@EVERY_KIND
@pytest.mark.parametrize("trouble", TROUBLES)
def test_reads_that_break_change_nothing(world: World, token: str, trouble: str) -> None:
    """What could not be looked at is neither gone nor made again, and no drift is made up."""
    kind, steps = sample_of(token).name, _steps(world, token)
    for times in (ONCE, ALWAYS):
        for target, expected in steps:
            world.plan(TROUBLES[trouble], writes=False, times=times)
            with suppress(CallError):
                world.engine.up(*target)
            if trouble == "stale":
                # An object that is no more was taken for one that is: the next refresh tells.
                world.line.heal()
                world.engine.refresh()
            _converge(world, kind, target, expected)
            kept = set(world.engine.state)
            world.plan(TROUBLES[trouble], writes=False, times=times)
            with suppress(CallError):
                assert world.engine.refresh() == {}
            world.line.heal()
            assert world.engine.state.keys() == kept


@EVERY_KIND
def test_a_server_that_asks_for_time_gets_it(world: World, token: str) -> None:
    """A refresh that is told to come back in seven seconds does, and says nothing about it."""
    world.engine.up(*sample_of(token).program)
    world.clock.waits.clear()
    world.plan(TROUBLES["429"], writes=False, times=ONCE)
    assert world.engine.refresh() == {}
    assert world.clock.waits == [7.0]


def _steps(world: World, token: str) -> list[tuple[tuple[Resource, ...], Any]]:
    """Return programs that make, change and remove an object, with how many are there after each.

    What the object needs is there, in another stack: whatever breaks hits the object itself.
    """
    sample = sample_of(token)
    world.engine.up(*sample.before)
    world.engine.state.clear()
    changed = next(edits[0] for _, edits in sample.outside() if edits)
    programs = ((sample.resource,), sample.changed(changed)[-1:], ())
    steps: list[tuple[tuple[Resource, ...], Any]] = []
    for target in programs:
        world.engine.up(*target)
        steps.append((target, world.census(sample.name)))
    return steps


def _converge(world: World, kind: str, target: tuple[Resource, ...], expected: Any) -> None:
    """Once nothing breaks any more, an up gets there, and there is no twin."""
    world.line.heal()
    world.engine.up(*target)
    assert world.engine.refresh() == {}
    assert world.census(kind) == expected
