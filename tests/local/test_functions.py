"""Functions: compiled when saved, closed with the event, and kept while a pipeline uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

BASE = "/api/default/functions"


def _function(name: str = "f", source: str = ".x = 1\n.", **more: Any) -> dict[str, Any]:
    return {"name": name, "function": source, "params": "row", "numArgs": 1, "transType": 0, **more}


def _listed(client: httpx.Client) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in client.get(BASE).json()["list"]}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (".x = 1", ".x = 1 \n ."),
        ("  .x = 1\n.  ", ".x = 1\n."),
        (".", "."),
    ],
)
def test_a_program_ends_with_its_event(client: httpx.Client, sent: str, stored: str) -> None:
    """Trimmed, and closed when it is not."""
    client.post(BASE, json=_function(source=sent))

    assert _listed(client)["f"]["function"] == stored


def test_the_number_of_arguments_is_counted(client: httpx.Client) -> None:
    """Whatever was sent."""
    client.post(BASE, json=_function(params="row, other", numArgs=9))
    client.post(BASE, json=_function("g", params=""))

    assert [_listed(client)[name]["numArgs"] for name in ("f", "g")] == [2, 0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_function(name=" "), "Function name cannot be empty"),
        (_function(source=" "), "Function body cannot be empty"),
        (_function(source='.h = get_env_var!("HOME")\n.'), "get_env_var is not supported"),
        (_function(transType=2), "Invalid transform type. Use 0 for VRL or 1 for JS."),
        (_function(transType=1), "JavaScript functions are only allowed in the _meta organization"),
    ],
)
def test_some_functions_are_refused(client: httpx.Client, body: dict[str, Any], words: str) -> None:
    """400 with the reason."""
    answer = client.post(BASE, json=body)

    assert (answer.status_code, answer.json()["message"]) == (400, words)


def test_a_program_that_does_not_compile_is_refused_on_create_update_and_test(
    client: httpx.Client,
) -> None:
    """With the compiler's diagnostic; what was stored stays."""
    client.post(BASE, json=_function())
    broken = _function(source=".x = to_int(.y)")

    answers = [
        client.post(BASE, json={**broken, "name": "g"}),
        client.put(f"{BASE}/f", json=broken),
        client.post(f"{BASE}/test", json={"function": ".x = to_int(.y)", "events": []}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert all("error[E103]" in answer.json()["message"] for answer in answers)
    assert list(_listed(client)) == ["f"]


def test_an_equal_update_answers_the_function(client: httpx.Client) -> None:
    """And another one the envelope."""
    client.post(BASE, json=_function())

    same = client.put(f"{BASE}/f", json=_function()).json()
    other = client.put(f"{BASE}/f", json=_function(source=".x = 2\n.")).json()

    assert same == _listed(client)["f"] | {"function": ".x = 1\n."}
    assert other == {"code": 200, "message": "Function saved successfully"}


def test_an_update_is_stored_under_the_name_in_its_body(client: httpx.Client) -> None:
    """A different one makes a second function and keeps the first."""
    client.post(BASE, json=_function())

    client.put(f"{BASE}/f", json=_function("g", ".y = 1\n."))

    assert sorted(_listed(client)) == ["f", "g"]


def test_get_by_name_tells_who_uses_it(client: httpx.Client) -> None:
    """It is not the function; a function that is not there has no users."""
    client.post(BASE, json=_function())

    assert client.get(f"{BASE}/f").json() == {"list": []}
    assert client.get(f"{BASE}/nope").json() == {"list": []}


def test_a_function_is_deleted_once(client: httpx.Client) -> None:
    """Then it is not found."""
    client.post(BASE, json=_function())

    assert [client.delete(f"{BASE}/f").status_code for _ in range(2)] == [200, 404]


def test_a_trial_runs_every_event(client: httpx.Client) -> None:
    """One that stops keeps its event and says why."""
    body = {"function": ".n = to_int!(.n)\n.", "events": [{"n": "1"}, {"n": "one"}]}

    results = client.post(f"{BASE}/test", json=body).json()["results"]

    assert results[0] == {"message": "", "event": {"n": 1}}
    assert results[1]["event"] == {"n": "one"}
    assert "to_int" in results[1]["message"]
