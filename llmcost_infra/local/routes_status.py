"""Health and configuration: what a client may ask without credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from llmcost_infra.local.recorded import configuration
from llmcost_infra.local.requests import server_of
from llmcost_infra.local.responses import json_answer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


async def _health(_: Request) -> Response:
    return json_answer({"status": "ok"})


async def _config(request: Request) -> Response:
    pricing = server_of(request).config.model_pricing
    return json_answer(configuration() | {"model_pricing_enabled": pricing})


routes = [
    Route("/healthz", _health, methods=["GET"]),
    Route("/schedulez", _health, methods=["GET"]),
    Route("/config", _config, methods=["GET"]),
]
