"""What is ours on a server: counted by kind, and removed without touching what is others'."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra.openobserve.kinds import KINDS
from tests.provider import holdings
from tests.provider.names import named, own_names
from tests.provider.programs import (
    alert,
    dashboard,
    destination,
    folder,
    program,
    stream,
    template,
)

if TYPE_CHECKING:
    from collections import Counter

    from tests.provider.world import World

NAMES = {token.rpartition(":")[2] for token in KINDS}


def test_every_kind_is_listed() -> None:
    """A kind that is not would stay on the servers of others."""
    assert set(holdings.HOLDERS_FIRST) == NAMES


def test_a_census_counts_every_kind(world: World) -> None:
    """One object of each kind, and two rows of the table of model prices."""
    assert world.census() == {}
    world.engine.up(*program())
    assert world.census() == dict.fromkeys(NAMES, 1) | {"ModelPriceTable": 2}
    assert world.census("Alert", "Function") == {"Alert": 1, "Function": 1}


def test_a_sweep_removes_ours_and_nothing_else(world: World) -> None:
    """Also what a run left that nobody remembers; what others have stays as it is."""
    ours, theirs = named("ours_"), named("theirs_")
    made: dict[str, Counter[str]] = {}
    for start in (ours, theirs):
        with own_names(start):
            world.engine.up(*program())
            made[start] = world.census()
        world.engine.state.clear()
    with own_names(ours):
        assert world.sweep() == made[ours].total()
        assert world.census() == {}
    with own_names(theirs):
        assert world.census() == made[theirs]


def test_a_sweep_finds_what_lies_in_folders(world: World) -> None:
    """Dashboards and alerts in folders go before their folders."""
    alerts = folder("alerts", folder_type="alerts")
    base = (folder(), alerts, stream(), template(), destination())
    world.engine.up(*base)
    ids = [world.engine.state[one.urn].outputs["folder_id"] for one in (folder(), alerts)]
    world.engine.up(*base, dashboard(folder=ids[0]), alert(folder=ids[1]))
    assert world.sweep() == len(base) + 2
    assert world.census() == {}


@pytest.mark.parametrize("short", ["", "_", "t12_", "t12345"])
def test_a_prefix_that_may_be_anybodys_removes_nothing(world: World, short: str) -> None:
    """Nobody may sweep a server by accident."""
    world.engine.up(folder())
    with world.client() as client, pytest.raises(ValueError, match="no prefix to remove"):
        holdings.sweep(client, short)
    assert world.census() == {"Folder": 1}
