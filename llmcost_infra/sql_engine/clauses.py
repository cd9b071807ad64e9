"""What a statement is made of: its tables and its outermost select, as OpenObserve reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost_infra.sql_engine.tokens import tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmcost_infra.sql_engine.tokens import Token

__all__ = ["TIMESTAMP", "Clauses", "Table", "read_clauses"]

TIMESTAMP = "_timestamp"
"""The column that every stream has: microseconds since 1970."""

_AGGREGATES = frozenset(
    [
        "approx_distinct",
        "approx_median",
        "approx_percentile_cont",
        "approx_percentile_cont_with_weight",
        "approx_topk",
        "approx_topk_distinct",
        "array_agg",
        "avg",
        "bit_and",
        "bit_or",
        "bit_xor",
        "bool_and",
        "bool_or",
        "corr",
        "count",
        "covar",
        "covar_pop",
        "covar_samp",
        "first_value",
        "grouping",
        "last_value",
        "max",
        "mean",
        "median",
        "min",
        "nth_value",
        "percentile_cont",
        "regr_avgx",
        "regr_avgy",
        "regr_count",
        "regr_intercept",
        "regr_r2",
        "regr_slope",
        "regr_sxx",
        "regr_sxy",
        "regr_syy",
        "stddev",
        "stddev_pop",
        "stddev_samp",
        "string_agg",
        "sum",
        "summary_percentile",
        "var",
        "var_pop",
        "var_population",
        "var_samp",
        "var_sample",
    ]
)
_SET_OPERATORS = frozenset({"UNION", "EXCEPT", "INTERSECT"})
_CLAUSE_STARTS = (
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
)
# A parenthesis after one of these words does not hold the arguments of a function.
_NO_CALL = frozenset(
    [
        "ALL",
        "AND",
        "ANY",
        "AS",
        "BETWEEN",
        "BY",
        "CASE",
        "CAST",
        "DISTINCT",
        "ELSE",
        "EXISTS",
        "FILTER",
        "FROM",
        "GROUP",
        "HAVING",
        "IN",
        "INTERVAL",
        "IS",
        "JOIN",
        "LIKE",
        "NOT",
        "ON",
        "OR",
        "OVER",
        "SELECT",
        "SOME",
        "THEN",
        "TRY_CAST",
        "UNION",
        "USING",
        "VALUES",
        "WHEN",
        "WHERE",
        "WITH",
    ]
)
_AFTER_TABLE = frozenset(
    [
        "CROSS",
        "EXCEPT",
        "FETCH",
        "FULL",
        "GROUP",
        "HAVING",
        "INNER",
        "INTERSECT",
        "JOIN",
        "LEFT",
        "LIMIT",
        "NATURAL",
        "OFFSET",
        "ON",
        "ORDER",
        "RIGHT",
        "UNION",
        "USING",
        "WHERE",
        "WINDOW",
    ]
)


@dataclass(frozen=True, slots=True)
class Table:
    """A stream that a statement reads.

    Args:
        stream_type: as in `"logs"."app"`; empty when the statement leaves it to the request.
        name: the stream.
    """

    stream_type: str
    name: str

    @property
    def written(self) -> str:
        """How messages name it."""
        return f"{self.stream_type}.{self.name}" if self.stream_type else self.name


@dataclass(frozen=True)
class Clauses:
    """A statement, taken apart.

    Args:
        text: the statement.
        tokens: its tokens.
        tables: the streams it reads, without names of its own WITH clause.
        names: every identifier in it.
        wildcard: it selects `*` somewhere.
        complex: the outermost select groups, aggregates, joins, … so that the server adds nothing.
        plain: it only filters and sorts the rows of one stream, and shows some columns or all.
        select_list: offsets of the outermost select list.
        aggregates: it aggregates somewhere.
        distinct: the outermost select is DISTINCT.
        grouped: the outermost select groups.
        with_clause: it starts with WITH.
        set_operation: it is a UNION, EXCEPT or INTERSECT.
        counts_distinct: the outermost select counts distinct values.
        order_by: columns and directions (asc, desc) of the outermost ORDER BY.
        limit: the outermost LIMIT, if it is a number.
        order_at: offset where an ORDER BY would go.
        selects_timestamp: the outermost select already yields the time.
        timeless_selects: offsets after each SELECT whose list does not name the time.
    """

    text: str
    tokens: Sequence[Token]
    tables: tuple[Table, ...]
    names: frozenset[str]
    wildcard: bool
    complex: bool
    plain: bool
    select_list: tuple[int, int]
    aggregates: bool
    distinct: bool
    grouped: bool
    with_clause: bool
    set_operation: bool
    counts_distinct: bool
    order_by: tuple[tuple[str, str], ...]
    limit: int | None
    order_at: int
    selects_timestamp: bool
    timeless_selects: tuple[int, ...]

    @property
    def sorted_by_time(self) -> bool:
        """The server sorts such a statement by time, newest first."""
        return (
            not (self.order_by or self.aggregates or self.grouped or self.distinct)
            and len(self.tables) == 1
        )

    @property
    def histogram_eligible(self) -> bool:
        """What the server says about it in `is_histogram_eligible`."""
        return not (
            self.with_clause
            or self.set_operation
            or self.limit is not None
            or self.counts_distinct
            or self.distinct
            or len(self.tables) > 1
        )


def read_clauses(statement: str) -> Clauses:
    """Take a statement apart; one that is no SQL gives clauses that mean nothing."""
    text = _last_statement(statement)
    tokens = tokenize(text)
    outer = _Outer(text, tokens)
    return Clauses(
        text=text,
        tokens=tokens,
        tables=tuple(dict.fromkeys(_tables(tokens))),
        names=frozenset(token.name for token in tokens if token.name),
        wildcard=any(_is_wildcard(tokens, at) for at in range(len(tokens))),
        complex=outer.is_complex() or outer.selects_everything(),
        plain=bool(tokens) and tokens[0].keyword == "SELECT" and not outer.is_complex(),
        select_list=outer.select_list(),
        aggregates=any(_is_call(tokens, at, _AGGREGATES) for at in range(len(tokens))),
        distinct=outer.distinct,
        grouped="GROUP" in outer.starts,
        with_clause=bool(tokens) and tokens[0].keyword == "WITH",
        set_operation=outer.set_operation,
        counts_distinct=outer.counts_distinct(),
        order_by=outer.order_by(),
        limit=outer.limit(),
        order_at=outer.order_at,
        selects_timestamp=outer.selects_timestamp(),
        timeless_selects=tuple(_timeless_selects(tokens)),
    )


def _last_statement(statement: str) -> str:
    """The server runs the last of several statements."""
    pieces = [0]
    pieces += [token.end for token in tokenize(statement) if token.text == ";"]
    for start, end in reversed(list(zip(pieces, [*pieces[1:], len(statement)], strict=True))):
        piece = statement[start:end].rstrip().removesuffix(";")
        if piece.strip():
            return piece
    return statement


def _is_call(tokens: Sequence[Token], at: int, names: frozenset[str]) -> bool:
    return tokens[at].name in names and at + 1 < len(tokens) and tokens[at + 1].text == "("


def _is_wildcard(tokens: Sequence[Token], at: int) -> bool:
    if tokens[at].text != "*" or at == 0:
        return False
    before = tokens[at - 1]
    after = tokens[at + 1].keyword if at + 1 < len(tokens) else ""
    return before.keyword in {"SELECT", "DISTINCT", ",", "."} and after in {
        "",
        ",",
        ")",
        "FROM",
        "EXCEPT",
        "EXCLUDE",
    }


def _tables(tokens: Sequence[Token]) -> Iterator[Table]:
    own = _with_names(tokens)
    for at, token in enumerate(tokens):
        if token.keyword in {"FROM", "JOIN"} and _in_select(tokens, at):
            yield from _named(tokens, at + 1, own)


def _with_names(tokens: Sequence[Token]) -> frozenset[str]:
    return frozenset(
        token.name
        for at, token in enumerate(tokens)
        if token.name and [item.keyword for item in tokens[at + 1 : at + 3]] == ["AS", "("]
    )


def _in_select(tokens: Sequence[Token], at: int) -> bool:
    """Tell a FROM clause from the FROM of `extract(day FROM ts)`."""
    depth = tokens[at].depth
    if depth == 0:
        return True
    opening = next(
        (back for back in range(at - 1, -1, -1) if tokens[back].depth == depth - 1), None
    )
    return opening is not None and tokens[opening + 1].keyword in {"SELECT", "WITH"}


def _named(tokens: Sequence[Token], at: int, own: frozenset[str]) -> Iterator[Table]:
    """Yield the tables of one FROM list; `at` is its first token."""
    depth = tokens[at].depth if at < len(tokens) else 0
    expected = True
    while at < len(tokens) and tokens[at].depth >= depth:
        token = tokens[at]
        if token.depth == depth:
            if token.keyword in _AFTER_TABLE:
                return
            if token.text == ",":
                expected = True
            elif expected:
                expected = False
                parts = _qualified(tokens, at)
                at += 2 * len(parts) - 2 if parts else 0
                if parts and not (len(parts) == 1 and parts[0] in own):
                    yield Table(parts[-2] if len(parts) > 1 else "", parts[-1])
        at += 1


def _qualified(tokens: Sequence[Token], at: int) -> list[str]:
    parts: list[str] = []
    while at < len(tokens) and tokens[at].name:
        parts.append(tokens[at].name)
        if at + 1 >= len(tokens) or tokens[at + 1].text != ".":
            break
        at += 2
    return parts


def _timeless_selects(tokens: Sequence[Token]) -> Iterator[int]:
    for at, token in enumerate(tokens):
        if token.keyword == "SELECT" and not _names_time(tokens, at):
            yield token.end


def _names_time(tokens: Sequence[Token], select: int) -> bool:
    depth = tokens[select].depth
    for at in range(select + 1, len(tokens)):
        token = tokens[at]
        if token.depth < depth or (token.depth == depth and token.keyword == "FROM"):
            break
        if token.name == TIMESTAMP or _is_wildcard(tokens, at):
            return True
    return False


class _Outer:
    """The outermost select of a statement."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        main = next(
            (
                at
                for at, token in enumerate(tokens)
                if not token.depth and token.keyword == "SELECT"
            ),
            None,
        )
        self.set_operation = any(
            token.keyword in _SET_OPERATORS for token in tokens if not token.depth
        )
        self.starts: dict[str, int] = {}
        for at in range(main or 0, len(tokens)):
            word = tokens[at].keyword
            if not tokens[at].depth and word in _CLAUSE_STARTS and word not in self.starts:
                self.starts[word] = at
        self.distinct = bool(self._clause("SELECT")) and (
            tokens[self._clause("SELECT").start].keyword == "DISTINCT"
        )
        later = [self.starts[word] for word in ("LIMIT", "OFFSET", "FETCH") if word in self.starts]
        self.order_at = tokens[min(later)].start if later else len(text)

    def _clause(self, word: str) -> range:
        """Return the places of a clause's tokens."""
        if word not in self.starts:
            return range(0)
        start = self.starts[word]
        ends = [at for at in self.starts.values() if at > start]
        return range(start + 1, min(ends, default=len(self._tokens)))

    def is_complex(self) -> bool:
        """Tell whether the server leaves the select list alone.

        It does not look for aggregates inside the arguments of a function: this is why
        `COALESCE(SUM(x), 0)` alone gets `_timestamp` added, and fails.
        """
        source = [self._tokens[at] for at in self._clause("FROM")]
        return (
            self.set_operation
            or self.distinct
            or "GROUP" in self.starts
            or "HAVING" in self.starts
            or any(token.keyword in {"JOIN", ",", "("} for token in source if not token.depth)
            or any(self._marks_complex(at) for at in self._outside_of_calls())
        )

    def _marks_complex(self, at: int) -> bool:
        tokens = self._tokens
        return (
            tokens[at].keyword in {"OVER", "FILTER", "WITHIN"}
            or _is_call(tokens, at, _AGGREGATES)
            or (
                tokens[at].text == "("
                and tokens[at + 1 : at + 2] != []
                and tokens[at + 1].keyword in {"SELECT", "WITH"}
            )
        )

    def _outside_of_calls(self) -> Iterator[int]:
        """Yield the places of tokens that are not inside the arguments of a function."""
        calls: list[bool] = []
        for at in range(self.starts.get("SELECT", 0), len(self._tokens)):
            token = self._tokens[at]
            if token.text == ")" and calls:
                calls.pop()
            if not any(calls):
                yield at
            if token.text == "(":
                before = self._tokens[at - 1]
                calls.append(bool(before.name) and before.keyword not in _NO_CALL)

    def selects_everything(self) -> bool:
        """Tell whether the select list holds a `*`."""
        return any(_is_wildcard(self._tokens, at) for at in self._clause("SELECT"))

    def select_list(self) -> tuple[int, int]:
        """Return the offsets of the select list."""
        places = self._clause("SELECT")
        if not places:
            return (0, 0)
        return self._tokens[places[0]].start, self._tokens[places[-1]].end

    def counts_distinct(self) -> bool:
        """Tell whether the select list holds a `count(DISTINCT …)`."""
        tokens = self._tokens
        return any(
            _is_call(tokens, at, frozenset({"count"})) and tokens[at + 2].keyword == "DISTINCT"
            for at in self._clause("SELECT")
            if at + 2 < len(tokens)
        )

    def selects_timestamp(self) -> bool:
        """Tell whether the select list names `_timestamp`, or everything."""
        return "SELECT" in self.starts and _names_time(self._tokens, self.starts["SELECT"])

    def order_by(self) -> tuple[tuple[str, str], ...]:
        """Return columns and directions of the ORDER BY, as far as they are plain columns."""
        items: list[list[Token]] = [[]]
        for at in self._clause("ORDER"):
            token = self._tokens[at]
            if token.text == "," and not token.depth:
                items.append([])
            elif token.keyword != "BY":
                items[-1].append(token)
        return tuple(
            (item[0].name, "desc" if any(token.keyword == "DESC" for token in item) else "asc")
            for item in items
            if item and item[0].name and (len(item) == 1 or item[1].text not in {"(", "."})
        )

    def limit(self) -> int | None:
        """Return the LIMIT, if it is a number."""
        return next(
            (
                int(self._tokens[at].text)
                for at in self._clause("LIMIT")
                if self._tokens[at].kind == "number" and self._tokens[at].text.isdigit()
            ),
            None,
        )
