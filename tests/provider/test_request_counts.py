"""How many requests a run takes: a slow server is asked no more than is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.provider.names import named
from tests.provider.programs import alert, dashboard, folder, program

if TYPE_CHECKING:
    from tests.provider.engine import Resource
    from tests.provider.world import World


def folders(count: int) -> list[Resource]:
    """Folders of dashboards."""
    return [folder(f"folder{n}", name=named(f"Folder {n}")) for n in range(count)]


def dashboards(world: World, count: int, folders: list[Resource]) -> list[Resource]:
    """Dashboards, spread over folders that are there."""
    ids = [world.engine.state[one.urn].outputs["folder_id"] for one in folders]
    return [
        dashboard(f"d{n}", title=named(f"Dashboard {n}"), folder=ids[n % len(ids)])
        for n in range(count)
    ]


@pytest.mark.parametrize(("many", "places"), [(1, 1), (6, 2), (9, 4)])
def test_a_refresh_of_dashboards_asks_once_for_each(world: World, many: int, places: int) -> None:
    """D dashboards in F folders take at most D + F + 1 requests, besides those of the folders."""
    spread = folders(places)
    world.engine.up(*spread)
    every = dashboards(world, many, spread)
    world.engine.up(*spread, *every)
    world.requests.clear()
    assert world.engine.refresh() == {}
    asked = [path for _, path, _ in world.requests if "/folders/" not in path]
    assert len(asked) <= many + places + 1


def test_what_did_not_change_is_not_asked_for(world: World) -> None:
    """An up without a change asks nothing; one with a change writes that object and no other."""
    world.engine.up(*program())
    world.requests.clear()
    world.engine.up(*program())
    assert world.requests == []
    changed = [
        one if one.name != "budget" else alert(description="Another runbook") for one in program()
    ]
    world.engine.up(*changed)
    assert len(world.writes) == 1
    assert len(world.requests) <= 4
