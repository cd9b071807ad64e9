"""Functions on an embedded server: read from the list, secrets in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import ApiError, Conflict
from llmcost_infra.local.faults import ResetAfter

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.local.faults import Faults
    from llmcost_infra.local.server import LocalServer
    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.kinds.base import Inputs, ObjectStore
    from tests.clock import Clock

FUNCTION = {"organization": "default", "name": "price", "function": ".price = 1.0\n."}
KEYED = {
    "organization": "default",
    "name": "keyed",
    "function": '.key = "${secret:KEY}"\n.',
    "secrets": {"KEY": "hush-hush"},
}
URN = "urn:pulumi:dev::p::openobserve:index:Function::price"
PATH = "/api/default/functions"


@pytest.fixture
def functions(objects: dict[str, ObjectStore]) -> ObjectStore:
    """Return the store."""
    return objects["Function"]


def stored(raw: Client) -> dict[str, str]:
    """Return the texts on the server by name."""
    return {one["name"]: one["function"] for one in raw.get(PATH)["list"]}


def test_a_function_lives_and_dies(functions: ObjectStore, raw: Client) -> None:
    """Made, read, changed and removed: each time what was asked for is there."""
    assert functions.find(FUNCTION, URN) is None
    made = functions.create(FUNCTION, URN)
    assert made.id == functions.chosen_id(FUNCTION, URN) == "default/price"
    assert made.inputs == FUNCTION
    assert functions.find(FUNCTION, URN) == functions.read(made.id, None) == made
    changed = functions.update(made, {**FUNCTION, "function": ".price = 2.0"})
    assert stored(raw) == {"price": ".price = 2.0\n."}
    assert functions.read(made.id, FUNCTION) == changed
    assert functions.delete(made.id, FUNCTION) is None
    assert functions.read(made.id, FUNCTION) is None
    assert functions.delete(made.id, FUNCTION) is None


def test_an_update_that_changes_nothing_is_fine(functions: ObjectStore) -> None:
    """The server answers the function itself then, instead of a message."""
    made = functions.create(FUNCTION, URN)
    assert functions.update(made, FUNCTION) == made


def test_secrets_go_in_and_come_out_as_placeholders(functions: ObjectStore, raw: Client) -> None:
    """The server has the value, the state has the placeholder and, marked, the value."""
    made = functions.create(KEYED, URN)
    assert stored(raw) == {"keyed": '.key = "hush-hush"\n.'}
    assert made.inputs == KEYED
    assert functions.read(made.id, KEYED) == made
    assert functions.kind.secret_paths == {"secrets.*"}


def test_a_rotated_secret_is_drift_in_the_secret_only(functions: ObjectStore, raw: Client) -> None:
    """Somebody exchanged the key in the UI: the text is the same, the secret is another."""
    made = functions.create(KEYED, URN)
    body = {"name": "keyed", "function": '.key = "other"\n.', "params": "row", "numArgs": 1}
    raw.put(f"{PATH}/keyed", body)
    found = functions.read(made.id, KEYED)
    assert found is not None
    assert found.inputs == {**KEYED, "secrets": {"KEY": "other"}}


@pytest.mark.parametrize("write", ["create", "update"])
def test_a_refused_text_shows_no_secret(functions: ObjectStore, write: str) -> None:
    """The compiler quotes the line that it refuses; the secret in it is a placeholder again."""
    bad = {**KEYED, "function": '. = parse_json("${secret:KEY}" + .x)'}
    made = functions.create(KEYED, URN)
    writes: dict[str, Callable[[], object]] = {
        "create": lambda: functions.create({**bad, "name": "bad"}, URN),
        "update": lambda: functions.update(made, bad),
    }
    with pytest.raises(ApiError) as refused:
        writes[write]()
    assert "${secret:KEY}" in str(refused.value)
    assert "hush-hush" not in str(refused.value)


def test_a_function_of_that_name_is_not_overwritten(functions: ObjectStore, raw: Client) -> None:
    """A create refuses what appeared since one looked."""
    functions.create(FUNCTION, URN)
    with pytest.raises(Conflict, match="already exist"):
        functions.create({**FUNCTION, "function": ".price = 3.0"}, URN)
    assert stored(raw) == {"price": ".price = 1.0\n."}


def test_a_lost_answer_leaves_a_function_to_adopt(functions: ObjectStore, faults: Faults) -> None:
    """The create is not repeated; looking again finds an equal one."""
    faults.inject(ResetAfter(), method="POST", path="functions")
    with pytest.raises(Exception, match="looks before it does it again"):
        functions.create(FUNCTION, URN)
    found = functions.find(FUNCTION, URN)
    assert found is not None
    assert found.inputs == FUNCTION


def test_a_function_in_use_stays(
    functions: ObjectStore,
    objects: dict[str, ObjectStore],
    pipeline: Callable[..., Inputs],
    clock: Clock,
) -> None:
    """A pipeline may take a moment to let go; after ten seconds the message says what to do."""
    made = functions.create(FUNCTION, URN)
    inputs = pipeline()
    inputs["nodes"]["in"]["next"] = ["price"]
    inputs["nodes"]["price"] = {"type": "function", "name": "price", "next": ["out"]}
    user = objects["Pipeline"].create(inputs, URN)
    with pytest.raises(Conflict, match=r"1 pipeline dependencies(.|\n)*Take it out"):
        functions.delete(made.id, FUNCTION)
    assert clock.waits == [1.0] * 10
    objects["Pipeline"].delete(user.id, inputs)
    functions.delete(made.id, FUNCTION)
    assert functions.read(made.id, FUNCTION) is None


def test_many_functions_are_read_with_one_request(
    functions: ObjectStore, server: LocalServer
) -> None:
    """A refresh of any number of functions asks for their list once."""
    made = [functions.create({**FUNCTION, "name": f"f{n}"}, URN) for n in range(4)]
    before = len(server.requests)
    assert [functions.read(function.id, None) for function in made] == made
    assert len(server.requests) == before + 1
