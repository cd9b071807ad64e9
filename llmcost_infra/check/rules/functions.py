"""Functions: programs that the server refuses, told before anything is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmcost_infra.check.registry import Breach, rule
from llmcost_infra.pricing.vrl import without_rows
from llmcost_infra.sql_engine.vrl import compile_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.check.stack import StackView

__all__ = ["syntax"]

_HEADING = re.compile(r"^error\[E\d+\]: (.+)$", re.MULTILINE)
_PLACE = re.compile(r"┌─ :(\d+):")
_MARKS = re.compile(r"^[\s\d]*│[\s│^~-]*", re.MULTILINE)
_DRAWING = re.compile(r"┌─[^\n]*\n(.*?)\n\s+= ", re.DOTALL)
_VALUE = re.compile(r'(?<== )"[^"\\{}\n]*"')
_compiles: set[str] = set()
_CHOICES = re.compile(r"expected one of: .*")


@rule("function-syntax")
def syntax(stack: StackView) -> Iterator[Breach]:
    """The server refuses a function that does not compile, in the middle of an update.

    Wrong::

        .team = downcase(.team)

    Right::

        .team = downcase(string(.team) ?? "")
    """
    for function in stack.of("Function"):
        program = str(function.inputs.get("function"))
        said = None if "function" in function.unknown else _refusal(without_rows(program))
        if said is not None:
            line, words, hint = _told(said, program)
            yield Breach(function, "function", words, hint, line)


def _refusal(program: str) -> str | None:
    """Return the compiler's diagnostic of a program.

    Stacks have the same programs but for what they are called and what they compare with, and a
    long one takes a quarter of a second: one of those that are alike is compiled.
    """
    alike = _VALUE.sub('""', program)
    if alike in _compiles:
        return None
    said = compile_error(program)
    if said is None:
        _compiles.add(alike)
    return said


def _told(diagnostic: str, program: str) -> tuple[str, str, str]:
    """Return the line that the compiler means, what is wrong with it, and the compiler's advice."""
    heading, place = _HEADING.search(diagnostic), _PLACE.search(diagnostic)
    number = int(place[1]) if place else 1
    line = ("", *program.split("\n"), "")[number].strip()
    shown = f": {line}" if line else ""
    words = f"is not VRL: {heading[1] if heading else 'it does not compile'}{shown}"
    drawn = _DRAWING.search(diagnostic)
    drawing = drawn[1].split("\n") if drawn else ()
    labels = [_CHOICES.sub("", _MARKS.sub("", one)).strip() for one in drawing]
    advice = dict.fromkeys(one for one in labels if one and one != line)
    return line, words, "; ".join(advice).replace(":; ", ": ") or "see https://errors.vrl.dev"
