"""Enrichment tables: uploaded as CSV, read like streams of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

BASE = "/api/default/enrichment_tables/owners"
FOREVER = {"start_time": 0, "end_time": 4_000_000_000_000_000, "size": 100}


def _upload(client: httpx.Client, text: str, **query: str) -> httpx.Response:
    return client.post(BASE, files={"file": ("o.csv", text)}, params=query)


def _rows(client: httpx.Client) -> list[dict[str, Any]]:
    query = {"sql": 'SELECT * FROM "owners" ORDER BY feature', **FOREVER}
    kind = {"type": "enrichment_tables"}
    found = client.post("/api/default/_search", json={"query": query}, params=kind).json()["hits"]
    return [{key: value for key, value in row.items() if key != "_timestamp"} for row in found]


def test_every_value_is_text_and_headers_are_names(client: httpx.Client) -> None:
    """Lowercased, other characters as underscores; empty lines are skipped."""
    answer = _upload(client, "Feature, Cost-Center\nchat,0042\n\nsearch,7\n")

    assert answer.json()["message"] == "Saved enrichment table"
    assert _rows(client) == [
        {"feature": "chat", "cost_center": "0042"},
        {"feature": "search", "cost_center": "7"},
    ]


def test_an_upload_replaces_unless_it_appends(client: httpx.Client) -> None:
    """Columns must be the same to append."""
    _upload(client, "feature\na\n")
    _upload(client, "feature\nb\n")
    _upload(client, "feature\nc\n", append="true")
    other = _upload(client, "owner\nx\n", append="true")

    assert [row["feature"] for row in _rows(client)] == ["b", "c"]
    assert other.status_code == 500
    assert other.json()["message"] == "Schema mismatch for enrichment table default/owners"


def test_a_header_alone_is_one_row_of_empty_texts(client: httpx.Client) -> None:
    """As on the server; nothing at all is no row."""
    _upload(client, "feature,owner\n")
    assert _rows(client) == [{"feature": "", "owner": ""}]

    assert _upload(client, "").status_code == 200
    assert _rows(client) == []


def test_a_part_without_a_file_name_is_skipped(client: httpx.Client) -> None:
    """Only files count."""
    client.post(BASE, files={"note": (None, "feature\nx\n"), "file": ("o.csv", "feature\ny\n")})

    assert [row["feature"] for row in _rows(client)] == ["y"]
