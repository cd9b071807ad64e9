"""A stack's own patterns of what must not be kept, in the part of the language that is safe.

They run in an ingest function, so that each has to compile there, stay small, and not empty texts.
"""

from __future__ import annotations

import re
import warnings
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from llmcost_infra.declarations import misplaced

__all__ = ["MOST_PATTERNS", "ScrubPattern", "as_rust"]

MOST_PATTERNS: Final = 20
"""More would slow every captured call down."""

_EXAMPLE: Final = r"like '\bEMP-[0-9]{6}\b'"
_ANCHOR: Final = r"\b"
_MOST_REPEATS: Final = 128
_COUNT: Final = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_ESCAPE: Final = re.compile(r"\\[!-/:;=?@\[-`{-~dsw]")
_HARMLESS: Final = ("the", "a-b", "word", "1", "42", "2026-11-30", "1795467397879571", "0.0025", "")
"""What a pattern may not find: texts and figures would be emptied."""


def as_rust(pattern: str) -> str:
    """Return a pattern as the function has it: ends of words are those of ASCII.

    In a script without spaces, the letter before an id would otherwise be part of its word.
    """
    return rf"(?-u:\b){_inner(pattern)}(?-u:\b)"


def _inner(pattern: str) -> str:
    return pattern[len(_ANCHOR) : -len(_ANCHOR)]


def _checked(pattern: str) -> str:
    problem = _problem(pattern)
    if problem:
        raise misplaced(problem, hint=_EXAMPLE)
    return pattern


def _problem(pattern: str) -> str:
    inner = _inner(pattern)
    if not (pattern.startswith(_ANCHOR) and pattern.endswith(_ANCHOR) and inner):
        return r"is not anchored: it has to start and end with \b"
    if inner.endswith("\\") or not pattern.isprintable() or "'" in pattern:
        return "holds a quote, a sign that cannot be printed, or a \\ with nothing after it"
    bare = _ESCAPE.sub("_", inner)
    if "\\" in bare or re.search(r"\(\?(?!:)|\[\^?\]?[^\]]*\[", bare):
        return r"may hold \d, \s, \w, \ before a sign, and groups, but nothing else of that kind"
    return _size_problem(bare) or _meaning_problem(pattern)


def _size_problem(bare: str) -> str:
    counts = [int(most or least) for least, most in _COUNT.findall(bare)]
    if "{" in _COUNT.sub("", bare) or re.search(r"\)\{|[*+?}][*+{]|\?\?", bare):
        return "repeats a group by number, or what is repeated already"
    return "repeats too often" if sum(counts) > _MOST_REPEATS else ""


def _meaning_problem(pattern: str) -> str:
    try:
        # What Python only warns of means something else in the function.
        with warnings.catch_warnings(action="error"):
            compiled = re.compile(pattern)
    except (re.error, FutureWarning) as error:
        return f"is no pattern: {error}"
    found = next((word for word in _HARMLESS if compiled.search(word)), None)
    return "" if found is None else f"finds {found!r}, and would empty harmless texts"


ScrubPattern = Annotated[str, Field(max_length=200), AfterValidator(_checked)]
r"""Between two ``\b``, signs, classes, groups, ``\d``, ``\s``, ``\w``."""
