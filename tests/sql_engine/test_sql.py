"""Statements planned and run."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from llmcost_infra.sql_engine.clauses import Table
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.refusals import SqlRefusal
from llmcost_infra.sql_engine.sql import (
    DEFAULT_LIMIT,
    Answer,
    CastFault,
    DeclaredStreams,
    MemoryStreams,
    plan,
    query,
)
from tests.sql_engine.conftest import EARLY, EVERYTHING, LATE


def _numbers(count: int) -> MemoryStreams:
    """A stream of numbered rows, one a microsecond."""
    return MemoryStreams(
        {
            "numbers": pa.table(
                {
                    "_timestamp": pa.array(range(count), pa.int64()),
                    "number": pa.array(range(count), pa.int64()),
                    "text": pa.array([f"row {at}" for at in range(count)]),
                }
            )
        }
    )


def _ask(statement: str, streams: MemoryStreams, **page: int) -> Answer:
    return query(statement, streams, EVERYTHING, **page)


class TestPlan:
    """What a statement answers with, without running it."""

    def test_columns_come_with_types(self, streams: MemoryStreams) -> None:
        """Names are those of the statement, in its order."""
        planned = plan(
            "SELECT llmcost_model AS m, SUM(llmcost_cost_usd) AS c, COUNT(*) AS n "
            "FROM llm_traces GROUP BY m",
            streams,
        )

        assert [(field.name, field.type) for field in planned.fields] == [
            ("m", "string"),
            ("c", "double"),
            ("n", "int64"),
        ]
        assert planned.tables == (Table("", "llm_traces"),)

    def test_a_count_is_never_null(self, streams: MemoryStreams) -> None:
        """A sum of nothing is null."""
        planned = plan("SELECT COUNT(*) AS n, SUM(duration) AS d FROM llm_traces", streams)

        assert [field.nullable for field in planned.fields] == [False, True]

    def test_the_width_of_buckets_follows_the_range(self, streams: MemoryStreams) -> None:
        """An hour when none is given."""
        statement = "SELECT histogram(_timestamp) AS ts, COUNT(*) AS n FROM llm_traces GROUP BY ts"

        assert plan(statement, streams).bucket == 30
        assert plan(statement, streams, TimeRange(0, 7 * 3_600_000_000)).bucket == 3600

    def test_rows_are_not_read(self, streams: MemoryStreams) -> None:
        """Only column types are needed: a check has no rows."""

        class Columns:
            def columns(self, table: Table) -> dict[str, str] | None:
                return dict(streams.columns(table) or {})

            def batches(self, table: Table, *_: object) -> list[Any]:
                raise AssertionError(table)

        assert plan("SELECT * FROM llm_traces", Columns()).fields

    @pytest.mark.parametrize(
        ("statement", "code", "words"),
        [
            (
                "SELEC 1",
                20001,
                "Search SQL not valid: sql parser error: Expected: an SQL statement",
            ),
            ("SELECT 1 FROM nosuch", 20002, "Search stream not found: nosuch"),
            ("SELECT nosuch FROM llm_traces", 20004, "No field named nosuch"),
            ("SELECT nosuch(duration) FROM llm_traces", 20005, "Invalid function 'nosuch'"),
            ("SELECT ROUND(SUM(duration)) FROM llm_traces", 20008, "must be in GROUP BY"),
            ("SELECT histogram(_timestamp, 'x') FROM llm_traces", 20001, "cannot be read"),
        ],
    )
    def test_what_the_server_refuses_is_refused(
        self, statement: str, code: int, words: str, streams: MemoryStreams
    ) -> None:
        """With its code and its words."""
        with pytest.raises(SqlRefusal) as caught:
            plan(statement, streams)

        assert caught.value.code == code
        assert words in caught.value.message

    def test_a_syntax_error_is_placed_in_the_text_as_written(self, streams: MemoryStreams) -> None:
        """What the server adds does not move it."""
        with pytest.raises(SqlRefusal) as caught:
            plan("SELECT duration,, feature FROM llm_traces", streams)

        assert "found: , at Line: 1, Column: 17" in caught.value.message


class TestDeclaredStreams:
    """Columns without rows."""

    declared = DeclaredStreams({"calls": {"cost": "Float64"}, "logs.app": {"line": "Utf8"}})

    def test_a_statement_can_be_checked(self) -> None:
        """The time is always there."""
        planned = plan("SELECT cost FROM calls", self.declared)

        assert [(field.name, field.type) for field in planned.fields] == [
            ("_timestamp", "int64"),
            ("cost", "double"),
        ]

    def test_what_is_not_declared_is_refused(self) -> None:
        """Streams as well as columns."""
        with pytest.raises(SqlRefusal, match="Search stream not found: app"):
            plan("SELECT line FROM app", self.declared)
        with pytest.raises(SqlRefusal, match="No field named cost"):
            plan('SELECT cost FROM "logs"."app"', self.declared)

    def test_there_are_no_rows(self) -> None:
        """A count is zero."""
        answer = query("SELECT COUNT(*) AS n FROM calls", self.declared, EVERYTHING)

        assert answer.rows == [{"n": 0}]


class TestQuery:
    """Rows of a statement."""

    def test_only_rows_within_the_range_are_seen(self, streams: MemoryStreams) -> None:
        """The start is in, the end is out."""
        statement = "SELECT COUNT(*) AS n FROM llm_traces"

        assert query(statement, streams, TimeRange(EARLY, LATE)).rows == [{"n": 5}]
        assert query(statement, streams, TimeRange(EARLY + 1, LATE + 1)).rows == [{"n": 2}]

    def test_the_range_holds_in_every_part_of_a_statement(self, streams: MemoryStreams) -> None:
        """Subqueries and branches see no more than the rest."""
        statement = (
            "SELECT COUNT(*) AS n FROM (SELECT duration FROM llm_traces UNION ALL "
            "SELECT duration FROM llm_traces) t"
        )

        answer = query(statement, streams, TimeRange(EARLY, LATE))

        assert (answer.rows, answer.scanned) == ([{"n": 10}], 10)

    def test_nulls_are_left_out(self, streams: MemoryStreams) -> None:
        """A null is no key at all."""
        answer = _ask("SELECT feature, trace_id FROM llm_traces WHERE feature IS NULL", streams)

        assert answer.rows == [{"_timestamp": EARLY, "trace_id": "e"}]

    def test_an_empty_stream_counts_to_zero(self, streams: MemoryStreams) -> None:
        """It has columns and no rows."""
        answer = _ask("SELECT COUNT(*) AS n, SUM(cost_usd) AS c FROM llm_cost_hourly", streams)

        assert (answer.rows, answer.scanned) == ([{"n": 0}], 0)

    def test_times_are_iso_without_zone(self, streams: MemoryStreams) -> None:
        """As the server writes buckets."""
        answer = _ask(
            "SELECT histogram(_timestamp, '1 hour') AS ts, COUNT(*) AS n FROM llm_traces "
            "GROUP BY ts",
            streams,
        )

        assert answer.rows == [{"ts": "2026-11-23T20:00:00", "n": 7}]

    def test_another_type_of_stream_can_be_named(self, streams: MemoryStreams) -> None:
        """Next to a stream of the request's own type."""
        answer = _ask(
            'SELECT COUNT(*) AS n FROM llm_traces t CROSS JOIN "logs"."app_logs" l', streams
        )

        assert answer.rows == [{"n": 7}]

    def test_now_can_be_set(self, streams: MemoryStreams) -> None:
        """A backtest runs a statement at another time."""
        statement = (
            "SELECT COUNT(*) AS n FROM llm_traces "
            "WHERE _timestamp > to_unixtime(now()) * 1000000 - 60000000"
        )

        assert query(statement, streams, EVERYTHING, now=LATE + 1).rows == [{"n": 2}]
        assert query(statement, streams, EVERYTHING, now=LATE + 10**9).rows == [{"n": 0}]


class TestPage:
    """How many rows come back, and which."""

    @pytest.mark.parametrize(
        ("statement", "size", "offset", "numbers"),
        [
            ("SELECT number FROM numbers", 3, 0, [9, 8, 7]),
            ("SELECT number FROM numbers", 3, 2, [7, 6, 5]),
            ("SELECT * FROM numbers", 3, 0, [9, 8, 7]),
            ("SELECT * FROM numbers", 3, 8, [1, 0]),
            ("SELECT * FROM numbers ORDER BY _timestamp", 2, 0, [0, 1]),
            ("SELECT * FROM numbers ORDER BY _timestamp", 2, 3, [3, 4]),
            ("SELECT * FROM numbers WHERE number < 5", 2, 0, [4, 3]),
            ("SELECT * FROM numbers WHERE number > 50", 2, 0, []),
            ("SELECT * FROM numbers ORDER BY number LIMIT 4", 2, 0, [0, 1, 2, 3]),
            ("SELECT number FROM numbers LIMIT 2", -1, 0, [9, 8]),
            ("SELECT number FROM numbers LIMIT 4", 2, 0, [9, 8]),
        ],
    )
    def test_the_newest_rows_come_first(
        self, statement: str, size: int, offset: int, numbers: list[int]
    ) -> None:
        """Size and offset choose; a statement's own ORDER BY with LIMIT wins."""
        answer = query(statement, _numbers(10), TimeRange(0, 10), size=size, offset=offset)

        assert [row["number"] for row in answer.rows] == numbers

    def test_without_a_size_there_is_a_limit(self) -> None:
        """A thousand rows, as the server's default says."""
        answer = query(
            "SELECT number FROM numbers", _numbers(DEFAULT_LIMIT + 5), TimeRange(0, 10**6)
        )

        assert answer.total == DEFAULT_LIMIT

    def test_a_page_of_whole_rows_counts_all_that_were_looked_at(self) -> None:
        """Reading less is not telling less."""
        answer = query("SELECT * FROM numbers", _numbers(50), TimeRange(0, 40), size=3)

        assert (answer.total, answer.scanned) == (3, 40)

    def test_long_answers_come_in_pieces(self) -> None:
        """The pieces are the rows."""
        answer = query(
            "SELECT number FROM numbers", _numbers(12_000), TimeRange(0, 10**6), size=12_000
        )

        pieces = list(answer.pieces())

        assert len(pieces) > 1
        assert [row for piece in pieces for row in piece] == answer.rows


class _Misfits(MemoryStreams):
    """Streams that hold a value which does not fit its column."""

    def batches(self, table: Table, *_: object) -> list[Any]:
        """Find the misfit."""
        raise CastFault(f"Cannot cast string 'eight' in {table.name}")


class TestFaults:
    """Statements that are fine and rows that are not."""

    def test_a_misfit_makes_the_answer_partial(self) -> None:
        """No row comes back, and the answer says why."""
        answer = query("SELECT * FROM numbers", _Misfits(_numbers(3).tables), TimeRange(0, 9))

        assert answer.rows == []
        assert answer.scanned == 0
        assert answer.fault == ("Arrow error: Cast error: Cannot cast string 'eight' in numbers")

    def test_a_cast_that_stops_makes_the_answer_partial(self, streams: MemoryStreams) -> None:
        """TRY_CAST would have gone on."""
        answer = _ask("SELECT SUM(CAST(feature AS DOUBLE)) AS s FROM llm_traces", streams)

        assert answer.rows == []
        assert "Cannot cast string" in answer.fault

    def test_a_branch_with_nulls_beside_one_without_is_refused(
        self, streams: MemoryStreams
    ) -> None:
        """The server refuses such a UNION only when there is a null."""
        statement = (
            "SELECT SUM(duration) AS v FROM llm_traces "
            "UNION ALL SELECT COUNT(*) AS v FROM llm_traces"
        )
        nulls = statement.replace("duration", "llmcost_input_tokens")

        with pytest.raises(SqlRefusal, match="declared as non-nullable but contains null"):
            query(nulls, streams, TimeRange(EARLY, LATE))
        assert _ask(statement, streams).total == 2

    def test_both_branches_coalesced_are_fine(self, streams: MemoryStreams) -> None:
        """This is how such a statement is written."""
        answer = query(
            "SELECT COALESCE(SUM(llmcost_input_tokens), 0) AS v, 'in' AS k, COUNT(*) AS n "
            "FROM llm_traces UNION ALL "
            "SELECT COALESCE(COUNT(*), 0) AS v, 'n' AS k, COUNT(*) AS n FROM llm_traces",
            streams,
            TimeRange(EARLY, LATE),
        )

        assert sorted(row["v"] for row in answer.rows) == [0, 5]
