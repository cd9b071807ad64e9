"""Paths of API calls."""

from __future__ import annotations

from urllib.parse import quote, unquote

__all__ = ["api_path", "api_path_v2", "organization_of"]


def api_path(organization: str, *segments: str) -> str:
    """Return the path of a call in an organization; every segment is quoted."""
    return "/api/" + _quoted(organization, *segments)


def api_path_v2(organization: str, *segments: str) -> str:
    """Return the path of a v2 call in an organization; every segment is quoted."""
    return "/api/v2/" + _quoted(organization, *segments)


def organization_of(path: str) -> str:
    """Return the organization that a path is about."""
    return unquote(path.removeprefix("/api/").removeprefix("v2/").split("/", 1)[0])


def _quoted(*segments: str) -> str:
    return "/".join(quote(segment, safe="") for segment in segments)
