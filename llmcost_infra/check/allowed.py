"""Comments that allow what a rule finds: ``# check: allow RULE reason``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llmcost_infra.check.finding import Finding
from llmcost_infra.declarations import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

__all__ = ["Allowance", "allowances", "apply"]

_COMMENT: Final = re.compile(
    r"(?:#|--)-?\s*check:\s*allow\b[ \t]*([\w/.-]*)[ \t]*(.*?)\s*(?:-?#\}|$)"
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A comment.

    Args:
        rule: what it allows.
        reason: why.
        line: where it stands.
        first: first line that it is about.
        last: last line that it is about.
    """

    rule: str
    reason: str
    line: int
    first: int
    last: int


@lru_cache(maxsize=1024)
def allowances(path: Path) -> tuple[Allowance, ...]:
    """Return the comments of a file; none of one that is not there.

    A comment is about the next line and what is indented below it, or about its own line; in a SQL
    template, which is one statement, about all of it.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    return tuple(_found(lines, whole=path.suffix == ".j2"))


def _found(lines: list[str], *, whole: bool) -> Iterator[Allowance]:
    for number, line in enumerate(lines, 1):
        if comment := _COMMENT.search(line):
            alone = not line[: comment.start()].strip(" {")
            first, last = (number + 1, _end(lines, number)) if alone else (number, number)
            if whole:
                first, last = 1, len(lines)
            yield Allowance(comment[1], comment[2], number, first, last)


def _end(lines: list[str], start: int) -> int:
    """Return the last line of the block that begins after a line."""
    if start >= len(lines):
        return start
    deep = _indent(lines[start])
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) > deep):
        end += 1
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def apply(
    findings: Iterable[Finding], files: Iterable[str], rules: Collection[str]
) -> Iterator[Finding]:
    """Yield the findings that no comment allows, and what is wrong with the comments.

    Args:
        findings: all of them.
        files: whose comments are looked at.
        rules: ids that there are.
    """
    for found in findings:
        if not any(_allows(one, found) for one in allowances(Path(found.path))):
            yield found
    for path in sorted(set(files)):
        for one in allowances(Path(path)):
            if one.rule not in rules:
                said = f"there is no rule {one.rule!r} to allow"
                hint = nearest(one.rule, sorted(rules))
                yield Finding(path, one.line, "allowance", "error", said, hint)
            elif not one.reason:
                said = f"{one.rule} is allowed without a reason"
                hint = f"write # check: allow {one.rule} and why"
                yield Finding(path, one.line, "allowance", "error", said, hint)


def _allows(one: Allowance, found: Finding) -> bool:
    fits = one.rule == found.rule and bool(one.reason)
    return fits and (one.first <= found.line <= one.last or not found.line)
