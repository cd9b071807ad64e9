"""The `type` that a request names: logs when it names none, or one that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["stream_type"]

_TYPES = frozenset(
    {
        "logs",
        "metrics",
        "traces",
        "enrichment_tables",
        "index",
        "metadata",
        "service_graph",
        "file_list",
    }
)


def stream_type(request: Request) -> str:
    """Return the type of streams that a request is about."""
    asked = request.query_params.get("type", "")
    return asked if asked in _TYPES else "logs"
