"""What a review could not do, and where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Note", "together"]


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
