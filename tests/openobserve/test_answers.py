"""What the server's answers mean: every recorded refusal, and pages that are no answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from llmcost_infra.errors import (
    ApiError,
    Conflict,
    EnterpriseOnly,
    ExitCode,
    NotFound,
    OrganizationNotFound,
    RateLimited,
    Unauthorized,
)
from llmcost_infra.openobserve import Client
from llmcost_infra.openobserve.answers import Answer, error_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_httpx import HTTPXMock

USER = "root@example.com"


def error(status: int, body: object = "", *, content_type: str = "text/plain") -> ApiError:
    """Return the error of an answer."""
    if isinstance(body, dict):
        response = httpx.Response(status, json=body)
    else:
        response = httpx.Response(status, text=str(body), headers={"content-type": content_type})
    return error_of(Answer.read(response, "GET /api/default/x"), USER)


def refusals(recorded: Callable[[str], list[dict[str, Any]]], *files: str) -> dict[str, ApiError]:
    """Return the errors of all recorded refusals, by what they were about."""
    found = {}
    for file in files:
        for exchange in recorded(file):
            answer = exchange.get("response", {})
            if answer.get("status", 0) >= 400:
                found[f"{file[:2]} {exchange['what']}"] = error(
                    answer["status"], answer["body"], content_type=answer["content_type"]
                )
    return found


RECORDED: dict[str, type[ApiError]] = {
    "01 no credentials": Unauthorized,
    "01 wrong password": Unauthorized,
    "01 unknown organization": OrganizationNotFound,
    "01 unknown route": OrganizationNotFound,
    "01 trailing slash": OrganizationNotFound,
    "01 post with missing field": ApiError,
    "01 post without content type": ApiError,
    "02 get by id, missing": NotFound,
    "02 create again, same name": Conflict,
    "02 update the default folder": ApiError,
    "02 unknown folder type": ApiError,
    "03 create it again": Conflict,
    "03 settings of a missing stream": NotFound,
    "03 settings: bad column type": ApiError,
    "03 create again after delete, try 0": Conflict,
    "05 create, unknown folder": NotFound,
    "05 update without hash": ApiError,
    "05 update with the stale hash": Conflict,
    "05 delete a folder that holds a dashboard": Conflict,
    "08 create again": Conflict,
    "08 update missing": NotFound,
    "08 get missing": ApiError,
    "08 update with stale version": Conflict,
    "08 delete a function in use": Conflict,
    "08 create a second on the same stream, source sent": Conflict,
}


@pytest.mark.parametrize("what", RECORDED)
def test_a_recorded_refusal_has_its_class(
    what: str, recorded: Callable[[str], list[dict[str, Any]]]
) -> None:
    """What a real server refused becomes the error that callers tell apart by its class."""
    files = ("01-transport", "02-folders", "03-streams", "05-dashboards", "08-functions-pipelines")
    found = refusals(recorded, *files)[what]
    assert type(found) is RECORDED[what]


def test_every_refusal_says_what_was_asked_and_answered() -> None:
    """The message holds method, path, status and the server's words."""
    found = error(400, {"code": 400, "message": "bad", "error_detail": "worse"})
    assert str(found) == "GET /api/default/x: 400 bad: worse"
    assert (found.status, found.server_message) == (400, "bad: worse")


@pytest.mark.parametrize(
    ("status", "body", "kind", "hint"),
    [
        (401, "Unauthorized Access", Unauthorized, "openobserve:user (now root@example.com)"),
        (403, {"code": 401, "message": "Not allowed"}, Unauthorized, "may not do this"),
        (403, {"code": 403, "message": "Not Supported"}, EnterpriseOnly, "enterprise build"),
        (404, "404 page not found", ApiError, "openobserve:url"),
        (404, {"code": 404, "message": "Folder not found"}, NotFound, ""),
        (409, {"code": 409, "message": "Destination in use"}, Conflict, ""),
        (429, "slow down", RateLimited, "openobserve:parallel"),
        (500, {"code": 500, "message": "BUG"}, ApiError, "server's log"),
        (502, "<html>Bad gateway</html>", ApiError, "openobserve:url"),
        (200, "<!doctype html>", ApiError, "without /web"),
        (302, "", ApiError, "openobserve:url"),
    ],
)
def test_each_refusal_has_its_next_step(
    status: int, body: object, kind: type[ApiError], hint: str
) -> None:
    """Where there is something that the reader can do, the hint says it."""
    found = error(status, body)
    assert type(found) is kind
    assert hint in found.hint
    assert bool(hint) == bool(found.hint)


def test_wrong_credentials_end_with_their_own_code() -> None:
    """A command that may not reach the server exits with 3."""
    assert error(401).exit_code is ExitCode.UNREACHABLE
    assert error(404, "Organization not found").exit_code is ExitCode.UNREACHABLE


def test_a_page_is_not_quoted() -> None:
    """An HTML page is named, not printed."""
    assert "<html" not in str(error(502, "<html>" + "x" * 10_000))


def test_long_words_are_cut() -> None:
    """A message fits a screen."""
    assert len(str(error(400, "y" * 10_000))) < 2_100


@pytest.mark.parametrize("body", ["", {}, {"code": 400, "message": ""}])
def test_a_refusal_without_words(body: object) -> None:
    """An answer that says nothing still makes a sentence."""
    assert str(error(400, body)) == "GET /api/default/x: 400 no message"


def test_json_that_is_none() -> None:
    """A content type that promises JSON and does not keep it is read as text."""
    assert "half of a" in str(error(400, '{"half of a', content_type="application/json"))


def test_an_unknown_organization_is_told_from_an_unknown_route(httpx_mock: HTTPXMock) -> None:
    """The server says the same to both, so its list of organizations decides."""
    for path in ("teams/streams", "v2/default/nosuch"):
        httpx_mock.add_response(
            url=f"http://o.test/api/{path}", status_code=404, text="Organization not found"
        )
    organizations = {"data": [{"identifier": "default"}, {"identifier": "team"}]}
    httpx_mock.add_response(
        url="http://o.test/api/organizations", json=organizations, is_reusable=True
    )
    client = Client("http://o.test", USER, "secret")
    with pytest.raises(OrganizationNotFound) as unknown:
        client.get("/api/teams/streams")
    assert (
        "root@example.com sees no organization teams; there is default, team." in unknown.value.hint
    )
    with pytest.raises(OrganizationNotFound) as route:
        client.get("/api/v2/default/nosuch")
    assert "The organization default exists" in route.value.hint


@pytest.mark.parametrize("organizations", [httpx.Response(500), httpx.ConnectError("gone")])
def test_when_the_organizations_are_not_to_be_had_both_are_named(
    httpx_mock: HTTPXMock, organizations: httpx.Response | httpx.ConnectError
) -> None:
    """A failed second question does not hide the first answer."""
    httpx_mock.add_response(
        url="http://o.test/api/x/streams", status_code=404, text="Organization not found"
    )
    if isinstance(organizations, httpx.Response):
        httpx_mock.add_response(url="http://o.test/api/organizations", status_code=500)
    else:
        httpx_mock.add_exception(organizations, url="http://o.test/api/organizations")
    with pytest.raises(OrganizationNotFound, match="when it does not know the route"):
        Client("http://o.test", USER, "secret").get("/api/x/streams")


def test_an_unknown_place_is_no_missing_object() -> None:
    """Nobody may take an unknown organization for deleted objects: a refresh would drop them."""
    assert not issubclass(OrganizationNotFound, NotFound)
