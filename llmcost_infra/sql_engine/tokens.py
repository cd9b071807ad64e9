"""SQL text as tokens: enough to find a statement's tables, clauses and function calls."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Token", "tokenize"]

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_$]*)
    | (?P<symbol>::|<>|!=|<=|>=|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a statement.

    Args:
        kind: string, quoted, number, word or symbol.
        text: as written.
        start: offset of its first character.
        end: offset after its last character.
        depth: number of parentheses around it; a parenthesis counts as outside of itself.
        keyword: the text in upper case for a bare word or a symbol, else an empty text.
        name: what an identifier stands for: bare ones are folded to lower case.
    """

    kind: str
    text: str
    start: int
    end: int
    depth: int
    keyword: str
    name: str


def tokenize(statement: str) -> list[Token]:
    """Return the tokens of a statement, without blanks and comments."""
    tokens: list[Token] = []
    depth = 0
    for found in _TOKEN.finditer(statement):
        kind = found.lastgroup or "symbol"
        if kind == "space":
            continue
        text = found.group()
        if text == ")":
            depth -= 1
        keyword = text.upper() if kind in {"word", "symbol"} else ""
        name = _name(kind, text)
        tokens.append(Token(kind, text, found.start(), found.end(), depth, keyword, name))
        if text == "(":
            depth += 1
    return tokens


def _name(kind: str, text: str) -> str:
    if kind == "quoted":
        return text[1:-1].replace('""', '"')
    return text.lower() if kind == "word" else ""
