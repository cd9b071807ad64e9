"""Which names templates, destinations and alerts may have."""

from __future__ import annotations

import re

from llmcost_infra.local.responses import Refusal

__all__ = ["check_name", "checked_name"]

_FORBIDDEN = re.compile(r"[:#?\s'\"%&]")


def check_name(kind: str, name: str, *, slash: str = "'/', ") -> None:
    """Refuse a name with a character that the server cannot put into a path.

    Args:
        kind: what is named, as the refusal starts (`Template`).
        name: the name.
        slash: how the refusal lists the slash among the characters; empty where it has its own.
    """
    if _FORBIDDEN.search(name) or (slash and "/" in name):
        raise Refusal(
            400,
            f"{kind} name cannot contain ':', '#', '?', '&', '%', {slash}"
            "quotes and space characters",
        )


def checked_name(kind: str, name: str) -> str:
    """Return a trimmed name; refuses an empty or forbidden one."""
    trimmed = name.strip()
    if not trimmed:
        raise Refusal(400, f"{kind} name cannot be empty")
    check_name(kind, trimmed)
    return trimmed
