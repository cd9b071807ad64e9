"""Who may enter, which organization is meant, and what unknown places answer."""

from __future__ import annotations

import gzip
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from llmcost_infra.local import requests
from llmcost_infra.local.server import LocalServer

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = "/api/v2/default/folders/dashboards"
ROOT = ("root@example.com", "Complexpass#123")


@pytest.mark.parametrize("path", ["/healthz", "/schedulez", "/config", "/"])
def test_some_places_need_no_credentials(local: LocalServer, path: str) -> None:
    """Health, configuration and the page answer everybody."""
    assert httpx.get(local.url + path, timeout=30).status_code == 200


def test_without_credentials_the_envelope_says_so(local: LocalServer) -> None:
    """No header at all: 401 in JSON."""
    answer = httpx.get(local.url + FOLDERS, timeout=30)

    assert answer.status_code == 401
    assert answer.json() == {"code": 401, "message": "Unauthorized Access"}


@pytest.mark.parametrize(
    "header",
    [
        "Basic bm9ib2R5Ondyb25n",
        "Basic cm9vdEBleGFtcGxlLmNvbTp3cm9uZw==",
        "Basic not-base64!",
        "Basic /w==",
        "Bearer abc",
        "",
    ],
)
def test_wrong_credentials_get_plain_text(local: LocalServer, header: str) -> None:
    """A bad header: 401 in text, with the challenge, whatever is wrong with it."""
    answer = httpx.get(local.url + FOLDERS, headers={"authorization": header}, timeout=30)

    assert (answer.status_code, answer.text) == (401, "Unauthorized Access")
    assert answer.headers["www-authenticate"] == 'Bearer realm="openobserve"'
    assert "content-type" not in answer.headers


def test_the_root_user_is_the_one_that_was_chosen(tmp_path: Path) -> None:
    """Name without regard to case, password trimmed."""
    with LocalServer(tmp_path, user="Ops@example.com", password="s3cret") as local:
        answers = [
            httpx.get(local.url + FOLDERS, auth=auth, timeout=30).status_code
            for auth in [("ops@example.com", "s3cret "), ("ops@example.com", "S3cret"), ROOT]
        ]

    assert answers == [200, 401, 401]


@pytest.mark.parametrize(
    "path",
    [
        "/api/nosuchorg/streams",
        "/api/default/nosuchroute",
        "/api/default/streams/",
        FOLDERS + "/",
        "/api/default/anomaly_detection",
        "/nowhere",
    ],
)
def test_unknown_routes_and_organizations_read_alike(client: httpx.Client, path: str) -> None:
    """404 in text; a trailing slash is unknown as well."""
    answer = client.get(path)

    assert (answer.status_code, answer.text) == (404, "Organization not found")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_method_that_a_route_lacks_is_405(client: httpx.Client) -> None:
    """As axum answers it."""
    assert client.patch(FOLDERS).status_code == 405


def test_organizations_are_listed_by_name_and_named_twice_made_twice(client: httpx.Client) -> None:
    """A POST is not idempotent: names are not unique."""
    made = [client.post("/api/organizations", json={"name": "Team A"}).json() for _ in range(2)]

    listed = client.get("/api/organizations").json()["data"]
    assert made[0]["identifier"] != made[1]["identifier"]
    assert [item["name"] for item in listed] == ["Team A", "Team A", "default"]
    assert [item["id"] for item in listed] == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Organization name cannot be empty"),
        (
            "team-a",
            "Only alphanumeric characters (A-Z, a-z, 0-9), spaces, and underscores are allowed",
        ),
    ],
)
def test_some_names_are_refused(client: httpx.Client, name: str, words: str) -> None:
    """In the server's words."""
    answer = client.post("/api/organizations", json={"name": name})

    assert (answer.status_code, answer.json()["message"]) == (400, words)


def test_organizations_do_not_see_each_other(client: httpx.Client) -> None:
    """A folder of one is not in the other."""
    org = client.post("/api/organizations", json={"label": "Other"}).json()["identifier"]
    client.post(FOLDERS, json={"name": "mine", "description": ""})

    assert client.get(f"/api/v2/{org}/folders/dashboards").json() == {"list": []}


def test_ingest_by_root_opens_an_organization(client: httpx.Client) -> None:
    """Only ingest does: another call to a missing organization is refused before and not after."""
    path = "/api/v2/fresh/folders/dashboards"
    before = client.get(path).status_code
    client.post("/api/fresh/app/_json", json=[{"a": 1}])

    assert (before, client.get(path).status_code) == (404, 200)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_packed_bodies_are_read(client: httpx.Client, encoding: str) -> None:
    """What exporters send."""
    text = json.dumps({"name": "packed", "description": ""}).encode()
    packed = gzip.compress(text) if encoding == "gzip" else zlib.compress(text)
    headers = {"content-type": "application/json", "content-encoding": encoding}

    assert client.post(FOLDERS, content=packed, headers=headers).json()["name"] == "packed"


def test_a_body_that_is_not_packed_as_told_is_refused(client: httpx.Client) -> None:
    """A clear answer, no crash."""
    headers = {"content-type": "application/json", "content-encoding": "gzip"}

    answer = client.post(FOLDERS, content=b"{}", headers=headers)

    assert answer.status_code == 400
    assert answer.text.startswith("Failed to buffer the request body")


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_over_the_limit_is_413(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, *, packed: bool
) -> None:
    """Packed or not: what unpacks to more than the limit is not unpacked further."""
    monkeypatch.setattr(requests, "MAX_BODY", 1000)
    text = json.dumps({"name": "x" * 2000, "description": ""}).encode()
    headers = {"content-type": "application/json"} | (
        {"content-encoding": "gzip"} if packed else {}
    )

    answer = client.post(FOLDERS, content=gzip.compress(text) if packed else text, headers=headers)

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b'{"name":"x"}', 422, "missing field `description` at line 1 column 12"),
        (
            b'{"name":1,"description":""}',
            422,
            "name: invalid type: integer `1`, expected a string at line 1 column 9",
        ),
        (
            b'{\n "name": {},\n "description":""}',
            422,
            "name: invalid type: map, expected a string at line 2 column 9",
        ),
        (b"[", 400, "EOF while parsing a list at line 1 column 1"),
        (b'{"name":NaN}', 400, "name: expected value at line 1 column 9"),
        (b"[" * 100_000, 400, "recursion limit exceeded"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_its_place(
    client: httpx.Client, body: bytes, status: int, words: str
) -> None:
    """Path, line and column, as the recorded server tells them."""
    answer = client.post(FOLDERS, content=body, headers={"content-type": "application/json"})

    assert answer.status_code == status
    assert answer.text.endswith(words)


def test_json_must_be_announced(client: httpx.Client) -> None:
    """Another content type is 415."""
    answer = client.post(FOLDERS, content=b"{}", headers={"content-type": "text/plain"})

    assert answer.status_code == 415


def test_every_answer_is_noted(local: LocalServer, client: httpx.Client) -> None:
    """Tests count requests by it."""
    client.post(FOLDERS, json={"name": "a", "description": ""})
    client.get("/api/nosuchorg/streams")

    assert local.requests == [("POST", FOLDERS, 200), ("GET", "/api/nosuchorg/streams", 404)]


@pytest.mark.parametrize(
    ("start", "status", "words"),
    [
        ('{"name": 1, "description": "', 422, "name: invalid type: integer `1`, expected a string"),
        ('{"name": x, "description": "', 400, "Expecting value: line 1 column 10 (char 9)"),
    ],
)
def test_a_huge_body_is_refused_without_a_long_search_for_the_place(
    client: httpx.Client, start: str, status: int, words: str
) -> None:
    """The words are there, line and column need not be."""
    body = (start + "x" * 3_000_000 + '"}').encode()

    answer = client.post(FOLDERS, content=body, headers={"content-type": "application/json"})

    assert answer.status_code == status
    assert answer.text.endswith(words)


def test_parallel_creates_make_each_their_own(local: LocalServer) -> None:
    """A hundred dashboards by sixteen clients: a hundred ids, no error."""

    def create(number: int) -> str:
        body = {"version": 8, "title": f"d{number}"}
        answer = httpx.post(local.url + "/api/default/dashboards", json=body, auth=ROOT, timeout=30)
        made: str = answer.json()["v8"]["dashboardId"]
        return made

    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(create, range(100)))

    listed = httpx.get(local.url + "/api/default/dashboards", auth=ROOT, timeout=30).json()[
        "dashboards"
    ]
    assert len(set(made)) == 100
    assert {item["dashboard_id"] for item in listed} == set(made)
