"""Where a value stands in a JSON text, and what the server's parser says about a broken one.

Reading goes through the standard library; this slow walk happens only when a request is refused,
because the refusal names line and column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["JsonPath", "JsonText", "SyntaxFault", "path_text", "position"]

JsonPath = tuple[str | int, ...]

_BLANK = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORDS = ("true", "false", "null")


class SyntaxFault(Exception):  # noqa: N818 - it is the client's text that is at fault
    """The text is no JSON: what the parser says, where, and inside which value."""

    def __init__(self, words: str, offset: int, path: JsonPath) -> None:
        super().__init__(words)
        self.words = words
        self.offset = offset
        self.path = path


def path_text(path: Sequence[str | int]) -> str:
    """Write a path as the server does: `tabs[0].name`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def position(text: str, offset: int) -> str:
    """Name an offset as the server does: the line, and the bytes read on it."""
    read = text[:offset]
    column = len(read[read.rfind("\n") + 1 :].encode())
    return f"line {read.count(chr(10)) + 1} column {column}"


@dataclass
class JsonText:
    """One walk over a JSON text that notes where each value starts and ends.

    Args:
        text: the request body.
    """

    text: str
    spans: dict[JsonPath, tuple[int, int]] = field(
        default_factory=dict[JsonPath, tuple[int, int]], init=False
    )

    def walk(self) -> dict[JsonPath, tuple[int, int]]:
        """Return start and end offset by path; raises SyntaxFault."""
        end = self._skip(self._value(self._skip(0), ()))
        if end != len(self.text):
            raise SyntaxFault("trailing characters", end + 1, ())
        return self.spans

    def _skip(self, at: int) -> int:
        found = _BLANK.match(self.text, at)
        return found.end() if found else at

    def _peek(self, at: int, place: str, path: JsonPath) -> str:
        if at >= len(self.text):
            raise SyntaxFault(f"EOF while parsing {place}", at, path)
        return self.text[at]

    def _value(self, at: int, path: JsonPath) -> int:
        first = self._peek(at, "a value", path)
        if first == "{":
            end = self._object(at, path)
        elif first == "[":
            end = self._array(at, path)
        elif first == '"':
            end = self._string(at, path)
        else:
            end = self._scalar(at, path)
        self.spans[path] = (at, end)
        return end

    def _string(self, at: int, path: JsonPath) -> int:
        found = _STRING.match(self.text, at)
        if not found:
            raise SyntaxFault("EOF while parsing a string", len(self.text), path)
        return found.end()

    def _scalar(self, at: int, path: JsonPath) -> int:
        for word in _WORDS:
            if self.text.startswith(word, at):
                return at + len(word)
        found = _NUMBER.match(self.text, at)
        if not found:
            raise SyntaxFault("expected value", at + 1, path)
        return found.end()

    def _object(self, at: int, path: JsonPath) -> int:
        at = self._skip(at + 1)
        if self._peek(at, "an object", path) == "}":
            return at + 1
        while True:
            if self._peek(at, "an object", path) != '"':
                raise SyntaxFault("key must be a string", at + 1, path)
            end = self._string(at, path)
            inner = (*path, self.text[at + 1 : end - 1])
            at = self._skip(end)
            if self._peek(at, "an object", inner) != ":":
                raise SyntaxFault("expected `:`", at + 1, inner)
            at = self._skip(self._value(self._skip(at + 1), inner))
            mark = self._peek(at, "an object", path)
            if mark == "}":
                return at + 1
            if mark != ",":
                raise SyntaxFault("expected `,` or `}`", at + 1, path)
            at = self._skip(at + 1)
            if self._peek(at, "a value", path) == "}":
                raise SyntaxFault("trailing comma", at + 1, path)

    def _array(self, at: int, path: JsonPath) -> int:
        at = self._skip(at + 1)
        if self._peek(at, "a list", path) == "]":
            return at + 1
        index = 0
        while True:
            at = self._skip(self._value(at, (*path, index)))
            mark = self._peek(at, "a list", path)
            if mark == "]":
                return at + 1
            if mark != ",":
                raise SyntaxFault("expected `,` or `]`", at + 1, path)
            at = self._skip(at + 1)
            if self._peek(at, "a value", path) == "]":
                raise SyntaxFault("trailing comma", at + 1, path)
            index += 1
