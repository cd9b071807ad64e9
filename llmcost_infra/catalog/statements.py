"""What a SQL statement returns: the names in its outermost SELECT list, read from the text alone.

No SQL parser is needed in production: a template names every output with AS, or selects a plain
column, and anything else is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["StatementError", "output_columns", "variables"]

_TOKEN: Final = re.compile(
    r"""
      (?P<space>   \s+ )
    | (?P<comment> --[^\n]* | /\* )
    | (?P<string>  '(?:[^']|'')*' )
    | (?P<quoted>  "(?:[^"]|"")*" )
    | (?P<word>    [A-Za-z_]\w* )
    | (?P<number>  [0-9][0-9A-Za-z_.]* )
    | (?P<choice>  \$\{\w+\} )
    | (?P<sign>    . )
    """,
    re.VERBOSE | re.DOTALL,
)
_RENAMED: Final = re.compile(r"""\bAS\s+["`]?_timestamp\b""", re.IGNORECASE)
_CHOICE: Final = re.compile(r"\$\{(\w+)\}")
_END_OF_LIST: Final = frozenset({"FROM", "UNION", "EXCEPT", "INTERSECT", "ORDER", "LIMIT", "WHERE"})


class StatementError(ValueError):
    """A statement whose outputs cannot be named.

    Args:
        message: what is wrong.
        at: where in the statement, as an index.
    """

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def keyword(self) -> str:
        return self.text.upper() if self.kind == "word" else self.text


# A backtest loads a declaration again for each alert that is made of it.
@lru_cache(maxsize=1024)
def output_columns(statement: str) -> tuple[str, ...]:
    """Return the names of the columns that a statement returns, in order.

    Args:
        statement: one SELECT, with or without WITH, in the dialect of PostgreSQL.

    Raises:
        StatementError: an output has no name, stands twice, or hides behind ``*``; or the text
            cannot be read.
    """
    if renamed := _RENAMED.search(statement):
        # Newer UIs rewrite such a name when somebody opens the dashboard, and save it.
        raise StatementError("nothing may be called _timestamp: write AS ts", renamed.start())
    # The whole text is read before the list is, so that a broken end is found too.
    names: dict[str, int] = {}
    for item in _select_list(list(_outermost(statement))):
        name = _name(item)
        if names.setdefault(name, item[0].at) != item[0].at:
            raise StatementError(f"two outputs are called {name!r}", item[0].at)
    return tuple(names)


def variables(statement: str) -> Iterator[tuple[str, int]]:
    """Yield the dashboard variables that a statement uses, ``${name}``, and where."""
    return ((match[1], match.start()) for match in _CHOICE.finditer(statement))


def _outermost(statement: str) -> Iterator[_Token]:
    """Yield the tokens outside parentheses; what is inside becomes one ``()``."""
    opened: list[int] = []
    for match in _TOKEN.finditer(statement):
        kind = str(match.lastgroup)
        # Most of a statement, which can neither be unreadable nor, in parentheses, an output.
        if kind == "space" or (opened and kind == "word"):
            continue
        token = _Token(kind, match[0], match.start())
        _refuse_unreadable(token)
        if token.text == "(":
            opened.append(token.at)
        elif token.text == ")":
            if not opened:
                raise StatementError("a parenthesis closes that was not opened", token.at)
            if len(opened) == 1:
                yield _Token("group", "()", opened[0])
            opened.pop()
        elif not opened:
            yield token
    if opened:
        raise StatementError("a parenthesis is not closed", opened[-1])


def _refuse_unreadable(token: _Token) -> None:
    if token.kind == "comment":
        raise StatementError("write comments as {# … #}: they are not sent", token.at)
    if token.kind == "string" and "\n" in token.text:
        raise StatementError("a text must end on its line", token.at)
    if token.text in {"'", '"'}:
        raise StatementError("a quote is not closed", token.at)
    if token.text == ";":
        raise StatementError("one file holds one statement, without a semicolon", token.at)


def _select_list(tokens: list[_Token]) -> list[list[_Token]]:
    """Return the items between the outermost SELECT and what follows its list."""
    items: list[list[_Token]] = []
    before = _Token("sign", "", 0)
    for token in tokens:
        if not items:
            items = [[]] if token.keyword == "SELECT" else []
        elif token.keyword in _END_OF_LIST and before.keyword != "DISTINCT":
            break
        elif token.text == ",":
            items.append([])
        elif not (token.keyword in {"DISTINCT", "ALL"} and items == [[]]):
            items[-1].append(token)
        before = token
    if not items:
        raise StatementError("there is no SELECT outside parentheses", 0)
    if [] in items:
        raise StatementError("an output is missing beside a comma", before.at)
    return items


def _name(item: list[_Token]) -> str:
    match item:
        case [*_, _Token(kind="word", text=word), name] if word.upper() == "AS" and name.kind in {
            "word",
            "quoted",
        }:
            return _identifier(name)
        case [name] if name.kind in {"word", "quoted"}:
            return _identifier(name)
        case [table, _Token(text="."), name] if {table.kind, name.kind} <= {"word", "quoted"}:
            return _identifier(name)
        case _:
            text = " ".join(token.text for token in item)
            raise StatementError(
                f"the output {text!r} has no name: write AS and a name", item[0].at
            )


def _identifier(token: _Token) -> str:
    """Return a name as the engine answers it: unquoted ones in lower case."""
    if token.kind == "quoted":
        return token.text[1:-1].replace('""', '"')
    return token.text.lower()
