"""The outermost select of a statement, as OpenObserve looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra.sql_engine.words import AGGREGATES, CLAUSE_STARTS, NO_CALL, SET_OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmcost_infra.sql_engine.tokens import Token

__all__ = ["TIMESTAMP", "OuterSelect", "is_call", "is_wildcard", "names_time"]

TIMESTAMP = "_timestamp"
"""The column that every stream has: microseconds since 1970."""


def is_call(tokens: Sequence[Token], at: int, names: frozenset[str]) -> bool:
    """Tell whether a function of some is called at a place."""
    return tokens[at].name in names and at + 1 < len(tokens) and tokens[at + 1].text == "("


def is_wildcard(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a star stands for all columns."""
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


def names_time(tokens: Sequence[Token], select: int) -> bool:
    """Tell whether a select list names the time, or everything; `select` is its SELECT."""
    depth = tokens[select].depth
    for at in range(select + 1, len(tokens)):
        token = tokens[at]
        if token.depth < depth or (token.depth == depth and token.keyword == "FROM"):
            break
        if token.name == TIMESTAMP or is_wildcard(tokens, at):
            return True
    return False


class OuterSelect:
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
            token.keyword in SET_OPERATORS for token in tokens if not token.depth
        )
        self.starts: dict[str, int] = {}
        for at in range(main or 0, len(tokens)):
            word = tokens[at].keyword
            if not tokens[at].depth and word in CLAUSE_STARTS and word not in self.starts:
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
            or is_call(tokens, at, AGGREGATES)
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
                calls.append(bool(before.name) and before.keyword not in NO_CALL)

    def selects_everything(self) -> bool:
        """Tell whether the select list holds a `*`."""
        return any(is_wildcard(self._tokens, at) for at in self._clause("SELECT"))

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
            is_call(tokens, at, frozenset({"count"})) and tokens[at + 2].keyword == "DISTINCT"
            for at in self._clause("SELECT")
            if at + 2 < len(tokens)
        )

    def selects_timestamp(self) -> bool:
        """Tell whether the select list names `_timestamp`, or everything."""
        return "SELECT" in self.starts and names_time(self._tokens, self.starts["SELECT"])

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
