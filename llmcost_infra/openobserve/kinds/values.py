"""Plain JSON values in one spelling: no nulls, whole numbers as integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["plain", "without_defaults"]


def plain(value: Any) -> Any:
    """Return a JSON value without nulls in objects, and with ``2.0`` as ``2``.

    The server echoes optional keys as null and integers as floats; neither is a difference.
    Nulls in arrays stay: their place means something.
    """
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: plain(inner) for key, inner in items if inner is not None}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in cast("list[Any]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def without_defaults(
    values: Mapping[str, Any], defaults: Mapping[str, Any], keep: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Return the values without those that equal their default or are empty.

    Args:
        values: plain values.
        defaults: what a key means when it is absent; a key that is not listed is empty then.
        keep: keys that stay whatever their value.
    """
    return {
        key: value
        for key, value in values.items()
        if key in keep
        or not (_same(value, defaults[key]) if key in defaults else value in ("", [], {}))
    }


def _same(left: Any, right: Any) -> bool:
    # True == 1 in Python, but not in JSON.
    return left == right and isinstance(left, bool) == isinstance(right, bool)
