"""Statements: refused by the server, or read by it otherwise than by people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmcost_infra.check.registry import Breach, rule
from llmcost_infra.declarations import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.check.analysis import Analysis
    from llmcost_infra.check.stack import StackView

__all__ = ["distinct_from", "hidden_aggregate", "plan", "syntax", "union_null", "unknown_stream"]

_NO_FIELD = re.compile(r"No field named (?:\S+\.)?\"?(\w+)\"?")
_IN_SCOPE = re.compile(r"Valid fields are (.+)\.$")
_ENDS = frozenset({"AND", "OR", "=", "<>", "!=", "<", ">", "<=", ">="})
_CLAUSES = frozenset({",", ")", "THEN", "ELSE", "END", "WHEN", "GROUP", "ORDER", "HAVING", "LIMIT"})


@rule("sql-syntax", sql=True)
def syntax(stack: StackView) -> Iterator[Breach]:
    """The server parses statements in the dialect of PostgreSQL; one that is none fails the panel.

    Wrong::

        SELECT COUNT(*) AS calls FROM "llm_calls" WHERE (is_call

    Right::

        SELECT COUNT(*) AS calls FROM "llm_calls" WHERE is_call
    """
    for one in stack.statements:
        if one.analysis.syntax:
            said = f"is not SQL: {one.analysis.syntax}"
            yield Breach(one.resource, one.path, said, "write it in the dialect of PostgreSQL")


@rule("sql-unknown-stream", "warning")
def unknown_stream(stack: StackView) -> Iterator[Breach]:
    """A stream that the stack does not declare has no known columns, so nothing can be planned.

    Wrong::

        SELECT COUNT(*) AS calls FROM "llm_cals"

    Right::

        SELECT COUNT(*) AS calls FROM "llm_calls"   -- declared by a Stream of the program
    """
    names = [name for _, name in stack.streams]
    elsewhere = "if another stack declares it, --live plans this on its server"
    for one in stack.statements:
        for name in one.analysis.unknown:
            said = f"reads the stream {name!r}, which this stack does not declare"
            hint = nearest(name, names) if names else elsewhere
            yield Breach(one.resource, one.path, said, hint, name)


def _hidden(analysis: Analysis) -> bool:
    """Tell whether the server overlooks the only aggregate of the outermost select."""
    clauses = analysis.clauses
    refused = analysis.refusal is not None and "GROUP BY" in str(analysis.refusal)
    return refused and clauses.aggregates and not clauses.grouped and not clauses.complex


@rule("sql-hidden-aggregate", sql=True)
def hidden_aggregate(stack: StackView) -> Iterator[Breach]:
    """The server does not see an aggregate inside a function, adds `_timestamp`, and then fails.

    A bare aggregate beside it, a GROUP BY, or a subquery helps; a WITH clause does not.

    Wrong::

        SELECT COALESCE(SUM(cost), 0) AS cost FROM "llm_calls"

    Right::

        SELECT COALESCE(SUM(cost), 0) AS cost, COUNT(*) AS calls FROM "llm_calls"
    """
    for one in stack.statements:
        if _hidden(one.analysis):
            said = "the server does not see an aggregate inside a function, and refuses this"
            hint = "add a bare one, such as COUNT(*) AS calls, or select from a subquery"
            yield Breach(one.resource, one.path, said, hint)


@rule("sql-plan", sql=True)
def plan(stack: StackView) -> Iterator[Breach]:
    """A statement that cannot be planned on the declared columns leaves its panel or alert empty.

    An alert on a column that is not there stays silent for ever.

    Wrong::

        SELECT SUM(costs) AS cost FROM "llm_calls"

    Right::

        SELECT SUM(llmcost_cost_usd) AS cost FROM "llm_calls"
    """
    for one in stack.statements:
        refusal = one.analysis.refusal
        if refusal is None or one.analysis.syntax or _hidden(one.analysis):
            continue
        missing = _NO_FIELD.search(str(refusal))
        if missing is None:
            hint = "the server says the same"
            yield Breach(one.resource, one.path, f"cannot be planned: {_short(refusal)}", hint)
            continue
        known = {column for _, columns in stack.columns_of(one).streams for column, _ in columns}
        hint = _meant(missing[1], str(refusal), sorted(known))
        said = f"there is no column {missing[1]!r}"
        yield Breach(one.resource, one.path, said, hint, missing[1])


def _meant(word: str, refusal: str, known: list[str]) -> str:
    """Return the hint: what a subquery around it returns is nearer than what a stream declares."""
    scope = _IN_SCOPE.search(refusal)
    inside = [one.rpartition(".")[2].strip('"') for one in scope[1].split(", ")] if scope else []
    for columns in (inside, known):
        hint = nearest(word, columns)
        if hint.startswith("did you mean"):
            return hint
    return "declare it in fields of the Stream, or name another column"


def _short(refusal: object) -> str:
    return " ".join(str(refusal).split())[:300]


@rule("sql-distinct-from", sql=True)
def distinct_from(stack: StackView) -> Iterator[Breach]:
    """What follows IS DISTINCT FROM is compared as a whole, AND and OR included.

    The server reads `a IS DISTINCT FROM 'x' AND b` as `a IS DISTINCT FROM ('x' AND b)`: it fails,
    or answers with other rows.

    Wrong::

        SELECT COUNT(*) AS n FROM "llm_calls"
        WHERE span_status IS DISTINCT FROM 'OK' AND duration > 5

    Right::

        SELECT COUNT(*) AS n FROM "llm_calls"
        WHERE (span_status IS DISTINCT FROM 'OK') AND duration > 5
    """
    for one in stack.statements:
        tokens = one.analysis.clauses.tokens
        for at, token in enumerate(tokens[:-1]):
            if token.keyword != "DISTINCT" or tokens[at + 1].keyword != "FROM" or not at:
                continue
            if tokens[at - 1].keyword not in {"IS", "NOT"}:
                continue
            swallowed = next(
                (
                    after.keyword
                    for after in tokens[at + 2 :]
                    if after.depth < token.depth
                    or (after.depth == token.depth and after.keyword in _ENDS | _CLAUSES)
                ),
                "",
            )
            if swallowed in _ENDS:
                said = f"IS DISTINCT FROM also compares what stands after {swallowed}"
                hint = "put the comparison in parentheses: (a IS DISTINCT FROM b)"
                yield Breach(one.resource, one.path, said, hint, "DISTINCT FROM")


@rule("sql-union-null", sql=True)
def union_null(stack: StackView) -> Iterator[Breach]:
    """A column of a UNION that may be null in one branch only makes the server refuse the rows.

    Wrong::

        SELECT 0 AS n FROM "llm_calls" UNION ALL SELECT duration AS n FROM "llm_calls"

    Right::

        SELECT 0 AS n FROM "llm_calls" UNION ALL SELECT COALESCE(duration, 0) AS n FROM "llm_calls"
    """
    for one in stack.statements:
        planned = one.analysis.plan
        for column in planned.mixed_unions if planned else ():
            said = f"{column!r} may be null in one branch of the UNION and not in another"
            hint = f"write COALESCE({column}, …) in the branch where it may be null"
            yield Breach(one.resource, one.path, said, hint, "UNION")
