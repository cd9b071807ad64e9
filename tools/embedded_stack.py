"""Makes on an embedded server what a program declares, so that spans take their whole way there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.openobserve.objects import stores

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmcost_infra.openobserve import Client
    from llmcost_infra.program import Program

__all__ = ["make", "write_project"]

_MAKE: Final = ("Stream", "Function", "Pipeline", "Dashboard")
_KNOWN: Final = {"folder": "default", "secrets": {"hash_key": "sample-calls-only"}}
"""Inputs that a program's run leaves open: ids of what an update makes, and secrets."""


_PROGRAM: Final = """\
from llmcost_infra.components import LlmCost, stack_settings

LlmCost("llm-cost", stack_settings())
"""


def write_project(folder: Path, stack: str, settings: Mapping[str, Any]) -> None:
    """Write a project with one stack.

    Args:
        folder: an empty one.
        stack: its name.
        settings: of the stack.
    """
    told = {"config": {"llmcost:settings": settings}}
    (folder / "Pulumi.yaml").write_text("name: llm-cost\nruntime: python\n", encoding="utf-8")
    (folder / f"Pulumi.{stack}.yaml").write_text(json.dumps(told), encoding="utf-8")
    (folder / "__main__.py").write_text(_PROGRAM, encoding="utf-8")


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
