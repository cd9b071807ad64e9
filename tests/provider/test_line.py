"""The line between provider and server: what goes wrong on request, and what it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.provider.line import (
    Line,
    Refused,
    ResetAfter,
    ResetBefore,
    Stale,
    Status,
    TimedOut,
    Trouble,
    Truncated,
)
from tests.provider.names import named
from tests.provider.programs import function, price, price_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.provider.world import World


@pytest.fixture
def http(world: World) -> Iterator[httpx.Client]:
    """Somebody who talks over the world's line."""
    auth = (world.place.user, world.place.password)
    with httpx.Client(
        base_url=world.place.url, auth=auth, transport=world.line, timeout=30
    ) as client:
        yield client


def make(http: httpx.Client, world: World) -> httpx.Response:
    """Ask for a function."""
    return http.post(world.path("functions"), json={**function().inputs, "params": "row"})


@pytest.mark.parametrize(
    ("trouble", "error", "made"),
    [
        (Refused(), httpx.ConnectError, 0),
        (ResetBefore(), httpx.RemoteProtocolError, 0),
        (ResetAfter(), httpx.RemoteProtocolError, 1),
        (TimedOut(), httpx.ReadTimeout, 1),
        (Truncated(), httpx.RemoteProtocolError, 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_answer_that_does_not_come(
    world: World, http: httpx.Client, trouble: Trouble, error: type[Exception], made: int
) -> None:
    """The request was carried out or not, as the trouble says, and counts if it was."""
    world.line.plan(trouble, method="POST")
    with pytest.raises(error):
        make(http, world)
    assert world.census("Function") == ({"Function": made} if made else {})
    assert world.writes == [("POST", world.path("functions"))] * made


def test_an_answer_that_the_server_did_not_give(world: World, http: httpx.Client) -> None:
    """A status comes with its body and how long to wait, and the server never hears of it."""
    world.line.plan(Status(503, "busy", retry_after="7"))
    answer = make(http, world)
    assert (answer.status_code, answer.text) == (503, "busy")
    assert answer.headers["retry-after"] == "7"
    assert world.requests == []
    assert world.line.broken


def test_a_stale_read_answers_what_was(world: World, http: httpx.Client) -> None:
    """The same read is answered as before a write; one that was never asked is answered truly."""
    path = world.path("functions")
    world.line.plan(Stale(), method="GET", after=1, times=1)
    before = http.get(path).json()
    make(http, world)
    assert http.get(path).json() == before
    assert http.get(path).json() != before
    world.line.plan(Stale(), method="GET")
    assert http.get(path, params={"page": "1"}).json() == http.get(path).json()


def test_trouble_meets_what_fits_and_as_often_as_planned(world: World, http: httpx.Client) -> None:
    """Method and path choose, some pass before, and afterwards the line is whole."""
    path, seen = world.path("functions"), list[str]()
    world.line.plan(
        Status(500), method="GET", path="functions$", after=1, meanwhile=lambda: seen.append("x")
    )
    assert http.get(world.path("pipelines")).status_code == 200
    assert [http.get(path).status_code for _ in range(3)] == [200, 500, 200]
    assert seen == ["x"]
    assert not world.line.broken


def test_a_healed_line_forgets_its_trouble(world: World, http: httpx.Client) -> None:
    """What was planned and did not happen does not happen any more."""
    world.line.plan(Status(500), times=9)
    world.line.heal()
    assert http.get(world.path("functions")).status_code == 200


def test_model_prices_of_others_are_not_seen(world: World, http: httpx.Client) -> None:
    """A test that imports the organization's table gets its own rows, whatever else is there."""
    models = {named("theirs"): price("^theirs$"), named("ours"): price("^ours$")}
    world.engine.up(price_table(models=models))
    line = Line(named("o"))
    with httpx.Client(auth=http.auth, transport=line, timeout=30) as other:
        rows: list[dict[str, Any]] = other.get(world.place.url + world.path("llm", "models")).json()
    line.hang_up()
    assert [row["name"] for row in rows] == [named("ours")]
