"""What is secret and unknown in a value: taken off for the server, put back for the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.provider.values import UNKNOWN, Secret, is_list, is_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "conceal",
    "known",
    "known_part",
    "mark_like",
    "masked",
    "reveal",
    "secret_at",
    "secret_texts",
]


def reveal(value: Any) -> Any:
    """Return the value with every secret unwrapped; unknowns stay."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if is_list(value):
        return [reveal(item) for item in value]
    if is_map(value):
        return {key: reveal(item) for key, item in value.items()}
    return value


def masked(value: Any) -> Any:
    """Return the value with every secret unwrapped and `None` for what is unknown."""
    if isinstance(value, Secret):
        return masked(value.value)
    if is_list(value):
        return [masked(item) for item in value]
    if is_map(value):
        return {key: masked(item) for key, item in value.items()}
    return None if value is UNKNOWN else value


def known(value: Any) -> bool:
    """Say whether nothing in the value is unknown."""
    if isinstance(value, Secret):
        return known(value.value)
    return value is not UNKNOWN and all(known(item) for item in _items(value))


def known_part(value: dict[str, Any]) -> dict[str, Any]:
    """Return the value with every secret unwrapped, without the properties that are unknown.

    A list with one unknown item is unknown as a whole: its items have no names.
    """
    return {
        key: known_part(plain) if is_map(plain) else plain
        for key, plain in ((key, reveal(item)) for key, item in value.items())
        if is_map(plain) or known(plain)
    }


def mark_like(value: Any, marked: Any) -> Any:
    """Return a plain value, secret and unknown wherever another version of it is.

    Args:
        value: without secrets and unknowns; `None` is absent.
        marked: the version that carries the marks. What is unknown in it is put back even where
            `value` lacks it. Where both hold lists of different lengths, one secret item makes
            the whole list secret, since items have no names.
    """
    if isinstance(marked, Secret):
        inner = mark_like(value, marked.value)
        return None if inner is None else Secret(reveal(inner))
    if is_map(marked):
        return _mark_map(value, marked)
    if not known(marked):
        return marked
    if is_list(marked) and is_list(value):
        return _mark_list(value, marked)
    return value


def _mark_map(value: Any, marked: dict[str, Any]) -> Any:
    lost = [key for key, mark in marked.items() if not known(mark)]
    if value is None and lost:
        value = {}
    if not is_map(value):
        return value
    return {
        key: mark_like(value.get(key), marked.get(key)) for key in dict.fromkeys([*value, *lost])
    }


def _mark_list(value: list[Any], marked: list[Any]) -> Any:
    if len(value) == len(marked):
        return [mark_like(item, mark) for item, mark in zip(value, marked, strict=True)]
    return Secret(value) if secret_at(marked, ()) else value


def conceal(value: Any, paths: Iterable[str]) -> Any:
    """Return the value with everything at these paths wrapped as secret.

    Args:
        value: properties; what is secret already stays so.
        paths: dotted paths in which ``*`` stands for one segment: ``secrets.*``, ``password``.
    """
    for path in paths:
        value = _conceal(value, path.split("."))
    return value


def _conceal(value: Any, path: list[str]) -> Any:
    if isinstance(value, Secret) or value is None:
        return value
    if not path:
        return Secret(reveal(value))
    head, rest = path[0], path[1:]
    if is_list(value) and head == "*":
        return [_conceal(item, rest) for item in value]
    if is_map(value):
        return {
            key: _conceal(item, rest) if head in {"*", key} else item for key, item in value.items()
        }
    # An unknown map may come to hold secrets: what is inside cannot be told apart yet.
    return Secret(value) if value is UNKNOWN else value


def value_at(value: Any, path: Iterable[str]) -> Any:
    """Return the value at a path, without secrets' marks; `None` if there is none."""
    for key in path:
        plain = reveal(value)
        value = plain.get(key) if is_map(plain) else None
    return reveal(value)


def secret_at(value: Any, path: Iterable[str]) -> bool:
    """Say whether something at this path, around it or within it is secret."""
    for key in path:
        if isinstance(value, Secret):
            return True
        value = value.get(key) if is_map(value) else None
    return any(True for _ in _secrets(value))


def secret_texts(value: Any) -> frozenset[str]:
    """Return every text that is marked secret, so that messages can be cleaned of it."""
    texts = (text for secret in _secrets(value) for text in _texts(reveal(secret)))
    return frozenset(texts)


def _secrets(value: Any) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    for item in _items(value):
        yield from _secrets(item)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in _items(value):
        yield from _texts(item)


def _items(value: Any) -> Iterable[Any]:
    if is_map(value):
        return value.values()
    return value if is_list(value) else ()
