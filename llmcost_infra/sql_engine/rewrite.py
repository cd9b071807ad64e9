"""What OpenObserve changes in a statement before it plans it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost_infra.sql_engine.clauses import TIMESTAMP
from llmcost_infra.sql_engine.intervals import bucket_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmcost_infra.sql_engine.clauses import Clauses
    from llmcost_infra.sql_engine.intervals import TimeRange
    from llmcost_infra.sql_engine.tokens import Token

__all__ = ["Rewritten", "at_instant", "rewrite"]

_PLACEHOLDER = "'_o2_all_'"
_TRUE_WHEN_ALL = frozenset({"=", ">=", "<=", ">", "<", "LIKE", "ILIKE", "IN"})
_FALSE_WHEN_ALL = frozenset({"!=", "<>"})
_MATCH_FUNCTIONS = frozenset(
    {"str_match", "str_match_ignore_case", "match_field", "match_field_ignore_case"}
)
_CLOCKS = frozenset({"now", "current_timestamp"})
_OPERAND_ENDS = frozenset(
    [
        "AND",
        "OR",
        "NOT",
        "WHERE",
        "ON",
        "HAVING",
        "WHEN",
        "THEN",
        "ELSE",
        "SELECT",
        "BY",
        "GROUP",
        "ORDER",
        "LIMIT",
        "END",
        "AS",
        ",",
    ]
)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A statement as it is planned.

    Args:
        sql: for DataFusion.
        bucket: width of the first `histogram`, in seconds; None without one.
    """

    sql: str
    bucket: int | None


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


def rewrite(
    clauses: Clauses, time_range: TimeRange, now: int | None = None, *, times_only: bool = False
) -> Rewritten:
    """Return the statement as the server plans it.

    Args:
        clauses: the statement, taken apart.
        time_range: of the query; decides the width of buckets.
        now: what `now()` answers, in microseconds since 1970; None leaves it to DataFusion.
        times_only: select nothing but the time.

    Raises:
        EngineError: the width of a bucket cannot be read.
    """
    edits = list(_placeholders(clauses.tokens))
    if now is not None:
        edits += _times(clauses.tokens, now)
    widths: list[int] = []
    for call in _histograms(clauses.tokens):
        widths.append(bucket_seconds(call.width, time_range))
        edits += call.edits(widths[-1])
    if times_only:
        edits.append(_Edit(*clauses.select_list, TIMESTAMP))
    elif not clauses.complex:
        edits += [_Edit(at, at, f" {TIMESTAMP},") for at in clauses.timeless_selects]
    if clauses.sorted_by_time and (clauses.plain or not clauses.complex):
        edits.append(_Edit(clauses.order_at, clauses.order_at, f" ORDER BY {TIMESTAMP} DESC "))
    return Rewritten(_apply(clauses.text, edits), widths[0] if widths else None)


def at_instant(clauses: Clauses, now: int) -> str:
    """Return a statement that says whenever it is asked what it says at a time.

    Args:
        clauses: the statement, taken apart.
        now: what `now()` answers, in microseconds since 1970.
    """
    return _apply(clauses.text, list(_times(clauses.tokens, now)))


def _apply(text: str, edits: Sequence[_Edit]) -> str:
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start >= at:
            pieces += [text[at : edit.start], edit.text]
            at = edit.end
    return "".join([*pieces, text[at:]])


def _times(tokens: Sequence[Token], now: int) -> Iterator[_Edit]:
    """`now()` is the server's clock."""
    instant = f"arrow_cast({now * 1000}, 'Timestamp(Nanosecond, Some(\"+00:00\"))')"
    for at, token in enumerate(tokens):
        if token.name in _CLOCKS and [one.text for one in tokens[at + 1 : at + 3]] == ["(", ")"]:
            yield _Edit(token.start, tokens[at + 2].end, instant)
        elif token.keyword == "CURRENT_TIMESTAMP":
            yield _Edit(token.start, token.end, instant)


@dataclass(frozen=True, slots=True)
class _Histogram:
    start: int
    column_start: int
    column_end: int
    end: int
    width: str | None

    def edits(self, seconds: int) -> list[_Edit]:
        binned = f"date_bin(interval '{seconds} second', to_timestamp_micros("
        return [
            _Edit(self.start, self.column_start, binned),
            _Edit(self.column_end, self.end, "), timestamp '1970-01-01T00:00:00')"),
        ]


def _histograms(tokens: Sequence[Token]) -> Iterator[_Histogram]:
    for at, token in enumerate(tokens[:-2]):
        if token.name != "histogram" or tokens[at + 1].text != "(":
            continue
        close = _closing(tokens, at + 1)
        if close is None or close == at + 2:
            continue
        comma = next(
            (
                inner
                for inner in range(at + 2, close)
                if tokens[inner].text == "," and tokens[inner].depth == token.depth + 1
            ),
            None,
        )
        last = close - 1 if comma is None else comma - 1
        width = None if comma is None else tokens[comma + 1].text.strip("'\"")
        yield _Histogram(
            token.start, tokens[at + 2].start, tokens[last].end, tokens[close].end, width
        )


def _closing(tokens: Sequence[Token], opening: int) -> int | None:
    depth = tokens[opening].depth
    return next(
        (
            at
            for at in range(opening + 1, len(tokens))
            if tokens[at].text == ")" and tokens[at].depth == depth
        ),
        None,
    )


def _placeholders(tokens: Sequence[Token]) -> Iterator[_Edit]:
    """A comparison with the dashboard's "all" is true, a negated one false."""
    for at, token in enumerate(tokens):
        if token.text == _PLACEHOLDER:
            edit = _listed(tokens, at) or _compared(tokens, at)
            if edit:
                yield edit


def _listed(tokens: Sequence[Token], at: int) -> _Edit | None:
    """`x IN ('_o2_all_')`, or a match function."""
    opening = next(
        (back for back in range(at - 1, -1, -1) if tokens[back].depth == tokens[at].depth - 1), None
    )
    if not opening:
        return None
    close = _closing(tokens, opening)
    before = opening - 1
    if close is None:
        return None
    if tokens[before].name in _MATCH_FUNCTIONS:
        return _Edit(tokens[before].start, tokens[close].end, "true")
    if tokens[before].keyword != "IN":
        return None
    return _verdict(tokens, before, tokens[close].end)


def _compared(tokens: Sequence[Token], at: int) -> _Edit | None:
    """`x = '_o2_all_'`."""
    operator = at - 1
    if operator < 1 or tokens[operator].keyword not in _TRUE_WHEN_ALL | _FALSE_WHEN_ALL:
        return None
    return _verdict(tokens, operator, tokens[at].end)


def _verdict(tokens: Sequence[Token], operator: int, end: int) -> _Edit:
    negated = tokens[operator].keyword in _FALSE_WHEN_ALL
    if tokens[operator - 1].keyword == "NOT":
        negated = True
        operator -= 1
    depth = tokens[operator].depth
    start = operator
    while start > 0 and not _ends_operand(tokens[start - 1], depth):
        start -= 1
    return _Edit(tokens[start].start, end, "false" if negated else "true")


def _ends_operand(token: Token, depth: int) -> bool:
    return token.depth < depth or (token.depth == depth and token.keyword in _OPERAND_ENDS)
