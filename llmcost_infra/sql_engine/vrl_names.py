"""Which columns a VRL function reads and writes, so that only those cross into its runtime."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Reach", "reach", "without_carried"]

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


@lru_cache(maxsize=64)
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


def without_carried(source: str) -> tuple[str, frozenset[str]]:
    """Return a function's text without the columns that it only hands on, and their names.

    They are the entries `"name": .name` of an object that is the function's last statement and
    becomes the event, where nothing else touches the column.
    """
    found = [token for token in _TOKEN.finditer(source) if token.lastgroup != "space"]
    tokens = [(token.lastgroup or "symbol", token.group()) for token in found]
    begin = _replacement(tokens)
    uses = Counter(text for _, text in tokens)
    if begin is None or "return" in uses or not _ends_with_object(tokens, begin + 2):
        return source, frozenset()
    names: set[str] = set()
    text, end, depth = "", 0, 1
    for at in range(begin + 3, len(tokens) - 3):
        (_, key), (_, colon), (_, path), (_, after) = tokens[at : at + 4]
        depth += _deeper(key)
        entry = depth == 1 and colon == ":" and key == f'"{path[1:]}"' and after in ",}\n"
        if entry and uses[key] == uses[path] == 1:
            names.add(path[1:])
            text += source[end : found[at].start()]
            end = found[at + 3 if after == "," else at + 2].end()
    return text + source[end:], frozenset(names)


def _ends_with_object(tokens: list[_Token], begin: int) -> bool:
    """Tell whether nothing but the answer follows the object whose brace is at a place."""
    depth = 0
    for at, (_, text) in enumerate(tokens[begin:], begin):
        depth += _deeper(text)
        if not depth:
            return all(text in {"\n", "."} for _, text in tokens[at + 1 :])
    return False


def _without_result(tokens: list[_Token]) -> list[_Token]:
    """Leave out the last line's lone dot: it answers with the event, as every function does."""
    while tokens and tokens[-1][0] == "newline":
        tokens = tokens[:-1]
    return tokens[:-1] if tokens and tokens[-1][0] == "root" else tokens


def _replacement(tokens: list[_Token]) -> int | None:
    """Return the place of a statement `. = {` that nothing encloses."""
    depth = 0
    for at, (kind, text) in enumerate(tokens):
        depth += _deeper(text)
        if kind == "root" and not depth and _starts_statement(tokens, at):
            following = [text for _, text in tokens[at + 1 : at + 3]]
            if following == ["=", "{"]:
                return at
    return None


def _deeper(token: str) -> int:
    return (token in {"(", "[", "{"}) - (token in {")", "]", "}"})


def _starts_statement(tokens: list[_Token], at: int) -> bool:
    return at == 0 or tokens[at - 1][0] == "newline" or tokens[at - 1][1] == ";"
