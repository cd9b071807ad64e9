"""What the server changes in a statement."""

from __future__ import annotations

import pytest

from llmcost_infra.errors import EngineError
from llmcost_infra.sql_engine.clauses import read_clauses
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.rewrite import Rewritten, rewrite

SIX_HOURS = TimeRange(0, 6 * 3_600_000_000)


def _rewritten(statement: str) -> str:
    return rewrite(read_clauses(statement), SIX_HOURS).sql


def _condition(text: str) -> str:
    """Return what becomes of a condition."""
    start = "SELECT COUNT(*) AS n FROM calls WHERE "
    return _rewritten(start + text).removeprefix(start)


@pytest.mark.parametrize(
    ("condition", "becomes"),
    [
        ("feature = '_o2_all_'", "true"),
        ("feature IN ('_o2_all_')", "true"),
        ("feature IN ('a', '_o2_all_')", "true"),
        ("feature != '_o2_all_'", "false"),
        ("feature NOT IN ('_o2_all_')", "false"),
        ("feature LIKE '_o2_all_'", "true"),
        ("feature NOT ILIKE '_o2_all_'", "false"),
        ("COALESCE(feature, 'unknown') IN ('_o2_all_') AND a = 1", "true AND a = 1"),
        ("a = 1 AND feature = '_o2_all_' OR b = 2", "a = 1 AND true OR b = 2"),
        ("(feature = '_o2_all_' OR team = '_o2_all_')", "(true OR true)"),
        ("NOT feature = '_o2_all_'", "NOT true"),
        ("c.feature = '_o2_all_'", "true"),
        ("str_match(feature, '_o2_all_') AND a = 1", "true AND a = 1"),
        ("feature = 'x'", "feature = 'x'"),
    ],
)
def test_all_of_a_dashboard_variable_matches_everything(condition: str, becomes: str) -> None:
    """A comparison with the placeholder is true, a negated one false."""
    assert _condition(condition) == becomes


def test_a_placeholder_outside_of_a_comparison_stays() -> None:
    """A text is a text."""
    assert _rewritten("SELECT COUNT(*), '_o2_all_' FROM calls") == (
        "SELECT COUNT(*), '_o2_all_' FROM calls"
    )


def test_a_histogram_becomes_a_bin_of_the_chosen_width() -> None:
    """Buckets start at 1970, so that they are the same for every range."""
    became = rewrite(
        read_clauses("SELECT histogram(_timestamp) AS ts, COUNT(*) FROM calls GROUP BY ts"),
        SIX_HOURS,
    )

    assert became == Rewritten(
        "SELECT date_bin(interval '3600 second', to_timestamp_micros(_timestamp), "
        "timestamp '1970-01-01T00:00:00') AS ts, COUNT(*) FROM calls GROUP BY ts",
        3600,
    )


def test_the_first_histogram_is_reported() -> None:
    """Each has its own width; one is named in the answer."""
    statement = (
        "SELECT histogram(_timestamp, '5 minutes'), histogram(_timestamp, '1 hour'), COUNT(*) "
        "FROM calls GROUP BY 1, 2"
    )

    became = rewrite(read_clauses(statement), SIX_HOURS)

    assert became.bucket == 300
    assert "'3600 second'" in became.sql


def test_a_histogram_over_an_expression_keeps_it() -> None:
    """Anything may be binned that is a number of microseconds."""
    assert "to_timestamp_micros(MIN(a, b))" in _rewritten(
        "SELECT histogram(MIN(a, b), '1 hour') AS ts FROM calls GROUP BY ts"
    )


def test_an_unreadable_width_is_refused() -> None:
    """It is named."""
    with pytest.raises(EngineError, match="'1 fortnight'"):
        _rewritten("SELECT histogram(_timestamp, '1 fortnight') FROM calls GROUP BY 1")


def test_the_time_is_added_and_rows_are_sorted() -> None:
    """Single rows of one stream come with their time, newest first."""
    assert _rewritten("SELECT feature FROM calls LIMIT 5") == (
        "SELECT _timestamp, feature FROM calls  ORDER BY _timestamp DESC LIMIT 5"
    )


def test_a_time_that_is_there_is_not_added() -> None:
    """Neither twice, nor to a wildcard, nor to one that hides in a function."""
    for items in ("*", "_timestamp, a", "to_timestamp_micros(_timestamp) AS ts"):
        statement = "SELECT ITEMS FROM calls ORDER BY a".replace("ITEMS", items)
        assert _rewritten(statement) == statement


def test_the_time_is_added_inside_of_a_with_clause() -> None:
    """This is why an aggregate in a WITH clause fails on the server."""
    assert _rewritten("WITH x AS (SELECT SUM(v) AS v FROM calls) SELECT GREATEST(v, 3) FROM x") == (
        "WITH x AS (SELECT _timestamp, SUM(v) AS v FROM calls) "
        "SELECT _timestamp, GREATEST(v, 3) FROM x"
    )


@pytest.mark.parametrize("written", ["now()", "NOW( )", "current_timestamp", "current_timestamp()"])
def test_now_is_the_clock_that_is_given(written: str) -> None:
    """A clock that tests set moves statements, too."""
    became = rewrite(read_clauses(f"SELECT COUNT({written})"), SIX_HOURS, 7)

    assert "arrow_cast(7000, 'Timestamp(Nanosecond, Some(\"+00:00\"))')" in became.sql
    assert "now" not in became.sql.lower()


def test_times_alone_can_be_asked_for() -> None:
    """A page of whole rows is found by its times first."""
    became = rewrite(
        read_clauses("SELECT *, a AS b FROM calls WHERE c = 1"), SIX_HOURS, times_only=True
    )

    assert became.sql == "SELECT _timestamp FROM calls WHERE c = 1 ORDER BY _timestamp DESC "
