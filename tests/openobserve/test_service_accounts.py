"""Service accounts: their rules, and their life on an embedded server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from llmcost_infra.errors import Conflict, TransportError
from llmcost_infra.local.faults import ResetAfter
from llmcost_infra.openobserve.kinds.service_account import ServiceAccountKind

if TYPE_CHECKING:
    from llmcost_infra.local.faults import Faults
    from llmcost_infra.local.server import LocalServer
    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.kinds.base import ObjectStore

CI = {"organization": "default", "email": "ci@llmcost.example", "first_name": "CI"}
ID = "default/ci@llmcost.example"
URN = "urn:pulumi:dev::p::openobserve:index:ServiceAccount::ci"
PATH = "/api/default/service_accounts"


@pytest.fixture
def accounts(objects: dict[str, ObjectStore]) -> ObjectStore:
    """Return the store."""
    return objects["ServiceAccount"]


def lets_in(server: LocalServer, token: str) -> bool:
    """Say whether a token opens the account's organization."""
    auth = (CI["email"], token)
    return (
        httpx.get(f"{server.url}/api/default/functions", auth=auth, timeout=30).status_code == 200
    )


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"email": "CI@llmcost.example"}, "email", "store it as 'ci@llmcost.example'"),
        ({"email": "ci"}, "email", "is no e-mail address"),
        ({"email": "ci/a@llmcost.example"}, "email", "is no e-mail address"),
        ({"email": " ci@llmcost.example"}, "email", "spaces"),
        ({"email": 5}, "email", "must be text"),
        ({"last_name": 5}, "last_name", "must be text"),
        ({"role": "admin"}, "role", "unknown key"),
    ],
)
def test_problems_of_accounts(change: dict[str, Any], path: str, words: str) -> None:
    """Addresses that the server refuses or rewrites; a role, which it does not take."""
    problems = ServiceAccountKind().problems({**CI, **change})
    assert [(problem.path, words in problem.message) for problem in problems] == [(path, True)]


def test_names_are_empty_unless_given() -> None:
    """An account needs an address only; filling in defaults changes nothing."""
    kind = ServiceAccountKind()
    filled = kind.defaults({"email": CI["email"]})
    assert filled == {"email": CI["email"], "first_name": "", "last_name": ""}
    assert kind.canonical(filled) == {"email": CI["email"]}


def test_an_account_lives_and_dies(accounts: ObjectStore, server: LocalServer) -> None:
    """Made with a token that lets in until it is removed; read without it."""
    assert accounts.find(CI, URN) is None
    made = accounts.create(CI, URN)
    assert (made.id, made.inputs) == (ID, CI)
    token = made.computed["token"]
    assert lets_in(server, token)
    found = accounts.read(ID, CI)
    assert found is not None
    assert (found.inputs, found.computed) == (CI, {})
    assert accounts.find(CI, URN) == found
    renamed = accounts.update(found, {**CI, "last_name": "deploys"})
    assert accounts.read(ID, None) == renamed
    assert renamed.inputs == {**CI, "last_name": "deploys"}
    assert lets_in(server, token)
    assert accounts.delete(ID, CI) is None
    assert not lets_in(server, token)
    assert accounts.read(ID, CI) is None
    assert accounts.delete(ID, CI) is None


def test_names_may_go(accounts: ObjectStore, raw: Client) -> None:
    """A name that the target lacks is emptied."""
    made = accounts.create({**CI, "last_name": "deploys"}, URN)
    accounts.update(made, {key: CI[key] for key in ("organization", "email")})
    (listed,) = raw.get(PATH)["data"]
    assert (listed["first_name"], listed["last_name"]) == ("", "")


def test_a_create_is_not_repeated(accounts: ObjectStore, faults: Faults, raw: Client) -> None:
    """A second try would meet the first one, and no answer would hold the token."""
    faults.inject(ResetAfter(), method="POST", path="service_accounts")
    with pytest.raises(TransportError, match="looks before it does it again"):
        accounts.create(CI, URN)
    assert len(raw.get(PATH)["data"]) == 1


@pytest.mark.parametrize("email", ["root@example.com", CI["email"]])
def test_an_address_is_taken_once(accounts: ObjectStore, email: str) -> None:
    """By a user or by an account: the message says whose it may be."""
    accounts.create(CI, URN)
    with pytest.raises(Conflict, match=r"already exists(.|\n)*A user has this address"):
        accounts.create({**CI, "email": email}, URN)


def test_many_accounts_are_read_with_one_request(
    accounts: ObjectStore, server: LocalServer
) -> None:
    """A refresh of any number of accounts asks for their list once."""
    made = [accounts.create({**CI, "email": f"ci{n}@llmcost.example"}, URN) for n in range(3)]
    server.requests.clear()
    assert [accounts.read(one.id, None) is not None for one in made] == [True] * 3
    assert len(server.requests) == 1
