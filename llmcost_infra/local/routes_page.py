"""The page that shows the dashboards; it asks the REST API like any other client."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["PAGE_PREFIX", "routes"]

PAGE_PREFIX: Final = "/web/"
"""Where OpenObserve's own user interface lives, so that links to it work here too."""

# Nothing but the server itself is ever asked, and nothing but the page's own script runs.
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; connect-src 'self'; "
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


async def _page(_: Request) -> HTMLResponse:
    text = files("llmcost_infra.local").joinpath("page.html").read_text(encoding="utf-8")
    return HTMLResponse(text, headers=_HEADERS)


routes = [
    Route("/", _page, methods=["GET"]),
    Route(PAGE_PREFIX + "{place:path}", _page, methods=["GET"]),
]
