"""Where a resource was declared, for tools that speak to a reviewer; never sent anywhere."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """The place of a declaration.

    Args:
        path: the file, relative to the project.
        line: 1-based line in it, if known.
    """

    path: str
    line: int | None = None
