"""Model prices on an embedded server: one request a row, and only rows of the table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from llmcost_infra.errors import AlreadyExists, ApiError, Conflict, OpenObserveError
from llmcost_infra.local.faults import ResetAfter
from llmcost_infra.openobserve import Client
from llmcost_infra.openobserve.objects import stores

if TYPE_CHECKING:
    from llmcost_infra.local.faults import Faults
    from llmcost_infra.local.server import LocalServer
    from llmcost_infra.openobserve.kinds.base import Inputs, ObjectStore

URN = "urn:pulumi:dev::p::openobserve:index:ModelPriceTable::prices"
PATH = "/api/default/llm/models"
PRICES = {
    "input": "0.0000025",
    "output": "0.00001",
    "cache_read_input_tokens": "0.00000125",
    "cache_creation_input_tokens": "0.0000025",
}


def row(pattern: str, **more: Any) -> Inputs:
    """Return a row."""
    return {"match_pattern": pattern, "tiers": {"default": {"prices": PRICES}}, **more}


def table(**rows: Inputs) -> Inputs:
    """Return a table of rows."""
    return {"organization": "default", "models": rows}


TWO = table(a=row("^a$"), b=row("^b$", valid_from="2025-01-01T00:00:00Z"))


@pytest.fixture
def tables(objects: dict[str, ObjectStore]) -> ObjectStore:
    """Return the store."""
    return objects["ModelPriceTable"]


def stored(raw: Client) -> dict[str, Any]:
    """Return the patterns on the server by name."""
    return {one["name"]: one["match_pattern"] for one in raw.get(PATH)}


def writes(server: LocalServer) -> list[str]:
    """Return the methods of requests that changed something, and forget them."""
    found = [method for method, _, _ in server.requests if method != "GET"]
    server.requests.clear()
    return found


def test_a_table_lives_and_dies(tables: ObjectStore, raw: Client) -> None:
    """Made, read, changed and removed: each time what was asked for is there."""
    assert tables.find(TWO, URN) is None
    made = tables.create(TWO, URN)
    assert made.id == tables.chosen_id(TWO, URN) == "default"
    assert made.inputs == TWO
    assert tables.find(TWO, URN) == tables.read("default", None) == made
    changed = tables.update(made, table(a=row("^aa$"), c=row("^c$")))
    assert stored(raw) == {"a": "^aa$", "c": "^c$"}
    assert tables.read("default", changed.inputs) == changed
    assert tables.delete("default", changed.inputs) is None
    assert tables.read("default", changed.inputs) is None
    assert tables.delete("default", changed.inputs) is None


def test_only_rows_that_changed_are_written(tables: ObjectStore, server: LocalServer) -> None:
    """One request a row, additions and changes before removals."""
    made = tables.create(TWO, URN)
    assert writes(server) == ["POST", "POST"]
    made = tables.update(made, table(a=row("^a$", enabled=False), b=TWO["models"]["b"]))
    assert writes(server) == ["PUT"]
    made = tables.update(made, table(a=row("^a$", enabled=False), c=row("^c$")))
    assert writes(server) == ["POST", "DELETE"]
    tables.update(made, made.inputs)
    assert writes(server) == []


def test_rows_of_others_are_left_alone(tables: ObjectStore, raw: Client) -> None:
    """Neither read, nor changed, nor removed; an import takes them, since it names none."""
    tables.create(table(theirs=row("^theirs$")), URN)
    made = tables.create(TWO, URN)
    assert made.inputs == TWO
    assert tables.read("default", TWO) == made
    assert tables.update(made, table(a=row("^a$"))).inputs == table(a=row("^a$"))
    imported = tables.read("default", None)
    assert imported is not None
    assert imported.inputs["models"].keys() == {"a", "theirs"}
    tables.delete("default", TWO)
    assert stored(raw) == {"theirs": "^theirs$"}


def test_another_row_of_a_name_is_not_overwritten(
    tables: ObjectStore, server: LocalServer, raw: Client
) -> None:
    """A new row that meets somebody's stops before anything is written; an equal one is taken."""
    tables.create(table(theirs=row("^theirs$"), same=row("^same$")), URN)
    made = tables.create(TWO, URN)
    writes(server)
    with pytest.raises(AlreadyExists, match="these names already: theirs; nothing was written"):
        tables.update(made, table(theirs=row("^ours$"), z=row("^z$")))
    assert writes(server) == []
    tables.update(made, table(**TWO["models"], same=row("^same$")))
    assert writes(server) == []
    assert stored(raw)["theirs"] == "^theirs$"


def test_a_lost_answer_makes_no_twin(tables: ObjectStore, raw: Client, faults: Faults) -> None:
    """Names are unique: the second try meets the first one, and that is fine."""
    faults.inject(ResetAfter(), method="POST", path="llm/models")
    assert tables.create(TWO, URN).inputs == TWO
    assert len(raw.get(PATH)) == 2


def test_a_row_that_somebody_made_meanwhile_is_not_ours(
    tables: ObjectStore, server: LocalServer
) -> None:
    """The server refuses the name, what is there differs, and the message says what to do."""
    tables.create(table(a=row("^theirs$")), URN)
    seen: list[str] = []

    def hide_from_the_first_look(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        return httpx.Response(200, json=[]) if seen == ["GET"] else real.handle_request(request)

    transport = httpx.MockTransport(hide_from_the_first_look)
    with (
        httpx.HTTPTransport() as real,
        Client(server.url, "root@example.com", "Complexpass#123", transport=transport) as client,
    ):
        racing = stores(client)["openobserve:index:ModelPriceTable"]
        with pytest.raises(Conflict, match=r"already exists(.|\n)*`pulumi up` shows what differs"):
            racing.create(TWO, URN)


def test_what_breaks_half_way_is_finished_later(tables: ObjectStore, raw: Client) -> None:
    """The first row is there, the second one not: finding shows it, an update adds the rest."""
    three = table(a=row("^a$"), b=row("^(b$"), c=row("^c$"))
    with pytest.raises(ApiError, match="Invalid regex"):
        tables.create(three, URN)
    assert stored(raw) == {"a": "^a$"}
    left = tables.find(three, URN)
    assert left is not None
    assert left.inputs == table(a=row("^a$"))
    tables.update(left, table(a=row("^a$"), b=row("^b$"), c=row("^c$")))
    assert stored(raw) == {"a": "^a$", "b": "^b$", "c": "^c$"}


def test_prices_reach_the_server_as_they_are(tables: ObjectStore, raw: Client) -> None:
    """Exact texts become the doubles that are written with the same digits."""
    tables.create(table(a=row("^a$")), URN)
    (one,) = raw.get(PATH)
    sent = {key: repr(value) for key, value in one["tiers"][0]["prices"].items()}
    assert sent == {
        "input": "2.5e-06",
        "output": "1e-05",
        "cache_read_input_tokens": "1.25e-06",
        "cache_creation_input_tokens": "2.5e-06",
    }


def test_only_the_organizations_own_rows_count() -> None:
    """The list nests rows under those that hide them, and holds built-in and inherited ones."""
    tiers = [{"name": "default", "prices": {"input": 1e-06}}]

    def one(name: str, source: str, *children: Any) -> dict[str, Any]:
        return {
            "id": name,
            "name": name,
            "match_pattern": "^x$",
            "tiers": tiers,
            "source": source,
            "children": list(children),
        }

    listed = [
        one("new", "org", one("old", "org"), one("inherited", "meta_org")),
        one("built-in", "built_in", one("hidden", "org")),
    ]
    answer = httpx.Response(200, content=json.dumps(listed), headers={"content-type": "a/json"})
    transport = httpx.MockTransport(lambda _: answer)
    with Client("http://o.test", "u", "p", transport=transport) as client:
        found = stores(client)["openobserve:index:ModelPriceTable"].read("default", None)
    assert found is not None
    assert found.inputs["models"].keys() == {"new", "old", "hidden"}


def test_an_answer_that_is_no_list_is_explained() -> None:
    """Something else than OpenObserve answers there."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": []}))
    with Client("http://o.test", "u", "p", transport=transport) as client:
        tables = stores(client)["openobserve:index:ModelPriceTable"]
        with pytest.raises(OpenObserveError, match="not what OpenObserve answers"):
            tables.read("default", None)
