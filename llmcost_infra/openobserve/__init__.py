"""REST client of OpenObserve, and the kinds of objects that it holds."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmcost_infra.openobserve.client import Client, SearchResult
    from llmcost_infra.openobserve.retry import Retry

__all__ = ["SUPPORTED_VERSIONS", "Client", "Retry", "SearchResult"]

SUPPORTED_VERSIONS = ("0.90", "0.92")
"""The oldest and the newest release of OpenObserve that this package is made for."""

# Whoever needs the kinds only does not wait for an HTTP client: a preview, a check.
_HOMES = {"Client": "client", "Retry": "retry", "SearchResult": "client"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
