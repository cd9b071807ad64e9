"""The columns that a statement returns are read from its text exactly, or it is refused."""

from __future__ import annotations

import contextlib

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from llmcost_infra.catalog.statements import StatementError, output_columns, variables


@pytest.mark.parametrize(
    ("statement", "columns"),
    [
        ("SELECT COUNT(*) AS n FROM s", ("n",)),
        ("select a, b from s", ("a", "b")),
        ("SELECT t.a, s.b AS c FROM s", ("a", "c")),
        ('SELECT "Model Name", x AS "The ""X""" FROM s', ("Model Name", 'The "X"')),
        ("SELECT SUM(x) AS Cost FROM s", ("cost",)),
        ("SELECT 1 AS one", ("one",)),
        ("SELECT DISTINCT a, b FROM s", ("a", "b")),
        ("SELECT ALL a FROM s", ("a",)),
        ("SELECT CASE WHEN a IS DISTINCT FROM b THEN 1 END AS x, c FROM s", ("x", "c")),
        ("SELECT a IS NOT DISTINCT FROM 'FROM' AS same FROM s", ("same",)),
        ("SELECT EXTRACT(hour FROM ts) AS h, COALESCE(a, b) AS c FROM s", ("h", "c")),
        ("SELECT 'it''s, FROM' AS text, 1.5 AS n FROM s", ("text", "n")),
        ("SELECT SUM(x) FILTER (WHERE y AND z) AS v FROM s WHERE a", ("v",)),
        ("WITH x AS (SELECT a AS b FROM s), y AS (SELECT c FROM x) SELECT b AS d FROM y", ("d",)),
        ("SELECT a AS k FROM s UNION ALL SELECT b AS other FROM t", ("k",)),
        ("SELECT (SELECT MAX(b) AS m FROM t) AS c FROM s ORDER BY c LIMIT 3", ("c",)),
        ("SELECT x IN (${team}) AS ours FROM (SELECT a AS x FROM s) t", ("ours",)),
        ("SELECT _timestamp FROM s ORDER BY _timestamp", ("_timestamp",)),
        ("SELECT a::DOUBLE AS d, b [1] AS first FROM s", ("d", "first")),
    ],
)
def test_outputs_are_named(statement: str, columns: tuple[str, ...]) -> None:
    """Only the outermost list counts, and names are as the engine answers them."""
    assert output_columns(statement) == columns


@pytest.mark.parametrize(
    ("statement", "said", "meant"),
    [
        ("SELECT * FROM s", "the output '*' has no name: write AS and a name", "*"),
        ("SELECT t.* FROM t", "the output 't . *' has no name: write AS and a name", "t.*"),
        ("SELECT a, SUM(x) FROM s", "the output 'SUM ()' has no name", "SUM(x)"),
        ("SELECT SUM(x) total FROM s", "the output 'SUM () total' has no name", "SUM(x) total"),
        ("SELECT a b FROM s", "the output 'a b' has no name", "a b"),
        ("SELECT a, FROM s", "an output is missing beside a comma", ", FROM"),
        ("SELECT FROM s", "an output is missing beside a comma", "SELECT"),
        ("SELECT a AS x, b AS X FROM s", "two outputs are called 'x'", "b AS X"),
        ("SELECT histogram(t) AS _timestamp FROM s", "nothing may be called", "AS _timestamp"),
        ('SELECT a FROM (SELECT b as "_timestamp" FROM s)', "nothing may be called", "as"),
        ("(SELECT a FROM s)", "there is no SELECT outside parentheses", "("),
        ("DELETE FROM s", "there is no SELECT outside parentheses", "DELETE"),
        ("SELECT COUNT(* AS n FROM s", "a parenthesis is not closed", "(*"),
        ("SELECT COUNT(*)) AS n FROM s", "a parenthesis closes that was not opened", ") AS"),
        ("SELECT a -- why\nFROM s", "write comments as {#", "-- why"),
        ("SELECT a /* why */ FROM s", "write comments as {#", "/*"),
        ("SELECT 'two\nlines' AS t FROM s", "a text must end on its line", "'two"),
        ("SELECT 'open AS t FROM s", "a quote is not closed", "'"),
        ('SELECT "open AS t FROM s', "a quote is not closed", '"'),
        ("SELECT a FROM s; SELECT b FROM s", "one file holds one statement", ";"),
    ],
)
def test_what_cannot_be_read_is_refused(statement: str, said: str, meant: str) -> None:
    """A guess would leave a panel empty without a word, so there is none."""
    with pytest.raises(StatementError) as caught:
        output_columns(statement)
    assert said in str(caught.value)
    assert statement[caught.value.at :].startswith(meant)


NAMES = st.sampled_from(["a", "b", "cost", "Model", "x1", "_y"])
PLAIN = NAMES | st.builds("{}.{}".format, NAMES, NAMES)
EXPRESSIONS = st.recursive(
    PLAIN | st.integers(0, 9).map(str) | st.sampled_from(["'it''s'", "'a, b'", "NULL", '"Q q"']),
    lambda below: (
        st.builds("SUM({})".format, below)
        | st.builds("COALESCE({}, {})".format, below, below)
        | st.builds("CASE WHEN {} THEN {} ELSE {} END".format, below, below, below)
        | st.builds("({} IS DISTINCT FROM {})".format, below, below)
        | st.builds("(SELECT {} AS z FROM t)".format, below)
    ),
    max_leaves=5,
)
ITEMS = st.builds("{} AS {}".format, EXPRESSIONS, NAMES) | PLAIN
TAILS = st.sampled_from(["", " WHERE a > 1", " GROUP BY a ORDER BY b", " LIMIT 5"])


@given(st.lists(ITEMS, min_size=1, max_size=5), TAILS)
def test_a_full_parser_agrees(items: list[str], tail: str) -> None:
    """Names are those that a parser of the whole language finds, or two are the same."""
    statement = f"SELECT {', '.join(items)} FROM s{tail}"  # noqa: S608 - never run
    parsed = sqlglot.parse_one(statement, dialect="postgres")
    assert isinstance(parsed, exp.Select)
    expected = tuple(name.lower() for name in parsed.named_selects)
    if len(set(expected)) < len(expected):
        with pytest.raises(StatementError, match="two outputs are called"):
            output_columns(statement)
    else:
        assert output_columns(statement) == expected


@given(st.text("SELECTFROMa,()'\" *;-$\n", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No input makes it fail in another way."""
    with contextlib.suppress(StatementError):
        assert output_columns(text)


def test_variables_are_found_wherever_they_stand() -> None:
    """A variable counts inside quotes and lists alike; other dollars do not."""
    found = variables("a IN (${team}) AND b = '${env}' AND c = $1 AND d = '$x'")
    assert list(found) == [("team", 6), ("env", 24)]
