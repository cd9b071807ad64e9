"""The rule for writing to an object that others may have changed meanwhile.

For every path there are three values: base (what we last saw or wrote), server (a fresh read) and
target. Server = target: done already. Server = base: ours to write. Anything else: stop.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.provider.diff import Path, equal, render_path
from llmcost_infra.provider.values import is_map

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Conflict", "Views", "conflicts", "describe"]

_LONGEST: Final = 200
"""Characters of a value that a message shows; SQL and VRL texts are longer."""


@dataclass(frozen=True, slots=True)
class Views:
    """The values that one path, or a whole object, has.

    What a kind derives from the layout on the server (order numbers) depends on what was known
    before, so the server is read in two ways: with the base in mind, and with the target in mind.

    Args:
        base: in the state.
        server_as_base: on the server, read with the base known.
        server_as_target: on the server, read with the target known.
        target: in the program.
    """

    base: Any
    server_as_base: Any
    server_as_target: Any
    target: Any

    @property
    def settled(self) -> bool:
        """Whether the server has the target already, or still has the base."""
        return equal(self.server_as_target, self.target) or equal(self.server_as_base, self.base)

    def inside(self) -> Iterator[tuple[str, Views]]:
        """Yield the views of every key, if these are objects with keys in common."""
        if not (is_map(self.server_as_base) and is_map(self.target)):
            return
        maps = [
            view if is_map(view) else {}
            for view in (self.base, self.server_as_base, self.server_as_target, self.target)
        ]
        for key in sorted(set[str]().union(*maps)):
            yield key, Views(*(view.get(key) for view in maps))


@dataclass(frozen=True, slots=True)
class Conflict:
    """A path that somebody else changed and that the target wants otherwise.

    Args:
        path: where.
        views: the three values; `None` is absent.
    """

    path: Path
    views: Views


def conflicts(views: Views, at: Path = ()) -> Iterator[Conflict]:
    """Yield every path that must not be written.

    Args:
        views: of the whole object.
        at: path of the views.
    """
    if views.settled:
        return
    inside = list(views.inside())
    if not inside:
        yield Conflict(at, views)
    for key, values in inside:
        yield from conflicts(values, (*at, key))


def describe(conflict: Conflict, *, hidden: bool) -> str:
    """Return one conflict in words: its path and all three values.

    Args:
        conflict: what to describe.
        hidden: something at this path is secret, so no value is shown.
    """
    views = conflict.views
    return "\n".join(
        (
            f"{render_path(conflict.path)}",
            f"  last known: {_shown(views.base, hidden=hidden)}",
            f"  on the server: {_shown(views.server_as_base, hidden=hidden)}",
            f"  wanted: {_shown(views.target, hidden=hidden)}",
        )
    )


def _shown(value: Any, *, hidden: bool) -> str:
    if value is None:
        return "(absent)"
    if hidden:
        return "[secret]"
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
