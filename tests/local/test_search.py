"""`_search` and `_values` over HTTP."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from llmcost_infra.errors import EngineError
from llmcost_infra.local.rows import StreamKey
from llmcost_infra.local.search import run_sql

if TYPE_CHECKING:
    import httpx

    from llmcost_infra.local.server import LocalServer

HOUR = 3_600_000_000
Json = dict[str, Any]


@pytest.fixture
def now(client: httpx.Client) -> int:
    """Hold four rows of the last minutes in `app`."""
    moment = time.time_ns() // 1000
    rows = [
        {"_timestamp": moment - at * 60_000_000, "feature": feature, "cost": cost}
        for at, (feature, cost) in enumerate([("a", 0.5), ("a", 0.25), ("b", 1.0), (None, None)])
    ]
    client.post("/api/default/app/_json", json=rows)
    return moment


def _search(client: httpx.Client, sql: str, now: int, **query: Any) -> httpx.Response:
    asked = {"sql": sql, "start_time": now - HOUR, "end_time": now + 1, "size": 10, **query}
    return client.post("/api/default/_search", params={"type": "logs"}, json={"query": asked})


class TestSearch:
    """Statements and their answers."""

    def test_an_answer_has_rows_and_figures(self, client: httpx.Client, now: int) -> None:
        """All keys that the server sends."""
        body = _search(
            client, "SELECT feature, SUM(cost) AS c FROM app GROUP BY feature", now
        ).json()

        assert {row.get("feature", ""): row.get("c") for row in body["hits"]} == {
            "a": 0.75,
            "b": 1.0,
            "": None,
        }
        assert (body["total"], body["from"], body["size"]) == (3, 0, 10)
        assert (body["scan_records"], body["is_partial"]) == (4, False)
        assert len(body["trace_id"]) == 32
        assert body["took"] >= 1
        assert "order_by" not in body

    def test_an_order_is_reported(self, client: httpx.Client, now: int) -> None:
        """Also the one that the server adds."""
        body = _search(client, "SELECT cost FROM app", now).json()

        assert (body["order_by"], body["order_by_metadata"]) == ("desc", [["_timestamp", "desc"]])

    def test_a_statement_may_come_as_base64(self, client: httpx.Client, now: int) -> None:
        """The UI sends it like that."""
        sql = base64.b64encode(b"SELECT COUNT(*) AS n FROM app").decode()
        query = {"sql": sql, "start_time": now - HOUR, "end_time": now + 1}

        answer = client.post(
            "/api/default/_search",
            params={"type": "logs"},
            json={"query": query, "encoding": "base64"},
        )

        assert answer.json()["hits"] == [{"n": 4}]

    def test_a_refusal_has_a_code_and_words(self, client: httpx.Client, now: int) -> None:
        """Status 400."""
        answer = _search(client, "SELECT nosuch FROM app", now)

        body = answer.json()
        assert (answer.status_code, body["code"], body["error_detail"]) == (400, 20004, "")
        assert body["message"] == (
            "Search field not found: Schema error: No field named nosuch. "
            "Valid fields are app._timestamp."
        )

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({}, "missing field `query`"),
            ({"query": {"start_time": 1}}, "query: missing field `sql`"),
            ({"query": {"sql": 3}}, "query.sql: invalid type: integer `3`, expected a string"),
        ],
    )
    def test_what_is_no_search_is_refused(
        self, client: httpx.Client, body: Json, words: str
    ) -> None:
        """Status 422, with the place."""
        answer = client.post("/api/default/_search", json=body)

        assert answer.status_code == 422
        assert words in answer.text

    def test_a_stream_may_shorten_the_time_range(self, client: httpx.Client, now: int) -> None:
        """The answer says so, with status 200."""
        client.put(
            "/api/default/streams/app/settings",
            params={"type": "logs"},
            json={"max_query_range": 1},
        )

        body = _search(
            client, "SELECT COUNT(*) AS n FROM app", now, start_time=now - 9 * HOUR
        ).json()

        assert body["function_error"] == [
            "Query duration is modified due to query range restriction of 1 hours"
        ]
        assert body["new_start_time"] == now + 1 - HOUR
        assert body["hits"] == [{"n": 4}]

    def test_a_range_within_the_limit_is_left_alone(self, client: httpx.Client, now: int) -> None:
        """And nothing is said."""
        client.put(
            "/api/default/streams/app/settings",
            params={"type": "logs"},
            json={"max_query_range": 24},
        )

        assert "function_error" not in _search(client, "SELECT COUNT(*) AS n FROM app", now).json()

    def test_long_answers_are_whole(self, local: LocalServer, client: httpx.Client) -> None:
        """They are written in pieces, and are one JSON text."""
        times = pa.array(range(20_000), pa.int64())
        key = StreamKey("default", "logs", "many")
        local.server.streams.learn(key, {"_timestamp": "Int64", "text": "Utf8"}, 0)
        texts = pa.array(["ä"] * 20_000)
        batch = pa.record_batch([times, texts], ["_timestamp", "text"])
        local.server.rows.append([(key, batch)])

        body = _search(client, "SELECT * FROM many ORDER BY _timestamp", HOUR, size=20_000).json()

        assert body["total"] == 20_000
        assert [row["_timestamp"] for row in body["hits"]] == list(range(20_000))
        assert {row["text"] for row in body["hits"]} == {"ä"}


class TestValues:
    """The values of a column."""

    def _values(self, client: httpx.Client, now: int, **params: Any) -> httpx.Response:
        asked = {"fields": "feature", "start_time": now - HOUR, "end_time": now + 1, **params}
        return client.get("/api/default/app/_values", params={"type": "logs"} | asked)

    def test_they_are_counted(self, client: httpx.Client, now: int) -> None:
        """The most frequent first; a null is an empty text, last among equals."""
        body = self._values(client, now).json()

        assert body["hits"] == [
            {
                "field": "feature",
                "values": [
                    {"zo_sql_key": "a", "zo_sql_num": 2},
                    {"zo_sql_key": "b", "zo_sql_num": 1},
                    {"zo_sql_key": "", "zo_sql_num": 1},
                ],
            }
        ]

    def test_several_columns_can_be_asked_for(self, client: httpx.Client, now: int) -> None:
        """Numbers are text."""
        hits = self._values(client, now, fields="feature,cost", size=1).json()["hits"]

        assert [hit["field"] for hit in hits] == ["feature", "cost"]
        assert hits[1]["values"] == [{"zo_sql_key": "0.25", "zo_sql_num": 1}]

    @pytest.mark.parametrize(
        ("params", "words"),
        [
            ({"fields": ""}, "fields is empty"),
            ({"size": "many"}, "size is no number"),
            ({"fields": "nosuch"}, "Search field not found"),
        ],
    )
    def test_what_cannot_be_counted_is_refused(
        self, client: httpx.Client, now: int, params: Json, words: str
    ) -> None:
        """Status 400."""
        answer = self._values(client, now, **params)

        assert answer.status_code == 400
        assert words in answer.json()["message"]


class TestAlertQueries:
    """What alerts and scheduled pipelines ask."""

    def test_rows_of_a_window(self, local: LocalServer, client: httpx.Client, now: int) -> None:
        """As many as wanted."""
        assert client
        rows = run_sql(
            local.server, "default", "logs", "SELECT cost FROM app", now - HOUR, now + 1, 2
        )

        assert [row["cost"] for row in rows] == [0.5, 0.25]

    @pytest.mark.parametrize(
        "sql", ["SELECT nosuch FROM app", "SELECT CAST(feature AS DOUBLE) AS v FROM app"]
    )
    def test_refused_and_partial_answers_are_errors(
        self, local: LocalServer, client: httpx.Client, now: int, sql: str
    ) -> None:
        """An alert must not take missing rows for none."""
        assert client
        with pytest.raises(EngineError):
            run_sql(local.server, "default", "logs", sql, now - HOUR, now + 1, 2)
