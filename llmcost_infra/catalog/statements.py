"""What a SQL statement returns: the names in its outermost SELECT list, read from the text alone.

No SQL parser is needed in production: a template names every output with AS, or selects a plain
column, and anything else is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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
_CHOICE: Final = re.compile(r"\$\{(\w+)\}")
_END_OF_LIST: Final = frozenset({"FROM", "UNION", "EXCEPT", "INTERSECT", "ORDER", "LIMIT", "WHERE"})


class StatementError(ValueError):
    """A statement whose outputs cannot be named.

    Args:
        message: what is wrong.
        fragment: text of the statement that is meant, on one line.
    """

    def __init__(self, message: str, fragment: str) -> None:
        super().__init__(message)
        self.fragment = fragment


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    @property
    def keyword(self) -> str:
        return self.text.upper() if self.kind == "word" else self.text


def output_columns(statement: str) -> tuple[str, ...]:
    """Return the names of the columns that a statement returns, in order.

    Args:
        statement: one SELECT, with or without WITH, in the dialect of PostgreSQL.

    Raises:
        StatementError: an output has no name, stands twice, or hides behind ``*``.
    """
    # The whole text is read before the list is, so that a broken end is found too.
    names = tuple(_name(item) for item in _select_list(list(_outermost(statement))))
    for name in names:
        if names.count(name) > 1:
            raise StatementError(f"two outputs are called {name!r}", name)
        if name == "_timestamp":
            raise StatementError("OpenObserve renames an output called _timestamp", name)
    return names


def variables(statement: str) -> Iterator[str]:
    """Yield the dashboard variables that a statement uses, ``${name}``."""
    return (match[1] for match in _CHOICE.finditer(statement))


def _outermost(statement: str) -> Iterator[_Token]:
    """Yield the tokens outside parentheses; what is inside becomes one ``()``."""
    depth = 0
    for match in _TOKEN.finditer(statement):
        token = _Token(str(match.lastgroup), match[0])
        _refuse_unreadable(token)
        depth -= token.text == ")"
        if depth < 0:
            raise StatementError("a parenthesis closes that was not opened", token.text)
        if depth == 0 and token.text == ")":
            yield _Token("group", "()")
        elif depth == 0 and token.kind != "space" and token.text != "(":
            yield token
        depth += token.text == "("
    if depth:
        raise StatementError("a parenthesis is not closed", "(")


def _refuse_unreadable(token: _Token) -> None:
    if token.kind == "comment":
        raise StatementError("write comments as {# … #}: they are not sent", token.text)
    if token.kind == "string" and "\n" in token.text:
        raise StatementError("a text must end on its line", token.text.partition("\n")[0])
    if token.text in {"'", '"'}:
        raise StatementError("a quote is not closed", token.text)
    if token.text == ";":
        raise StatementError("one file holds one statement, without a semicolon", token.text)


def _select_list(tokens: list[_Token]) -> list[list[_Token]]:
    before: list[str] = []
    items: list[list[_Token]] = []
    for token in tokens:
        keyword = token.keyword
        if not items:
            items = [[]] if keyword == "SELECT" else []
        elif keyword in _END_OF_LIST and before[-1:] != ["DISTINCT"]:
            return items
        elif keyword == ",":
            items.append([])
        elif not (keyword in {"DISTINCT", "ALL"} and items == [[]]):
            items[-1].append(token)
        before.append(keyword)
    if not items:
        raise StatementError("there is no SELECT outside parentheses", "")
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
            raise StatementError(f"the output {text!r} has no name: write AS and a name", text)


def _identifier(token: _Token) -> str:
    """Return a name as the engine answers it: unquoted ones in lower case."""
    if token.kind == "quoted":
        return token.text[1:-1].replace('""', '"')
    return token.text.lower()
