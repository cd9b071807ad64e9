"""A token that the server tells once: secret everywhere, kept while it holds, and never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from llmcost_infra.provider.values import UNKNOWN, Secret
from tests.provider.line import ResetAfter
from tests.provider.programs import account

if TYPE_CHECKING:
    from tests.provider.world import World


def account_id(world: World) -> str:
    """Pulumi id of the account."""
    return f"{world.place.organization}/{account().inputs['email']}"


def unknown_here(world: World) -> str:
    """What the log says of an account whose token nobody has."""
    return (
        f"ci: The token of ServiceAccount {account_id(world)} is not known here, because the "
        f"server tells it once: `pulumi up --replace '{account().urn}'` makes the object anew, "
        "with another one."
    )


def token(world: World) -> Any:
    """The token in the state, with its mark."""
    return world.engine.state[account().urn].outputs.get("token")


def lets_in(world: World, secret: Any) -> bool:
    """Say whether a token opens the server."""
    auth = (account().inputs["email"], secret.value)
    return (
        httpx.get(world.place.url + world.path("functions"), auth=auth, timeout=30).status_code
        == 200
    )


def test_a_token_is_a_secret_output(world: World) -> None:
    """It is marked, works, and stands in no log."""
    world.engine.up(account())
    assert isinstance(token(world), Secret)
    assert lets_in(world, token(world))
    assert "token" not in world.engine.state[account().urn].inputs
    assert world.engine.sentences() == []


def test_a_token_outlives_refresh_and_update(world: World) -> None:
    """The server shows its beginning only; what the state has stays."""
    world.engine.up(account())
    before = token(world)
    assert world.engine.refresh() == {}
    assert token(world) == before
    assert world.engine.up(account(first_name="Deploy")) == {"ci": "update"}
    assert token(world) == before
    assert lets_in(world, before)


def test_an_imported_account_has_no_token(world: World) -> None:
    """Nothing is made up: the log says how to get another one."""
    world.engine.up(account())
    world.engine.state.clear()
    assert world.engine.import_(account(), account_id(world)) is not None
    assert token(world) is None
    assert world.engine.sentences() == [unknown_here(world)]
    assert world.engine.preview(account()) == {}


def test_an_adopted_account_has_no_token(world: World) -> None:
    """Whoever made it has the token."""
    world.engine.up(account())
    world.engine.state.clear()
    world.engine.up(account())
    assert token(world) is None
    assert world.engine.sentences()[1:] == [unknown_here(world)]


def test_a_lost_answer_takes_the_token_along(world: World) -> None:
    """The account is there once; its token is nowhere, and the log says so."""
    world.line.plan(ResetAfter(), method="POST", path="service_accounts")
    assert world.engine.up(account()) == {"ci": "create"}
    assert token(world) is None
    assert unknown_here(world) in world.engine.sentences()


def test_a_replacement_rotates_the_token(world: World) -> None:
    """What ``pulumi up --replace`` does: the old account goes first, the new one has another."""
    world.engine.up(account())
    before = token(world)
    world.engine.replace(account())
    assert not lets_in(world, before)
    assert lets_in(world, token(world))
    assert token(world) != before


def test_a_token_is_unknown_in_a_preview(world: World) -> None:
    """What depends on it waits; it is secret even so."""
    assert world.engine.preview_create(account())["token"] == Secret(UNKNOWN)
    assert world.requests == []
