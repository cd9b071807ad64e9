"""What a statement is made of: its tables and its outermost select, as OpenObserve reads them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from llmcost_infra.sql_engine.select import TIMESTAMP, OuterSelect, is_call, is_wildcard, names_time
from llmcost_infra.sql_engine.tokens import tokenize
from llmcost_infra.sql_engine.words import AFTER_TABLE, AGGREGATES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmcost_infra.sql_engine.tokens import Token

__all__ = ["TIMESTAMP", "Clauses", "Table", "read_clauses"]


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


@lru_cache(maxsize=512)
def read_clauses(statement: str) -> Clauses:
    """Take a statement apart; one that is no SQL gives clauses that mean nothing."""
    text = _last_statement(statement)
    tokens = tokenize(text)
    outer = OuterSelect(text, tokens)
    return Clauses(
        text=text,
        tokens=tokens,
        tables=tuple(dict.fromkeys(_tables(tokens))),
        names=frozenset(token.name for token in tokens if token.name),
        wildcard=any(is_wildcard(tokens, at) for at in range(len(tokens))),
        complex=outer.is_complex() or outer.selects_everything(),
        plain=bool(tokens) and tokens[0].keyword == "SELECT" and not outer.is_complex(),
        select_list=outer.select_list(),
        aggregates=any(is_call(tokens, at, AGGREGATES) for at in range(len(tokens))),
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
    if ";" not in statement:
        return statement.rstrip() or statement
    pieces = [0]
    pieces += [token.end for token in tokenize(statement) if token.text == ";"]
    for start, end in reversed(list(zip(pieces, [*pieces[1:], len(statement)], strict=True))):
        piece = statement[start:end].rstrip().removesuffix(";")
        if piece.strip():
            return piece
    return statement


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
            if token.keyword in AFTER_TABLE:
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
        if token.keyword == "SELECT" and not names_time(tokens, at):
            yield token.end
