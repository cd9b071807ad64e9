"""Where two values differ: one leaf for each place, whatever the order of keys."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from llmcost_infra.provider.values import is_list, is_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["ABSENT", "Leaf", "Path", "applied", "leaves"]

Path = tuple[str, ...]
"""Keys from the top."""


class _Absent:
    """Stands for a value that is not there, which is something else than null."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __deepcopy__(self, memo: object) -> _Absent:
        return self

    def __copy__(self) -> _Absent:
        return self


ABSENT: Final = _Absent()
"""The value on the side that has none."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One place where two values differ.

    Args:
        path: of the place.
        before: value there, or `ABSENT`.
        after: value there, or `ABSENT`.
    """

    path: Path
    before: Any
    after: Any


def leaves(before: Any, after: Any, path: Path = ()) -> Iterator[Leaf]:
    """Yield every place in which two values differ, by path.

    Maps are compared key by key. A list is one value: what has a name of its own is in a map.

    Args:
        before: JSON.
        after: JSON.
        path: of both, from the top.
    """
    if is_map(before) and is_map(after):
        for key in sorted(before.keys() | after.keys()):
            old, new = before.get(key, ABSENT), after.get(key, ABSENT)
            if old is not new:
                yield from leaves(old, new, (*path, key))
    elif not _same(before, after):
        yield Leaf(path, before, after)


def applied(before: Mapping[str, Any], changes: Iterable[Leaf]) -> dict[str, Any]:
    """Return a value with changes made to it.

    Args:
        before: what the changes were found in; it stays as it is.
        changes: leaves of it; one at the top replaces all of it.
    """
    root: dict[str, Any] = {"": deepcopy(dict(before))}
    for leaf in changes:
        *above, last = ("", *leaf.path)
        place = root
        for key in above:
            place = place[key]
        if leaf.after is ABSENT:
            del place[last]
        else:
            place[last] = deepcopy(leaf.after)
    return cast("dict[str, Any]", root[""])


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same JSON: 1 is 1.0, and not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_list(one) and is_list(other):
        return len(one) == len(other) and all(map(_same, one, other))
    if is_map(one) and is_map(other):
        return next(leaves(one, other), None) is None
    return bool(one == other)
