"""What a review could not do, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from llmcost_infra.errors import PartialAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmcost_infra.errors import LlmCostError

__all__ = ["Note", "together", "words_of"]

_QUOTED: Final = re.compile(r"'[^']*'")


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a review lacks, and why.

    Args:
        place: the side and file, the panel, or the part of the report.
        message: why.
        stacks: that it is about; none for all.
    """

    place: str
    message: str
    stacks: tuple[str, ...] = ()


def together(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return notes with what holds in several stacks said once."""
    found: dict[tuple[str, str], Note] = {}
    for note in notes:
        key = note.place, note.message
        earlier = found.get(key, replace(note, stacks=()))
        found[key] = replace(earlier, stacks=tuple(dict.fromkeys(earlier.stacks + note.stacks)))
    return tuple(found.values())


def words_of(error: LlmCostError) -> str:
    """Return what a server said against a statement, without values that it may quote of rows."""
    if isinstance(error, PartialAnswer):
        return "the server answers with a part of the rows only"
    return _QUOTED.sub("'…'", error.message)
