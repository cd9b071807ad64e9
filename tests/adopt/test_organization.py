"""An organization is read whole: what cannot be declared is told, and nothing is lost or sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from llmcost_infra.adopt.organization import Organization, read_organization
from llmcost_infra.adopt.other_kinds import other_kinds
from llmcost_infra.errors import TransportError, Unauthorized
from llmcost_infra.openobserve import Client, Retry

if TYPE_CHECKING:
    from collections.abc import Callable

EMPTY: dict[str, Any] = {
    "/api/v2/acme/folders/dashboards": {"list": []},
    "/api/v2/acme/folders/alerts": {"list": []},
    "/api/v2/acme/folders/reports": {"list": []},
    "/api/v2/acme/alerts": {"list": []},
    "/api/acme/streams": {"list": []},
    "/api/acme/functions": {"list": []},
    "/api/acme/pipelines": {"list": []},
    "/api/acme/dashboards": {"dashboards": []},
    "/api/acme/alerts/templates": [],
    "/api/acme/alerts/destinations": [],
    "/api/acme/llm/models": [],
    "/api/acme/service_accounts": {"data": []},
    "/api/organizations": {"data": [{"identifier": "acme"}]},
}
NO_ROUTE = httpx.Response(404, text="Organization not found")


def client(answers: dict[str, Any]) -> Client:
    """Return a client of a server that answers like this, and knows no other route."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = f"{request.url.path}?{request.url.query.decode()}".rstrip("?")
        found = answers.get(asked, answers.get(request.url.path, NO_ROUTE))
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    transport = httpx.MockTransport(answer)
    return Client("http://x.example", "me@x.example", "hush", "acme", transport=transport,
                  retry=Retry(attempts=1))  # fmt: skip


def read(answers: dict[str, Any]) -> Organization:
    """Return what is read of a server that answers like this."""
    with client(EMPTY | answers) as connected:
        return read_organization(connected, lambda _folder, _count: None)


def test_an_empty_organization_holds_nothing() -> None:
    """Neither the server's own templates nor routes that it lacks are taken for something."""
    prebuilt = [{"name": "prebuilt_slack", "body": "{}", "isDefault": None}]
    found = read({"/api/acme/alerts/templates": prebuilt})
    assert (found.name, found.objects, found.left) == ("acme", (), ())


def test_one_odd_object_does_not_hide_the_others() -> None:
    """What has a form that nobody foresaw is told by its id, and the rest is read."""
    alert = {"alert_id": "odd", "folder_id": "default", "name": "odd"}
    body: dict[str, Any] = {
        "name": "odd",
        "stream_type": "logs",
        "stream_name": "s",
        "enabled": True,
        "query_condition": {"type": "quantum"},
        "trigger_condition": {},
        "destinations": [],
    }
    found = read(
        {
            "/api/v2/acme/alerts": {"list": [alert]},
            "/api/v2/acme/alerts/odd": body,
            "/api/acme/functions": {"list": [{"name": "f", "function": "."}]},
        }
    )
    assert [one.id for one in found.objects] == ["acme/f"]
    (left,) = found.left
    assert (left.kind, left.name) == ("alert", "odd")
    assert left.why == "it has a form that is not known here (KeyError)"


def test_what_would_not_work_is_told_with_the_reason() -> None:
    """The rules of the provider hold: it could not import the object either."""
    destinations = [{"name": "lost", "url": "https://x.example/y", "type": "http"}]
    found = read({"/api/acme/alerts/destinations?module=alert": destinations})
    (left,) = found.left
    assert (left.kind, left.name, left.next) == (
        "destination",
        "lost",
        "Mend it in the UI, then adopt it.",
    )
    assert left.why.startswith("template: is missing")
    assert "x.example/y" not in repr(found)


def test_nobody_adopts_the_account_that_they_use() -> None:
    """A stack that owns its own way in cannot be destroyed to its end."""
    accounts = [{"email": "me@x.example"}, {"email": "ci@x.example"}]
    found = read({"/api/acme/service_accounts": {"data": accounts}})
    assert [one.id for one in found.objects] == ["acme/ci@x.example"]
    assert [(one.kind, one.name) for one in found.left] == [("service account", "me@x.example")]


def test_an_object_that_vanishes_meanwhile_is_none() -> None:
    """Between list and reading somebody removed it: there is nothing to take."""
    listed = {"list": [{"name": "gone", "stream_type": "logs"}]}
    gone = httpx.Response(404, json={"code": 404, "message": "stream not found"})
    found = read({"/api/acme/streams?type=logs": listed, "/api/acme/streams/gone/schema": gone})
    assert (found.objects, found.left) == ((), ())


@pytest.mark.parametrize(
    ("path", "answer", "error"),
    [
        (
            "/api/v2/acme/folders/dashboards",
            httpx.Response(401, text="Unauthorized Access"),
            Unauthorized,
        ),
        ("/api/acme/pipelines", httpx.Response(403, text="Forbidden"), Unauthorized),
    ],
)
def test_what_one_may_not_read_ends_it(
    path: str, answer: httpx.Response, error: type[Exception]
) -> None:
    """Half an organization would look like a whole one."""
    with pytest.raises(error):
        read({path: answer})


def test_a_connection_that_breaks_ends_it() -> None:
    """An object that could not be fetched is not one that cannot be declared."""

    def broken(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/schema"):
            raise httpx.ConnectError("gone", request=request)
        found = EMPTY.get(request.url.path)
        if request.url.path == "/api/acme/streams":
            found = {"list": [{"name": "s"}]}
        return NO_ROUTE if found is None else httpx.Response(200, json=found)

    with (
        Client(
            "http://x.example",
            "me@x.example",
            "hush",
            "acme",
            transport=httpx.MockTransport(broken),
            retry=Retry(attempts=1),
        ) as connected,
        pytest.raises(TransportError),
    ):
        read_organization(connected, lambda _folder, _count: None)


def test_objects_of_other_kinds_are_named() -> None:
    """A list is bare or in an envelope; each thing in it is called what people call it."""
    with client(
        {
            "/api/acme/streams?type=enrichment_tables": {"list": [{"name": "owners"}], "total": 1},
            "/api/acme/alerts/destinations?module=pipeline": [{"name": "lake"}],
            "/api/acme/savedviews": {"views": [{"view_id": "1", "view_name": "Errors"}]},
            "/api/acme/reports": [{"name": "weekly"}, {"id": "9"}],
            "/api/organizations": EMPTY["/api/organizations"],
        }
    ) as connected:
        told = [(one.kind, one.name) for one in other_kinds(connected)]
    assert told == [
        ("enrichment table", "owners"),
        ("pipeline destination", "lake"),
        ("saved view", "Errors"),
        ("report", "weekly"),
        ("report", "9"),
    ]


def test_a_list_that_is_refused_is_told() -> None:
    """That nothing of a kind is listed would read as if there were none."""
    with client({"/api/acme/reports": httpx.Response(403, text="Forbidden")}) as connected:
        told = [(one.kind, one.name, one.why) for one in other_kinds(connected)]
    assert told == [("reports", "all", "GET /api/acme/reports: 403 Forbidden")]


def test_readers_share_what_they_read(readable: Callable[[int], dict[str, Any]]) -> None:
    """A list is asked for once, however many objects are in it."""
    asked: list[str] = []
    answers = EMPTY | readable(20)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.path))
        found = answers.get(request.url.path)
        return NO_ROUTE if found is None else httpx.Response(200, content=json.dumps(found),
            headers={"content-type": "application/json"})  # fmt: skip

    with Client("http://x.example", "me@x.example", "hush", "acme",
                transport=httpx.MockTransport(answer)) as connected:  # fmt: skip
        found = read_organization(connected, lambda _folder, _count: None)
    assert len(found.objects) == 20
    assert asked.count("/api/acme/functions") == 1


@pytest.fixture
def readable() -> Callable[[int], dict[str, Any]]:
    """Return what makes so many functions."""

    def make(count: int) -> dict[str, Any]:
        listed = [{"name": f"f{number}", "function": "."} for number in range(count)]
        return {"/api/acme/functions": {"list": listed}}

    return make
