"""A review with rows or a server at hand: pictures of them, statements asked, previews."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import DeclarationError, TransportError
from llmcost_infra.openobserve.client import SearchResult
from llmcost_infra.openobserve.paths import api_path_v2
from llmcost_infra.pricing import load_table
from llmcost_infra.program import Program
from llmcost_infra.review.changes import merged
from llmcost_infra.review.objects import program_findings
from llmcost_infra.review.previews import put_previews, sweep
from llmcost_infra.review.row_sources import FileRows, ServerRows
from llmcost_infra.review.sample import SAMPLE_END, SAMPLE_START, sample_rows
from llmcost_infra.review.scans import scans
from tests.review.bodies import registered

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.openobserve import Client
    from llmcost_infra.review.changes import Change

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SQL = 'SELECT llmcost_model AS model, COUNT(*) AS n FROM "llm_calls" GROUP BY llmcost_model'
PANEL: dict[str, Any] = {
    "title": "Calls by Model", "type": "bar", "order": 1, "query": SQL, "stream": "llm_calls",
    "stream_type": "traces", "x_axis": [{"alias": "model"}], "y_axis": [{"alias": "n"}],
}  # fmt: skip


def program(sql: str = SQL, title: str = "LLM Cost", **more: Any) -> Program:
    """A program with one dashboard of one panel."""
    tabs = {"t": {"name": "T", "order": 1, "panels": {"p": {**PANEL, "query": sql}}}}
    inputs = {"title": title, "organization": "acme", "folder": "${f.folder_id}", "tabs": tabs}
    return Program("shop", "dev", (registered("Dashboard", "board", {**inputs, **more}),), ())


def changes(before: Program, after: Program) -> tuple[Change, ...]:
    """What a review finds between two programs."""
    return merged({"dev": program_findings(before, after)}, {}, {})


class Server:
    """A client whose server gives its answers in turn, and the last one ever after."""

    def __init__(self, *answers: SearchResult | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, timedelta]] = []

    def search(self, sql: str, start: datetime, end: datetime, **_: object) -> SearchResult:
        """Answer, or raise."""
        self.asked.append((sql, end - start))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def told(client: Any, before: Program, after: Program) -> tuple[list[str], list[str]]:
    """What a server says of a change, and what went wrong."""
    sides = {"before": before, "after": after}
    found, notes = scans(client, changes(before, after), sides, "dev", NOW)
    return [one.sentence for one in found], [note.message for note in notes]


OTHER = SQL.replace("COUNT(*)", "COUNT(llmcost_model)")


def test_a_changed_statement_is_told_with_what_it_reads_before_and_after() -> None:
    """Rows and bytes where the server says; never a value of an answer."""
    more = SearchResult([{"model": "private"}], 1, 3, 12_400, 3.1, None)
    server = Server(SearchResult([], 0, 3, 9_800, 2.4, None), more)
    [sentence], notes = told(server, program(), program(OTHER))
    assert sentence == (
        "reads 12,400 rows (3.1 MB) instead of 9,800 rows (2.4 MB) for 24 hours, "
        "and answers with 1 row"
    )
    assert notes == []
    assert server.asked == [(SQL, timedelta(days=1)), (OTHER, timedelta(days=1))]


def test_a_statement_that_reads_what_it_read_says_so() -> None:
    """The same figure twice would be read twice."""
    [sentence], _ = told(Server(SearchResult([], 0, 1, 7)), program(), program(OTHER))
    assert sentence == "reads 7 rows, as before, for 24 hours, and answers with 0 rows"


def test_a_new_alert_is_asked_over_its_own_window() -> None:
    """Bytes are left out where the server counts none."""
    inputs = {
        "name": "spend", "stream_name": "llm_calls", "stream_type": "traces",
        "query_condition": {"type": "sql", "sql": SQL}, "trigger_condition": {"period": 90},
    }  # fmt: skip
    after = Program("shop", "dev", (registered("Alert", "spend", inputs),), ())
    server = Server(SearchResult([], 0, 1, 7))
    [sentence], _ = told(server, Program("shop", "dev", (), ()), after)
    assert sentence == "reads 7 rows for 2 hours, and answers with 0 rows"
    assert server.asked == [(SQL, timedelta(minutes=90))]


def test_a_statement_that_the_server_refuses_is_told(client: Client) -> None:
    """In its words; one that is not asked any more is not asked."""
    refused = "SELECT SUM(nowhere) AS n FROM llm_calls"
    [sentence], notes = told(client, program(), program(refused))
    assert sentence.startswith("the server refuses it: ")
    assert "nowhere" in sentence
    assert notes == []


def test_a_moved_panel_asks_nothing_of_the_server() -> None:
    """Its statement is what it was."""
    server = Server(SearchResult([], 0, 1))
    assert told(server, program(), program(title="Other")) == ([], [])
    assert server.asked == []


def test_a_server_that_does_not_answer_is_a_note_and_asked_no_further() -> None:
    """The rest of the report comes all the same."""
    server = Server(TransportError("gave no answer within 30 s"))
    assert told(server, program(), program(OTHER)) == ([], ["gave no answer within 30 s"])
    assert len(server.asked) == 1


def test_pictures_of_a_server_show_its_last_day_and_nobody() -> None:
    """A statement about people is not even sent."""
    server: Any = Server(SearchResult([{"model": "gpt-4o", "n": 2}], 1, 1, bucket_s=60))
    rows = ServerRows(server, NOW)
    assert rows.answer(SQL, PANEL).rows == [{"model": "gpt-4o", "n": 2}]
    assert rows.answer(SQL, PANEL).interval == 60
    private = SQL.replace("llmcost_model", "llmcost_user")
    assert rows.answer(private, PANEL).withheld == "it selects llmcost_user"
    assert {sql for sql, _ in server.asked} == {SQL}
    assert rows.time_range.end - rows.time_range.start == timedelta(days=1)
    refusing: Any = Server(TransportError("no"))
    assert ServerRows(refusing, NOW).answer(SQL, PANEL).refusal == "no"


def test_pictures_of_recorded_rows_show_their_last_day(tmp_path: Path) -> None:
    """What the file lacks is said in the picture; other pictures are drawn."""
    path = tmp_path / "calls.ndjson"
    given = [{"end_time": 0, **row} for row in sample_rows(load_table())]
    path.write_text("\n".join(json.dumps(row) for row in given))
    times = [row["_timestamp"] for row in given]
    rows = FileRows(path, min(times), max(times))
    found = rows.answer(SQL, PANEL)
    assert sum(row["n"] for row in found.rows) == len(given)
    assert SAMPLE_START <= rows.time_range.start < rows.time_range.end <= SAMPLE_END
    assert rows.label == "the last day of calls.ndjson"
    assert rows.answer(SQL, {**PANEL, "stream_type": "logs"}).withheld
    assert rows.answer(SQL.replace("llmcost_model", "llmcost_user"), PANEL).withheld
    assert FileRows(tmp_path / "gone.ndjson", 0, 0).answer(SQL, PANEL).withheld


def folders(client: Client) -> dict[str, str]:
    """The folders of dashboards by name, with their ids."""
    listed = client.get(api_path_v2("default", "folders", "dashboards"))["list"]
    return {one["name"]: one["folderId"] for one in listed}


def titles(client: Client, folder: str) -> list[str]:
    """The titles of the dashboards of a folder."""
    listed = client.get("/api/default/dashboards", {"folder": folders(client)[folder]})
    return sorted(one["title"] for one in listed["dashboards"])


def test_changed_dashboards_can_be_opened_in_a_folder_of_their_own(client: Client) -> None:
    """Another push writes over them, so that links stay; what is no more in it is removed."""
    before, after = program(), program(OTHER)
    [preview] = put_previews(client, "pr-7", after, changes(before, after), NOW)
    assert preview.title == "LLM Cost"
    assert preview.address.startswith(f"{client.url}/web/dashboards/view?org_identifier=default&")
    assert titles(client, "pr-7") == ["LLM Cost"]
    again = program(OTHER.replace(" AS n", " AS n, 1 AS one"))
    assert put_previews(client, "pr-7", again, changes(before, again), NOW) == (preview,)
    renamed = program(OTHER, title="Other")
    put_previews(client, "pr-7", renamed, changes(before, renamed), NOW)
    assert titles(client, "pr-7") == ["Other"]
    assert put_previews(client, "pr-8", before, (), NOW) == ()
    assert "pr-8" not in folders(client)


def test_dashboards_of_one_title_are_previews_of_their_own(client: Client) -> None:
    """A team's have the titles of the platform's: the team stands before them."""

    def both(sql: str) -> Program:
        [own] = program(sql).resources
        component = replace(
            own, name="team", custom=False, inputs={"team": "search"}, urn="a::b::t"
        )
        theirs = replace(own, name="theirs", urn=f"{own.urn}-theirs", parent=component.urn)
        return Program("shop", "dev", (own, component, theirs), ())

    before, after = both(SQL), both(OTHER)

    previews = put_previews(client, "pr-30", after, changes(before, after), NOW)

    assert [one.title for one in previews] == ["LLM Cost", "search: LLM Cost"]
    assert len({one.address for one in previews}) == 2


def test_old_previews_are_swept_and_nothing_else_is(client: Client) -> None:
    """By when they were last written to; a folder that somebody made stays as it is."""
    path = api_path_v2("default", "folders", "dashboards", "own")
    client.put(path, {"name": "pr-9", "description": "mine"})
    before, after = program(), program(OTHER)
    change = changes(before, after)
    put_previews(client, "pr-20", after, change, NOW - timedelta(days=9))
    put_previews(client, "pr-21", after, change, NOW - timedelta(days=9))
    put_previews(client, "pr-21", after, change, NOW)
    assert list(sweep(client, timedelta(days=7), NOW)) == ["pr-20"]
    assert {"pr-9", "pr-21"} <= folders(client).keys()
    assert "pr-20" not in folders(client)
    with pytest.raises(DeclarationError, match="somebody else made the folder pr-9"):
        put_previews(client, "pr-9", after, change, NOW)
