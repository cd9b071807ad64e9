"""The application: who may enter, which organization is meant, and which handler answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response

from llmcost_infra.local import (
    routes_accounts,
    routes_alerts,
    routes_dashboards,
    routes_destinations,
    routes_enrichment,
    routes_folders,
    routes_functions,
    routes_ingest,
    routes_model_prices,
    routes_organizations,
    routes_page,
    routes_pipelines,
    routes_search,
    routes_status,
    routes_streams,
    routes_templates,
    routes_users,
)
from llmcost_infra.local.auth import identify
from llmcost_infra.local.organizations import exists, open_organization
from llmcost_infra.local.responses import PlainRefusal, Refusal, envelope, plain_text
from llmcost_infra.local.routes_page import PAGE_PREFIX, PICTURES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from llmcost_infra.local.server import Server

__all__ = ["build_app"]

_ROUTES: list[Route] = [
    *routes_page.routes,
    *routes_status.routes,
    *routes_organizations.routes,
    *routes_accounts.routes,
    *routes_users.routes,
    *routes_folders.routes,
    *routes_dashboards.routes,
    *routes_functions.routes,
    *routes_pipelines.routes,
    *routes_templates.routes,
    *routes_destinations.routes,
    *routes_alerts.routes,
    *routes_model_prices.routes,
    *routes_enrichment.routes,
    *routes_streams.routes,
    *routes_ingest.routes,
    *routes_search.routes,
]
_PUBLIC = frozenset({"/", "/healthz", "/schedulez", "/config"})
_INGEST_SEGMENTS = frozenset(
    {"_bulk", "_json", "_multi", "traces", "write", "logs", "metrics", "_hec", "push"}
)
_NO_ORGANIZATION = "Organization not found"


def build_app(server: Server) -> Starlette:
    """Return the application of a server."""
    app = Starlette(
        routes=_ROUTES,
        exception_handlers={
            Refusal: _refusal,
            PlainRefusal: _plain_refusal,
            HTTPException: _http_refusal,
        },
    )
    app.state.server = server
    # An unknown route reads like an unknown organization, a trailing slash included.
    app.router.redirect_slashes = False
    app.add_middleware(_Gate, server=server)
    app.add_middleware(_Log, server=server)
    return app


async def _refusal(_: Request, refused: Exception) -> Response:
    error = cast("Refusal", refused)
    return envelope(error.code, error.message, status=error.status)


async def _plain_refusal(_: Request, refused: Exception) -> Response:
    error = cast("PlainRefusal", refused)
    return plain_text(error.status, error.message)


async def _http_refusal(_: Request, refused: Exception) -> Response:
    error = cast("HTTPException", refused)
    if error.status_code == 404:  # noqa: PLR2004 - HTTP's own number
        return plain_text(404, _NO_ORGANIZATION)
    return Response(status_code=error.status_code, headers=error.headers)


class _Log:
    """Tells the server about every answered request."""

    def __init__(self, app: ASGIApp, server: Server) -> None:
        self._app = app
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._server.answered(scope["method"], scope["path"], message["status"])
            await send(message)

        await self._app(scope, receive, noting)


class _Gate:
    """Lets through who is known, to an organization that exists."""

    def __init__(self, app: ASGIApp, server: Server) -> None:
        self._app = app
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if path in _PUBLIC or path.startswith(PAGE_PREFIX):
            return None
        authorization = Headers(scope=scope).get("authorization")
        if authorization is None:
            return envelope(401, "Unauthorized Access")
        org = _organization(path)
        caller = identify(self._server, authorization, org)
        if caller is None:
            challenge = {"www-authenticate": 'Bearer realm="openobserve"'}
            return Response("Unauthorized Access", 401, challenge)
        if org and not exists(self._server, org):
            if not (caller.is_root and _ingests(path)):
                return plain_text(404, _NO_ORGANIZATION)
            open_organization(self._server, org, org)
        scope.setdefault("state", {})["caller"] = caller
        return None


def _organization(path: str) -> str:
    """Return the organization that a path names, or an empty text."""
    segments = path.split("/")[1:]
    if not segments or segments[0] not in {"api", PICTURES}:
        return ""
    place = 2 if segments[1:2] == ["v2"] else 1
    named = segments[place : place + 1]
    return "" if not named or named == ["organizations"] else named[0]


def _ingests(path: str) -> bool:
    return not _INGEST_SEGMENTS.isdisjoint(path.split("/")[3:])
