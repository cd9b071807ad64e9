"""Which columns a VRL function reads and writes, so that only those cross into its runtime."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Reach", "reach"]

_TOKEN = re.compile(
    r"""
      (?P<space>\#[^\n]*|[ \t\r]+)
    | (?P<newline>\n)
    | (?P<string>[rst]'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<number>\d[\d_]*(?:\.\d+)?)
    | (?P<meta>%[A-Za-z0-9_@.]*)
    | (?P<path>\.(?:[A-Za-z_@][A-Za-z0-9_@]*|"(?:[^"\\]|\\.)*"))
    | (?P<root>\.)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# These reach the whole event without naming it.
_WHOLE = frozenset({"unnest", "return", "abort"})


@dataclass(frozen=True, slots=True)
class Reach:
    """What a function can see and change.

    Args:
        columns: names after a leading dot; a superset of what it touches.
        replaces: it sets the whole event first thing, from an object that it writes out.
        whole: it touches the event as a whole, so that every column has to be there.
    """

    columns: frozenset[str]
    replaces: bool
    whole: bool


def reach(source: str) -> Reach:
    """Read a function's text; when in doubt, it reaches everything."""
    tokens = [
        (found.lastgroup or "symbol", found.group())
        for found in _TOKEN.finditer(source)
        if found.lastgroup != "space"
    ]
    columns = {text[1:].strip('"') for kind, text in tokens if kind == "path"}
    replaces, rest = _replacement(tokens)
    whole = any(kind == "root" for kind, _ in _without_result(rest))
    whole = whole or any(kind == "word" and text in _WHOLE for kind, text in tokens)
    whole = whole or any("\\" in name for name in columns)
    return Reach(frozenset(columns), replaces, whole)


def _without_result(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out the last line's lone dot: it answers with the event, as every function does."""
    while tokens and tokens[-1][0] == "newline":
        tokens = tokens[:-1]
    return tokens[:-1] if tokens and tokens[-1][0] == "root" else tokens


def _replacement(tokens: list[tuple[str, str]]) -> tuple[bool, list[tuple[str, str]]]:
    """Tell whether the text starts with `. = {`; return what is left to look at."""
    start = [token for token in tokens if token[0] != "newline"]
    texts = [text for _, text in start[:3]]
    return (True, start[1:]) if texts == [".", "=", "{"] else (False, start)
