"""Two texts side by side: as a diff that a person reads, and what it comes to in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["NumberChange", "line_diff", "number_changes", "only_numbers", "sql_words"]

_CONTEXT: Final = 2
_TOKEN: Final = re.compile(r"'(?:[^']|'')*'|[A-Za-z_]\w*|\d+(?:\.\d+)?|\S")
_NUMBER: Final = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_OWN: Final = "llmcost_"
_NAMED: Final = 3
_COMPARED: Final = frozenset("<>=")
_SCALED: Final = frozenset("*/")


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A number that stands where another one stood.

    Args:
        before: it was that.
        after: it is that.
        limit: whether something is compared with it, alone.
    """

    before: Decimal
    after: Decimal
    limit: bool = False


def line_diff(before: str, after: str) -> tuple[str, ...]:
    """Return a diff by lines with two lines around each change, and ``…`` for what is left out."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[str] = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        if lines:
            lines.append(" …")
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                lines += [f" {line}" for line in old[start:end]]
                continue
            lines += [f"-{line}" for line in old[start:end]]
            lines += [f"+{line}" for line in new[new_start:new_end]]
    return tuple(lines)


def sql_words(before: str, after: str) -> str:
    """Return in a few words what another statement does differently."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if old == new:
        return "only its lines are broken differently"
    added, gone = _names(new, old), _names(old, new)
    said = [steps] if (steps := _steps(before, after)) else []
    said += [f"adds {added}"] * bool(added) + [f"leaves out {gone}"] * bool(gone)
    return "; ".join(said) or "the same columns in another expression"


def number_changes(before: str, after: str) -> tuple[NumberChange, ...]:
    """Return the numbers that differ between two statements; none if anything else differs too."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) != len(new):
        return ()
    found: list[NumberChange] = []
    for place, (one, other) in enumerate(zip(old, new, strict=True)):
        if one == other:
            continue
        if not (one[0].isdigit() and other[0].isdigit()):
            return ()
        around = {*new[place + 1 : place + 2], *new[max(place - 1, 0) : place]}
        alone = bool(around & _COMPARED) and not around & _SCALED
        found.append(NumberChange(Decimal(one), Decimal(other), alone))
    return tuple(found)


def only_numbers(before: str, after: str, changes: Iterable[NumberChange]) -> bool:
    """Tell whether two texts differ in these numbers alone, however they are written."""
    if _NUMBER.sub("0", before) != _NUMBER.sub("0", after):
        return False
    known = [(one.before, one.after) for one in changes]
    pairs = map(_decimals, zip(_NUMBER.findall(before), _NUMBER.findall(after), strict=True))
    changed = (pair for pair in pairs if pair[0] != pair[1])
    return all(any(all(map(_rounded, one, pair)) for one in known) for pair in changed)


def _rounded(exact: Decimal, written: Decimal) -> bool:
    """Tell whether a number is written with no more places than it needs for people."""
    return exact == written or exact.quantize(written) == written


def _decimals(pair: tuple[str, str]) -> tuple[Decimal, Decimal]:
    one, other = (Decimal(text.replace(",", "")) for text in pair)
    return one, other


def _steps(before: str, after: str) -> str:
    """Return the numbers that differ in lines which are the same otherwise."""
    changes = [one for lines in _replaced(before, after) for one in number_changes(*lines)]
    return ", ".join(dict.fromkeys(f"{one.before:f} → {one.after:f}" for one in changes))


def _replaced(before: str, after: str) -> Iterator[tuple[str, str]]:
    old, new = before.splitlines(), after.splitlines()
    for tag, start, end, new_start, new_end in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "replace" and end - start == new_end - new_start:
            yield from zip(old[start:end], new[new_start:new_end], strict=True)


def _names(tokens: list[str], others: list[str]) -> str:
    """Return what is named in a statement and not in the other, as a person says it."""
    known = set(others)
    # Keywords are written in capitals; they say little.
    found = [one for one in dict.fromkeys(tokens) if one not in known and _is_name(one)]
    spoken = dict.fromkeys(one.removeprefix(_OWN).replace("_", " ") for one in found)
    named, more = list(spoken)[:_NAMED], len(spoken) - _NAMED
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _is_name(token: str) -> bool:
    return (token[0].isalpha() and not token.isupper()) or token[0] in "_'"
