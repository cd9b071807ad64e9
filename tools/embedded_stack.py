"""Makes on an embedded server what a program declares, so that spans take their whole way there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.openobserve.objects import stores

if TYPE_CHECKING:
    from llmcost_infra.openobserve import Client
    from llmcost_infra.program import Program

__all__ = ["make"]

_MAKE: Final = ("Stream", "Function", "Pipeline", "Dashboard")
_KNOWN: Final = {"folder": "default", "secrets": {"hash_key": "sample-calls-only"}}
"""Inputs that a program's run leaves open: ids of what an update makes, and secrets."""


def make(program: Program, client: Client) -> None:
    """Make streams, functions, pipelines and dashboards.

    Args:
        program: that was run.
        client: of the server.
    """
    every = stores(client)
    for kind in _MAKE:
        token = f"openobserve:index:{kind}"
        for one in program.resources:
            if one.type == token:
                known = {key: value for key, value in _KNOWN.items() if key in one.inputs}
                every[token].create({**one.inputs, **known}, one.urn)
