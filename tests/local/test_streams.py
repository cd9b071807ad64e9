"""Streams over HTTP: columns, settings, life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.local.app import build_app
from llmcost_infra.local.rows import StreamKey
from llmcost_infra.local.server import Config, Server
from llmcost_infra.local.streams import track_distinct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

DAY = 86_400_000_000
TRACES = {"type": "traces"}

Json = dict[str, Any]


def _create(client: httpx.Client, name: str = "calls", **settings: Any) -> httpx.Response:
    fields = [{"name": "Cost.USD", "type": "float64"}, {"name": "model", "type": "Utf8"}]
    return client.post(
        f"/api/default/streams/{name}", params=TRACES, json={"fields": fields, "settings": settings}
    )


def _change(client: httpx.Client, **settings: Any) -> httpx.Response:
    return client.put("/api/default/streams/calls/settings", params=TRACES, json=settings)


def _shown(client: httpx.Client, name: str = "calls") -> Json:
    shown: Json = client.get(f"/api/default/streams/{name}/schema", params=TRACES).json()
    return shown


class TestCreate:
    """A stream is declared."""

    def test_it_has_the_declared_columns_and_the_time(self, client: httpx.Client) -> None:
        """Names as the server writes them."""
        assert _create(client, "My-Calls").json() == {"code": 200, "message": "stream created"}
        assert _shown(client, "my_calls")["schema"] == [
            {"name": "cost_usd", "type": "Float64"},
            {"name": "model", "type": "Utf8"},
            {"name": "_timestamp", "type": "Int64"},
        ]

    def test_twice_is_refused(self, client: httpx.Client) -> None:
        """By its kept name."""
        _create(client, "my-calls")

        assert _create(client, "My.Calls").json()["message"] == "stream already exists"

    def test_the_same_name_may_exist_in_another_type(self, client: httpx.Client) -> None:
        """Type and name make a stream."""
        _create(client)

        answer = client.post(
            "/api/default/streams/calls",
            params={"type": "logs"},
            json={"fields": [], "settings": {}},
        )

        assert answer.status_code == 200

    def test_an_unknown_type_of_stream_means_logs(self, client: httpx.Client) -> None:
        """The server says nothing about it."""
        client.post(
            "/api/default/streams/calls",
            params={"type": "nosuch"},
            json={"fields": [], "settings": {}},
        )

        listed = client.get("/api/default/streams").json()["list"]
        assert [(stream["name"], stream["stream_type"]) for stream in listed] == [("calls", "logs")]

    def test_settings_are_kept(self, client: httpx.Client) -> None:
        """All that the server knows."""
        _create(
            client,
            data_retention=30,
            index_fields=["model"],
            partition_keys=[{"field": "model", "types": "value"}],
        )

        settings = _shown(client)["settings"]
        assert settings["data_retention"] == 30
        assert settings["index_fields"] == ["model"]
        assert settings["index_updated_at"] > 0
        assert settings["partition_keys"] == {
            "L0": {"field": "model", "types": "value", "disabled": False}
        }

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"full_text_search_keys": ["nosuch"]}, "field [nosuch] not found in schema"),
            ({"full_text_search_keys": ["cost_usd"]}, "[cost_usd] must be text field"),
            (
                {"full_text_search_keys": ["model"], "index_fields": ["model"]},
                "Field(s) 'model' cannot have both Full Text Search and Secondary Index",
            ),
        ],
    )
    def test_refused_settings_leave_half_a_stream(
        self, client: httpx.Client, settings: Json, words: str
    ) -> None:
        """With its columns and default settings."""
        answer = _create(client, data_retention=30, **settings)

        assert answer.status_code == 400
        assert words in answer.json()["message"]
        assert _shown(client)["settings"]["data_retention"] == 0
        assert _create(client).json()["message"] == "stream already exists"

    @pytest.mark.parametrize(
        ("kind", "field", "words"),
        [
            ("traces", {"name": "a", "type": "Money"}, "invalid data type: Money"),
            ("index", {"name": "a", "type": "Utf8"}, "Stream type 'index' not allowed"),
        ],
    )
    def test_what_is_no_stream_is_refused(
        self, client: httpx.Client, kind: str, field: Json, words: str
    ) -> None:
        """Nothing is made."""
        answer = client.post(
            "/api/default/streams/calls",
            params={"type": kind},
            json={"fields": [field], "settings": {}},
        )

        assert (answer.status_code, answer.json()["message"]) == (400, words)
        assert "stream not found" in str(_shown(client))


class TestSettings:
    """Settings are changed by what is sent, not replaced."""

    @pytest.fixture(autouse=True)
    def _stream(self, client: httpx.Client) -> None:
        _create(client, data_retention=30)

    def test_what_is_not_sent_stays(self, client: httpx.Client) -> None:
        """The answer's message is empty."""
        assert _change(client, max_query_range=24).json() == {"code": 200, "message": ""}

        settings = _shown(client)["settings"]
        assert (settings["data_retention"], settings["max_query_range"]) == (30, 24)

    def test_lists_are_added_to_and_removed_from(self, client: httpx.Client) -> None:
        """Twice is once; what is not there is not missed."""
        _change(client, bloom_filter_fields={"add": ["model", "cost_usd"], "remove": []})
        _change(client, bloom_filter_fields={"add": ["model"], "remove": ["cost_usd", "x"]})

        assert _shown(client)["settings"]["bloom_filter_fields"] == ["model"]

    def test_the_index_notes_when_it_changed(self, client: httpx.Client) -> None:
        """Other lists do not."""
        _change(client, bloom_filter_fields={"add": ["model"]})
        before = _shown(client)["settings"]["index_updated_at"]
        _change(client, index_fields={"add": ["model"]})

        assert before == 0
        assert _shown(client)["settings"]["index_updated_at"] > 0

    def test_columns_are_added_and_removed(self, client: httpx.Client) -> None:
        """A column that is there keeps its type."""
        fields = [{"name": "team", "type": "utf8"}, {"name": "model", "type": "Int64"}]
        _change(client, fields={"add": fields, "remove": [{"name": "cost_usd", "type": "x"}]})

        assert _shown(client)["schema"] == [
            {"name": "_timestamp", "type": "Int64"},
            {"name": "model", "type": "Utf8"},
            {"name": "team", "type": "Utf8"},
        ]

    def test_partition_keys_are_never_removed(self, client: httpx.Client) -> None:
        """Only disabled, and enabled again."""
        key = {"field": "model", "types": "value"}
        _change(client, partition_keys={"add": [key]})
        _change(client, partition_keys={"remove": [key]})
        disabled = _shown(client)["settings"]["partition_keys"]["L0"]["disabled"]
        _change(client, partition_keys={"add": [key]})

        assert disabled is True
        assert _shown(client)["settings"]["partition_keys"]["L0"]["disabled"] is False

    def test_ranges_of_longer_retention_are_kept(self, client: httpx.Client) -> None:
        """Each once."""
        kept = {"start": 1, "end": 2}
        _change(client, extended_retention_days={"add": [kept, kept]})
        _change(client, extended_retention_days={"remove": [{"start": 3, "end": 4}]})

        assert _shown(client)["settings"]["extended_retention_days"] == [kept]

    def test_original_data_is_stored_when_it_is_indexed(self, client: httpx.Client) -> None:
        """One setting implies the other."""
        _change(client, index_original_data=True)

        assert _shown(client)["settings"]["store_original_data"] is True

    @pytest.mark.parametrize(
        ("settings", "status", "words"),
        [
            (
                {"defined_schema_fields": {"add": ["model"]}},
                400,
                "user defined schema is not allowed",
            ),
            (
                {"index_original_data": True, "index_all_values": True},
                400,
                "cannot be true at the same time",
            ),
            ({"storage_type": "compliance", "data_retention": 7}, 400, "at least 30 days"),
            ({"index_fields": {"add": ["error"]}}, 400, "Field(s) 'error' cannot have both"),
            (
                {"extended_retention_days": {"add": [{"start": 2, "end": 1}]}},
                400,
                "start day should be less than end day",
            ),
            (
                {"fields": {"add": [{"name": "a", "type": "Money"}]}},
                500,
                "invalid data type: Money",
            ),
        ],
    )
    def test_what_the_server_refuses_changes_nothing(
        self, client: httpx.Client, settings: Json, status: int, words: str
    ) -> None:
        """In its words."""
        before = _shown(client)

        answer = _change(client, **settings)

        assert answer.status_code == status
        assert words in answer.json()["message"]
        assert _shown(client) == before

    def test_the_kind_of_a_partition_key_stays(self, client: httpx.Client) -> None:
        """It decides where files lie."""
        _change(client, partition_keys={"add": [{"field": "model", "types": "value"}]})

        answer = _change(client, partition_keys={"add": [{"field": "model", "types": "prefix"}]})

        assert "partition types can't be changed" in answer.json()["message"]

    def test_a_missing_stream_is_not_made(self, client: httpx.Client) -> None:
        """It is not found."""
        answer = client.put(
            "/api/default/streams/nosuch/settings", params=TRACES, json={"data_retention": 3}
        )

        assert (answer.status_code, answer.json()["message"]) == (404, "stream not found")


class TestList:
    """The list of streams."""

    @pytest.fixture(autouse=True)
    def _streams(self, client: httpx.Client) -> None:
        for name in ("calls", "tools", "other_calls"):
            _create(client, name, data_retention=30)

    def _names(self, client: httpx.Client, **params: Any) -> list[str]:
        listed = client.get("/api/default/streams", params=TRACES | params).json()["list"]
        return [stream["name"] for stream in listed]

    def test_it_is_sorted_by_name(self, client: httpx.Client) -> None:
        """Whatever the order of creation."""
        assert self._names(client) == ["calls", "other_calls", "tools"]

    def test_it_can_be_paged_and_searched(self, client: httpx.Client) -> None:
        """The total counts what was found."""
        assert self._names(client, limit=1, offset=1) == ["other_calls"]
        assert self._names(client, keyword="calls") == ["calls", "other_calls"]

    def test_without_columns_settings_are_defaults(self, client: httpx.Client) -> None:
        """Never compare with these."""
        bare = client.get("/api/default/streams", params=TRACES).json()["list"][0]
        whole = client.get("/api/default/streams", params=TRACES | {"fetchSchema": "true"})

        assert (bare["settings"]["data_retention"], bare["schema"]) == (0, [])
        assert whole.json()["list"][0]["settings"]["data_retention"] == 30


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with a clock that stands still."""
    server = Server(tmp_path / "server", Config(), clock=lambda: 100 * DAY)
    assert build_app(server)
    yield server
    server.close()


class TestLife:
    """Streams come, go, and forget."""

    key = StreamKey("default", "traces", "calls")

    def test_a_deleted_stream_is_gone_and_its_name_taken(self, client: httpx.Client) -> None:
        """Creating it meanwhile is refused, and makes it half."""
        _create(client)
        client.delete("/api/default/streams/calls", params=TRACES)

        again = _create(client)

        assert again.json()["message"] == "stream [calls] is being deleted"
        assert _create(client).json()["message"] == "stream already exists"
        assert _change(client, data_retention=3).status_code == 400

    def test_the_name_is_free_after_some_seconds(self, server: Server) -> None:
        """The clock decides."""
        server.streams.create(self.key, {}, {})
        server.streams.delete(self.key)
        later = server.now() + 60_000_000
        server.clock = lambda: later

        server.streams.create(self.key, {}, {})

        assert server.streams.get(self.key) is not None

    def test_telemetry_for_a_stream_that_is_being_deleted_is_refused(
        self, client: httpx.Client
    ) -> None:
        """It would vanish with the rest."""
        client.post("/api/default/calls/_json", json=[{"a": 1}])
        client.delete("/api/default/streams/calls", params={"type": "logs"})

        answer = client.post("/api/default/calls/_json", json=[{"a": 1}])

        assert answer.status_code == 400
        assert answer.json()["message"] == "stream [calls] is being deleted"

    def test_columns_and_settings_survive_a_restart(self, tmp_path: Path) -> None:
        """They are objects like others."""
        first = Server(tmp_path / "kept", Config())
        first.streams.create(self.key, {"a": "Utf8"}, {"data_retention": 30})
        first.close()

        again = Server(tmp_path / "kept", Config())

        assert again.streams.columns(self.key) == {"a": "Utf8", "_timestamp": "Int64"}
        again.close()

    def test_rows_older_than_the_retention_are_removed(self, tmp_path: Path) -> None:
        """By file, once an hour, when new rows come."""
        times = iter([100 * DAY, 200 * DAY])
        moment = next(times)
        server = Server(tmp_path / "kept", Config(), clock=lambda: moment)
        server.rows._journal_bytes = 1
        server.streams.create(self.key, {}, {"data_retention": 30})
        server.intake.take(self.key, [[{"_timestamp": moment, "a": 1}]])
        kept = server.rows.files(self.key)
        moment = next(times)

        server.intake.take(self.key, [[{"_timestamp": moment, "a": 2}]])

        assert len(kept) == 1
        assert [file.latest for file in server.rows.files(self.key)] == [moment]
        server.close()

    def test_dashboards_note_the_columns_whose_values_they_list(self, server: Server) -> None:
        """Of logs and traces, once each."""
        server.streams.create(self.key, {}, {})

        for _ in range(2):
            track_distinct(server, "default", "traces", "calls", "feature")
        track_distinct(server, "default", "metrics", "usage", "feature")

        record = server.streams.get(self.key)
        assert record
        assert [entry["name"] for entry in record["settings"]["distinct_value_fields"]] == [
            "feature"
        ]
        assert server.streams.get(StreamKey("default", "metrics", "usage")) is None
