"""The page that shows the dashboards; it asks the REST API like any other client, and pictures."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from llmcost_infra.errors import PictureError
from llmcost_infra.local.dashboards import CURRENT_VERSION, KIND
from llmcost_infra.local.requests import org_of, server_of
from llmcost_infra.local.responses import Refusal
from llmcost_infra.local.tab_pictures import picture_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from llmcost_infra.pictures import ThemeName


__all__ = ["PAGE_PREFIX", "PICTURES", "routes"]

PAGE_PREFIX: Final = "/web/"
"""Where OpenObserve's own user interface lives, so that links to it work here too."""
PICTURES: Final = "pictures"
"""First segment of pictures' addresses; a real server has none there."""

_HOURS: Final = range(1, 90 * 24 + 1)
_WIDTHS: Final = range(300, 4_001)
_THEMES: Final[tuple[ThemeName, ...]] = ("light", "dark")
# Nothing but the server itself is ever asked, and nothing but the page's own script runs.
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; connect-src 'self'; img-src blob: data:; "
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


async def _page(_: Request) -> HTMLResponse:
    text = files("llmcost_infra.local").joinpath("page.html").read_text(encoding="utf-8")
    return HTMLResponse(text, headers=_HEADERS)


async def _picture(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    record = server.objects.get(org, KIND, request.path_params["id"])
    if record is None or record["body"]["version"] != CURRENT_VERSION:
        raise Refusal(404, "Dashboard not found")
    theme = request.query_params.get("theme", "light")
    if theme not in _THEMES:
        raise Refusal(400, "theme is light or dark")
    hours = _whole(request, "hours", 24, _HOURS)
    width = _whole(request, "width", 1_200, _WIDTHS)
    try:
        picture = await run_in_threadpool(
            picture_of,
            server,
            org,
            record["body"],
            request.path_params["tab"],
            seconds=hours * 3_600,
            theme=theme,
            width=width,
        )
    except PictureError as error:
        raise Refusal(501, str(error)) from None
    return Response(picture.svg, media_type="image/svg+xml", headers=_HEADERS)


def _whole(request: Request, name: str, default: int, allowed: range) -> int:
    given = request.query_params.get(name, str(default))
    if not (given.isdecimal() and int(given) in allowed):
        raise Refusal(400, f"{name} is a whole number from {allowed[0]} to {allowed[-1]}")
    return int(given)


routes = [
    Route("/", _page, methods=["GET"]),
    Route(PAGE_PREFIX + "{place:path}", _page, methods=["GET"]),
    Route(f"/{PICTURES}/{{org}}/{{id}}/{{tab}}", _picture, methods=["GET"]),
]
