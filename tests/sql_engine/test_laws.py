"""Laws that hold for whatever rows and statements there are."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.sql_engine.clauses import read_clauses
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.refusals import SqlRefusal
from llmcost_infra.sql_engine.rewrite import rewrite
from llmcost_infra.sql_engine.sql import MemoryStreams, query

SPAN = 100
TIMES = st.integers(0, SPAN - 1)
FEATURES = ["search", "chat", "it's", "", None]
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "_timestamp": TIMES,
            "feature": st.sampled_from(FEATURES),
            "cost": st.none() | st.integers(0, 8).map(lambda eighths: eighths / 8),
        }
    ),
    max_size=25,
)
SCHEMA = pa.schema([("_timestamp", pa.int64()), ("feature", pa.string()), ("cost", pa.float64())])

Row = dict[str, Any]


def _held(rows: list[Row]) -> MemoryStreams:
    return MemoryStreams({"calls": pa.Table.from_pylist(rows, schema=SCHEMA)})


def _shown(row: Row) -> Row:
    return {key: value for key, value in row.items() if value is not None}


def _sorted(rows: list[Row]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


@given(rows=ROWS, start=TIMES, end=TIMES, size=st.integers(1, 9), offset=st.integers(0, 9))
def test_a_page_of_whole_rows_is_the_page_of_all_rows(
    rows: list[Row], start: int, end: int, size: int, offset: int
) -> None:
    """Looking for a page by its times first changes nothing but the memory it takes."""
    within = [row for row in rows if start <= row["_timestamp"] < end]
    newest = sorted((row["_timestamp"] for row in within), reverse=True)

    answer = query(
        "SELECT * FROM calls", _held(rows), TimeRange(start, end), size=size, offset=offset
    )

    assert [row["_timestamp"] for row in answer.rows] == newest[offset : offset + size]
    assert set(_sorted(answer.rows)) <= set(_sorted([_shown(row) for row in within]))
    assert answer.scanned == len(within)


@given(rows=ROWS, cuts=st.tuples(TIMES, TIMES, TIMES).map(sorted))
def test_neighbouring_ranges_add_up(rows: list[Row], cuts: list[int]) -> None:
    """A row belongs to exactly one of two ranges that touch."""
    first, middle, last = cuts
    held = _held(rows)

    def count(start: int, end: int) -> tuple[int, float]:
        answer = query(
            "SELECT COUNT(*) AS n, SUM(cost) AS c FROM calls", held, TimeRange(start, end)
        )
        return answer.rows[0]["n"], answer.rows[0].get("c", 0.0)

    parts = [count(first, middle), count(middle, last)]

    assert count(first, last) == (sum(n for n, _ in parts), sum(c for _, c in parts))


@given(rows=ROWS, width=st.sampled_from([1, 5, 10, 30]))
def test_buckets_hold_every_row_once(rows: list[Row], width: int) -> None:
    """They begin at multiples of their width, and their counts are the count."""
    seconds = [{**row, "_timestamp": row["_timestamp"] * 1_000_000} for row in rows]

    answer = query(
        "SELECT histogram(_timestamp, '? seconds') AS ts, COUNT(*) AS n FROM calls "
        "GROUP BY ts ORDER BY ts".replace("?", str(width)),
        _held(seconds),
        TimeRange(0, SPAN * 1_000_000),
    )

    starts = [row["ts"] for row in answer.rows]
    assert sum(row["n"] for row in answer.rows) == len(rows)
    assert starts == sorted(set(starts))
    assert all(int(start[-2:]) % min(width, 60) == 0 for start in starts)


@given(rows=ROWS)
def test_groups_add_up_to_the_whole(rows: list[Row]) -> None:
    """A null is a group of its own."""
    answer = query(
        "SELECT feature, COUNT(*) AS n FROM calls GROUP BY feature", _held(rows), TimeRange(0, SPAN)
    )

    groups = {row.get("feature"): row["n"] for row in answer.rows}
    assert sum(groups.values()) == len(rows)
    assert groups.keys() == {row["feature"] for row in rows}


@given(rows=ROWS, chosen=st.sampled_from(["search", "chat", "it''s"]))
def test_the_placeholder_of_all_is_no_filter(rows: list[Row], chosen: str) -> None:
    """Any other value is."""
    held, statement = _held(rows), "SELECT COUNT(*) AS n FROM calls WHERE feature IN ('?')"

    everything = query(statement.replace("?", "_o2_all_"), held, TimeRange(0, SPAN))
    some = query(statement.replace("?", chosen), held, TimeRange(0, SPAN))

    wanted = chosen.replace("''", "'")
    assert everything.rows == [{"n": len(rows)}]
    assert some.rows == [{"n": sum(row["feature"] == wanted for row in rows)}]


@given(
    items=st.lists(
        st.sampled_from(["COUNT(*) AS n", "SUM(cost) AS c", "MAX(feature) AS f"]),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    condition=st.sampled_from(["", " WHERE cost > 0.1", " WHERE feature LIKE 's%'"]),
    group=st.sampled_from(["", " GROUP BY feature"]),
)
def test_what_needs_no_change_is_not_changed(items: list[str], condition: str, group: str) -> None:
    """An aggregate without buckets or placeholders goes to the engine as it was written."""
    statement = "SELECT ? FROM calls".replace("?", ", ".join(items)) + condition + group

    assert rewrite(read_clauses(statement), TimeRange(0, SPAN)).sql == statement


@given(
    function=st.sampled_from(["COALESCE", "GREATEST", "LEAST", "NULLIF"]),
    beside=st.sampled_from(["", ", COUNT(*) AS n", ", SUM(cost) / 2 AS half"]),
    having=st.sampled_from(["", " HAVING COUNT(*) >= 0"]),
)
def test_a_hidden_aggregate_needs_a_visible_one_or_having(
    function: str, beside: str, having: str
) -> None:
    """Alone it is refused, as on the server."""
    value = function + "(SUM(cost), 0) AS v" + beside
    statement = "SELECT ? FROM calls".replace("?", value) + having
    held = _held([{"_timestamp": 1, "feature": "a", "cost": 0.5}])

    if beside or having:
        assert query(statement, held, TimeRange(0, SPAN)).total == 1
    else:
        with pytest.raises(SqlRefusal, match="must be in GROUP BY"):
            query(statement, held, TimeRange(0, SPAN))


@given(pattern=st.sampled_from(["s", "^s", "a.c", "h$", "[a-s]+t"]), rows=ROWS)
def test_regular_expressions_match_as_usual(pattern: str, rows: list[Row]) -> None:
    """Anywhere in the text, and never a null."""
    answer = query(
        "SELECT COUNT(*) AS n FROM calls WHERE re_match(feature, '?')".replace("?", pattern),
        _held(rows),
        TimeRange(0, SPAN),
    )

    matching = [row for row in rows if row["feature"] and re.search(pattern, row["feature"])]
    assert answer.rows == [{"n": len(matching)}]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE EXTERNAL TABLE p STORED AS CSV LOCATION '/etc/hosts'",
        "CREATE VIEW v AS SELECT COUNT(*) FROM calls",
        "DROP TABLE calls",
        "SET datafusion.execution.batch_size = 1",
        "COPY (SELECT COUNT(*) FROM calls) TO '/nowhere/rows.csv'",
        "INSERT INTO calls SELECT COUNT(*), 'a', 1.0 FROM calls",
        "",
        ";",
        "SELECT 1",
        "SELECT * FROM '/etc/hosts'",
    ],
)
def test_only_questions_about_streams_are_answered(statement: str) -> None:
    """A statement can neither change anything nor read a file."""
    with pytest.raises(SqlRefusal):
        query(statement, _held([]), TimeRange(0, SPAN))


@given(st.text(alphabet="SELECT FROMcalstWHRE()*,'\"=;-/1", max_size=40))
def test_any_text_is_answered_or_refused(statement: str) -> None:
    """Nothing crashes."""
    try:
        answer = query(statement, _held([]), TimeRange(0, SPAN))
    except SqlRefusal as refusal:
        answer = None
        code = refusal.code
    else:
        code = 200
    assert answer is not None or 20_000 < code < 21_000
