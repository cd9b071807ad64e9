"""Names that no other test has: on a server that others use too, a prefix tells what is ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["named", "own_names", "prefix"]

_prefixes = [""]


def prefix() -> str:
    """Return what the names of the running test start with; empty where there is no server."""
    return _prefixes[-1]


def named(name: str) -> str:
    """Return a name as the running test uses it, e.g. ``t7f3a2_4_llm_calls``."""
    return prefix() + name


@contextmanager
def own_names(start: str) -> Iterator[None]:
    """Let every name start with this."""
    _prefixes.append(start)
    try:
        yield
    finally:
        _prefixes.pop()
