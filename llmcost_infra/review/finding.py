"""What a review says about one object: a sentence, and the places that it covers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost_infra.review.leaves import Leaf

__all__ = ["Aspect", "Fact", "Finding", "Subject"]

Aspect = str
"""What a finding is about: ``added``, ``sql``, ``layout``, ``limit``, ``retention``, …"""

Fact = tuple[str, str]
"""What is said of a new object, such as ``limits``, and the words for it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about.

    Args:
        resource: Pulumi name of the resource.
        parts: kind and name from the outside in, e.g. tab, *Overview*, panel, *Cost by Model*.
        key: where in the resource, e.g. ``tabs.overview.panels.cost_by_model``.
    """

    resource: str
    parts: tuple[tuple[str, str], ...]
    key: str = ""

    @property
    def kind(self) -> str:
        """What it is, e.g. ``panel``."""
        return self.parts[-1][0]

    @property
    def name(self) -> str:
        """What people call it."""
        return self.parts[-1][1]

    def inside(self, kind: str, name: str, key: str) -> Subject:
        """Return something inside of this."""
        return Subject(self.resource, (*self.parts, (kind, name)), key)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a change does.

    Args:
        subject: to what.
        aspect: what of it.
        sentence: in words, without the subject.
        leaves: the places that it covers; no other finding covers one of them.
        diff: lines of a readable diff, each with ``+``, ``-`` or a blank in front.
        facts: what comes with a new object; stacks in which these alone differ are told together.
    """

    subject: Subject
    aspect: Aspect
    sentence: str
    leaves: tuple[Leaf, ...] = field(repr=False)
    diff: tuple[str, ...] = field(default=(), repr=False)
    facts: tuple[Fact, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it is about all of something that one side does not have."""
        return self.aspect in {"added", "removed"}

    @property
    def changed_lines(self) -> tuple[str, ...]:
        """The lines of the diff that are on one side only, without indentation and end comma."""
        changed = (line for line in self.diff if line[0] in "+-")
        return tuple(f"{line[0]}{line[1:].strip().rstrip(',')}" for line in changed)
