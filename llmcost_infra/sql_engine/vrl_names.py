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
_WHOLE = frozenset({"unnest", "return"})

_Token = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reach:
    """What a function can see and change.

    Args:
        columns: names after a leading dot; a superset of what it touches.
        replaces: whatever happens, it sets the whole event from an object that it writes out.
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
    replaced_at = _replacement(tokens)
    seen = _without_result(tokens) if replaced_at is None else tokens[:replaced_at]
    whole = (
        any(kind == "root" for kind, _ in seen)
        or any(kind == "word" and text in _WHOLE for kind, text in tokens)
        or any("\\" in name for name in columns)
    )
    return Reach(frozenset(columns), replaced_at is not None, whole)


def _without_result(tokens: list[_Token]) -> list[_Token]:
    """Leave out the last line's lone dot: it answers with the event, as every function does."""
    while tokens and tokens[-1][0] == "newline":
        tokens = tokens[:-1]
    return tokens[:-1] if tokens and tokens[-1][0] == "root" else tokens


def _replacement(tokens: list[_Token]) -> int | None:
    """Return the place of a statement `. = {` that nothing encloses."""
    depth = 0
    for at, (kind, text) in enumerate(tokens):
        if kind == "symbol" and text in "([{":
            depth += 1
        elif kind == "symbol" and text in ")]}":
            depth -= 1
        elif kind == "root" and not depth and _starts_statement(tokens, at):
            following = [text for _, text in tokens[at + 1 : at + 3]]
            if following == ["=", "{"]:
                return at
    return None


def _starts_statement(tokens: list[_Token], at: int) -> bool:
    return at == 0 or tokens[at - 1][0] == "newline" or tokens[at - 1][1] == ";"
