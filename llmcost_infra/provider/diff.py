"""What changed between two versions of a resource's inputs, by path.

Objects are compared key by key; lists are compared as values at their path, because their items
have no names. Numbers are equal by value, and `None` is the same as absent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from llmcost_infra.provider.values import UNKNOWN, is_list, is_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Change", "Path", "apply", "diff", "equal", "render_path"]

Path = tuple[str, ...]
"""Keys from the root of the inputs down to a value."""

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


@dataclass(frozen=True, slots=True)
class Change:
    """One path at which two versions differ.

    Args:
        path: where.
        old: value before, `None` when it was absent.
        new: value after, `None` when it is absent; `UNKNOWN` counts as changed.
    """

    path: Path
    old: Any
    new: Any

    @property
    def kind(self) -> Literal["add", "delete", "update"]:
        """What happens to the value at this path."""
        if self.old is None:
            return "add"
        return "delete" if self.new is None else "update"


def diff(old: Mapping[str, Any], new: Mapping[str, Any], at: Path = ()) -> Iterator[Change]:
    """Yield what turns one version into the other, in the order of the paths.

    Args:
        old: inputs before; no secrets.
        new: inputs after; no secrets, may hold `UNKNOWN`.
        at: path of the two.
    """
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if is_map(before) and is_map(after):
            yield from diff(before, after, (*at, key))
        elif not equal(before, after):
            yield Change((*at, key), before, after)


def equal(left: Any, right: Any) -> bool:
    """Say whether two values are the same; what is unknown equals nothing."""
    if left is UNKNOWN or right is UNKNOWN:
        return False
    if is_map(left) and is_map(right):
        return all(equal(left.get(key), right.get(key)) for key in left.keys() | right.keys())
    if is_list(left) and is_list(right):
        return len(left) == len(right) and all(map(equal, left, right))
    # True == 1 in Python, but not in JSON.
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def apply(value: dict[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """Return the value with these changes made to it; the value itself stays as it is."""
    result = value
    for change in changes:
        result = _put(result, change.path, change.new)
    return result


def _put(value: dict[str, Any], path: Path, new: Any) -> dict[str, Any]:
    key, rest = path[0], path[1:]
    if rest:
        inside = value.get(key)
        new = _put(inside if is_map(inside) else {}, rest, new)
    if new is None:
        return {other: item for other, item in value.items() if other != key}
    return {**value, key: new}


def render_path(path: Path) -> str:
    """Return a path as Pulumi writes it: ``tabs.overview.panels["cost by model"].query``."""
    text = "".join(_segment(key) for key in path)
    return text.removeprefix(".")


def _segment(key: str) -> str:
    if _PLAIN_KEY.fullmatch(key):
        return f".{key}"
    escaped = key.replace('"', '\\"')
    return f'["{escaped}"]'
