"""All that a review says, as values; formats write it down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost_infra.review.causes import SettingChange
    from llmcost_infra.review.changes import Change
    from llmcost_infra.review.notes import Note

__all__ = ["Report"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a change does.

    Args:
        base: as it was named, with its commit.
        head: what is compared with it.
        stacks: those that were compared.
        files: files of the project that differ.
        changes: findings, equal ones of several stacks once.
        settings: what changed in the files of stacks, and what that moves.
        notes: what could not be looked at, and why.
    """

    base: str
    head: str
    stacks: tuple[str, ...]
    files: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    notes: tuple[Note, ...] = field(default=())

    @property
    def empty(self) -> bool:
        """Whether nothing changes and nothing is left to look at."""
        return not (self.changes or self.settings or self.notes)
