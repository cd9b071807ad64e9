"""What a real server answered is read and written: its nulls, floats and echoes change nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from llmcost_infra.adopt.adopting import Adoption, Place, adopt
from llmcost_infra.adopt.organization import Organization, read_organization
from llmcost_infra.adopt.selection import whole
from llmcost_infra.catalog.object_files import KIND_FOLDERS, load_objects
from llmcost_infra.openobserve import Client
from tests.adopt.handmade import SECRETS

if TYPE_CHECKING:
    from datetime import datetime

RECORDINGS = Path(__file__).parents[1] / "data" / "openobserve-transcripts"


def answers() -> dict[str, Any]:
    """Return the last complete answer to each GET that was recorded, by path and query."""
    found: dict[str, Any] = {}
    for path in sorted(RECORDINGS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            exchange = json.loads(line)
            request, response = (exchange.get(part) or {} for part in ("request", "response"))
            if request.get("method") != "GET" or response.get("status") != 200:
                continue
            query = httpx.QueryParams(request.get("params") or {})
            found[f"{request['path']}?{query}".rstrip("?")] = response["body"]
    return found


@pytest.fixture(scope="module")
def organization() -> Organization:
    """Read an organization from what a real server answered."""
    known = answers()
    # Templates were listed before one was made, and destinations for alerts and pipelines together.
    templates = "/api/default/alerts/templates"
    known[templates] = [*known[templates], known[f"{templates}/llm-slack"]]
    known["/api/default/alerts/destinations?module=alert"] = known[
        "/api/default/alerts/destinations"
    ]
    known["/api/default/alerts/destinations?module=pipeline"] = []
    known["/api/v2/default/folders/reports"] = {"list": []}
    known["/api/default/dashboards?folder=default"] = known["/api/default/dashboards"]

    def answer(request: httpx.Request) -> httpx.Response:
        asked = f"{request.url.path}?{request.url.query.decode()}".rstrip("?")
        if asked in known:
            return httpx.Response(200, json=known[asked])
        if request.url.path == "/api/default/dashboards":
            return httpx.Response(200, json={"dashboards": []})
        if request.url.path == "/api/default/streams":
            return httpx.Response(200, json={"list": [], "total": 0})
        return httpx.Response(404, json={"code": 404, "message": "not found"})

    with Client(
        "http://x.example", "me@x.example", "hush", transport=httpx.MockTransport(answer)
    ) as client:
        return whole(read_organization(client, lambda _folder, _count: None))


@pytest.fixture
def adoption(organization: Organization, moment: datetime) -> Adoption:
    """Return the project that is made of it."""
    return adopt(organization, Place("http://x.example", "me@x.example", "default", "x"), moment)


def test_every_kind_is_read(adoption: Adoption) -> None:
    """No answer has a form that is not known here."""
    assert adoption.counts.keys() == KIND_FOLDERS.keys()
    assert not [one for one in adoption.left if "form that is not known" in one.why]


def test_what_is_written_is_a_project(adoption: Adoption, tmp_path: Path) -> None:
    """Every file is read back without a problem, as many objects as were adopted."""
    for name, text in adoption.files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert Counter(one.folder for one in load_objects(tmp_path)) == adoption.counts


def test_nothing_secret_is_written(adoption: Adoption) -> None:
    """Addresses that the server told in clear stay where they are."""
    for text in adoption.files.values():
        assert not any(value in text for value in SECRETS)
    assert adoption.secrets


def test_nulls_and_floats_of_the_server_are_no_values(adoption: Adoption) -> None:
    """What is unset is answered as null and whole numbers as floats: neither is declared."""
    for name, text in adoption.files.items():
        if name.startswith("objects/") and name.endswith(".yaml"):
            assert ": null" not in text, name
            assert ".0\n" not in text, name
