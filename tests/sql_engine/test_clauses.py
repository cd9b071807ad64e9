"""A statement taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.sql_engine.clauses import Table, read_clauses


def _tables(statement: str) -> list[str]:
    return [table.written for table in read_clauses(statement).tables]


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ('SELECT a FROM "llm_calls"', ["llm_calls"]),
        ("SELECT a FROM calls c, tools AS t WHERE c.x = t.x", ["calls", "tools"]),
        ("SELECT a FROM calls c JOIN tools t ON c.x = t.x", ["calls", "tools"]),
        ('SELECT a FROM "logs"."app"', ["logs.app"]),
        ("SELECT a FROM (SELECT b FROM calls) x", ["calls"]),
        ("WITH x AS (SELECT a FROM calls) SELECT a FROM x", ["calls"]),
        ("SELECT a FROM calls UNION ALL SELECT a FROM tools", ["calls", "tools"]),
        ("SELECT a FROM calls WHERE b IN (SELECT b FROM tools)", ["calls", "tools"]),
        ("SELECT extract(day FROM ts) FROM calls", ["calls"]),
        ("SELECT a FROM calls UNION ALL SELECT a FROM calls", ["calls"]),
        ("SELECT 'FROM nowhere' FROM calls -- FROM comment", ["calls"]),
        ("SELECT 1", []),
    ],
)
def test_the_streams_of_a_statement_are_found(statement: str, tables: list[str]) -> None:
    """Every FROM and JOIN counts, names of the statement's own WITH do not."""
    assert _tables(statement) == tables


def test_a_stream_of_another_type_is_named_with_it() -> None:
    """`"logs"."app"` is the logs stream, whatever the request is about."""
    assert read_clauses('SELECT 1 FROM "logs"."app"').tables == (Table("logs", "app"),)


@pytest.mark.parametrize(
    "items",
    [
        "COALESCE(SUM(x), 0) AS v",
        "ROUND(SUM(x), 2)",
        "GREATEST(COALESCE(SUM(x), 0), 0)",
        "COALESCE(SUM(x) FILTER (WHERE ok), 0)",
        "lower(feature)",
        "feature",
        "1",
    ],
)
def test_an_aggregate_inside_a_function_is_not_seen(items: str) -> None:
    """The server takes such a select for one of single rows."""
    assert not read_clauses("SELECT ITEMS FROM calls".replace("ITEMS", items)).complex


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT SUM(x) FROM calls",
        "SELECT SUM(x) / COUNT(*) FROM calls",
        "SELECT CAST(SUM(x) AS DOUBLE) FROM calls",
        "SELECT SUM(x)::DOUBLE FROM calls",
        "SELECT CASE WHEN SUM(x) > 0 THEN 1 ELSE 0 END FROM calls",
        "SELECT COUNT(*) FILTER (WHERE ok) FROM calls",
        "SELECT (SUM(x)) FROM calls",
        "SELECT COALESCE(SUM(x), 0), COUNT(*) FROM calls",
        "SELECT COALESCE(SUM(x), 0) FROM calls HAVING SUM(x) > 0",
        "SELECT ROUND(SUM(x)) FROM calls GROUP BY y",
        "SELECT lag(v) OVER (ORDER BY ts) FROM calls",
        "SELECT DISTINCT feature FROM calls",
        "SELECT * FROM calls",
        "SELECT c.* FROM calls c",
        "SELECT a FROM calls c JOIN tools t ON c.x = t.x",
        "SELECT a FROM calls, tools",
        "SELECT ROUND(v) FROM (SELECT SUM(x) AS v FROM calls) t",
        "SELECT a FROM calls WHERE b IN (SELECT b FROM tools)",
        "SELECT a FROM calls UNION ALL SELECT a FROM tools",
    ],
)
def test_other_statements_are_left_alone(statement: str) -> None:
    """Groups, visible aggregates, joins and subqueries stop the server from adding the time."""
    assert read_clauses(statement).complex


def test_a_with_clause_does_not_make_a_statement_complex() -> None:
    """Only the outermost select is looked at."""
    statement = "WITH x AS (SELECT SUM(v) AS v FROM calls) SELECT GREATEST(v, 3) FROM x"

    assert not read_clauses(statement).complex


@pytest.mark.parametrize(
    ("statement", "wildcard"),
    [
        ("SELECT * FROM calls", True),
        ("SELECT c.* FROM calls c", True),
        ("SELECT a, * FROM calls", True),
        ("SELECT x FROM (SELECT * FROM calls) t", True),
        ("SELECT COUNT(*) FROM calls", False),
        ("SELECT a * b FROM calls", False),
        ("SELECT 2 * 3", False),
    ],
)
def test_a_star_is_not_always_all_columns(statement: str, wildcard: bool) -> None:
    """Counting and multiplying use the same mark."""
    assert read_clauses(statement).wildcard is wildcard


@pytest.mark.parametrize(
    ("statement", "order"),
    [
        ("SELECT a FROM calls ORDER BY a", (("a", "asc"),)),
        ("SELECT a FROM calls ORDER BY a DESC, b", (("a", "desc"), ("b", "asc"))),
        ('SELECT a FROM calls ORDER BY "A" DESC NULLS LAST LIMIT 3', (("A", "desc"),)),
        ("SELECT a FROM calls ORDER BY COUNT(*) DESC", ()),
        ("SELECT a FROM (SELECT a FROM calls ORDER BY b) t", ()),
        ("SELECT a FROM calls", ()),
    ],
)
def test_the_outermost_order_is_read(statement: str, order: tuple[tuple[str, str], ...]) -> None:
    """Only columns are reported, as the server does."""
    assert read_clauses(statement).order_by == order


@pytest.mark.parametrize(
    ("statement", "limit"),
    [
        ("SELECT a FROM calls LIMIT 10", 10),
        ("SELECT a FROM calls ORDER BY a LIMIT 10 OFFSET 5", 10),
        ("SELECT a FROM (SELECT a FROM calls LIMIT 3) t", None),
        ("SELECT a FROM calls", None),
    ],
)
def test_the_outermost_limit_is_read(statement: str, limit: int | None) -> None:
    """A limit inside of a subquery is another matter."""
    assert read_clauses(statement).limit == limit


@pytest.mark.parametrize(
    ("statement", "sorted_by_time"),
    [
        ("SELECT a FROM calls", True),
        ("SELECT * FROM calls WHERE a > 3", True),
        ("SELECT a FROM calls ORDER BY a", False),
        ("SELECT COUNT(*) FROM calls", False),
        ("SELECT a FROM calls GROUP BY a", False),
        ("SELECT DISTINCT a FROM calls", False),
        ("SELECT a FROM calls, tools", False),
        ("SELECT v FROM (SELECT SUM(x) AS v FROM calls) t", False),
    ],
)
def test_single_rows_of_one_stream_come_newest_first(statement: str, sorted_by_time: bool) -> None:
    """The server sorts them when the statement does not."""
    assert read_clauses(statement).sorted_by_time is sorted_by_time


@pytest.mark.parametrize(
    ("statement", "plain"),
    [
        ("SELECT * FROM calls WHERE a = 1 ORDER BY _timestamp LIMIT 3", True),
        ("SELECT a, b FROM calls", True),
        ("SELECT * FROM calls GROUP BY a", False),
        ("WITH x AS (SELECT 1) SELECT * FROM x", False),
        ("SELECT * FROM calls JOIN tools ON true", False),
    ],
)
def test_plain_statements_only_filter_and_sort(statement: str, plain: bool) -> None:
    """Only of those can a page be found by its times."""
    assert read_clauses(statement).plain is plain


@pytest.mark.parametrize(
    ("statement", "eligible"),
    [
        ("SELECT histogram(_timestamp) AS ts, COUNT(*) FROM calls GROUP BY ts", True),
        ("SELECT a FROM (SELECT COUNT(DISTINCT b) AS a FROM calls) t", True),
        ("SELECT COUNT(DISTINCT a) FROM calls", False),
        ("SELECT a FROM calls LIMIT 3", False),
        ("WITH x AS (SELECT a FROM calls) SELECT a FROM x", False),
        ("SELECT a FROM calls UNION ALL SELECT a FROM calls", False),
    ],
)
def test_histogram_eligibility_is_reported_as_seen(statement: str, eligible: bool) -> None:
    """The server says so in every answer."""
    assert read_clauses(statement).histogram_eligible is eligible


def test_the_last_of_several_statements_counts() -> None:
    """The server runs the last one; a trailing semicolon begins none."""
    assert _tables("SELECT a FROM one; SELECT b FROM two;") == ["two"]


@given(st.text(alphabet="SELECTFROM(),.* '\"ab1;=\n-/", max_size=60))
def test_any_text_can_be_read(statement: str) -> None:
    """What is no SQL is refused by the engine, with its words, not by a crash here."""
    read_clauses(statement)
