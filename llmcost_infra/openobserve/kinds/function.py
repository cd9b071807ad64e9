"""Functions are VRL programs that pipelines run on every row."""

from __future__ import annotations

from typing import Any

from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.values import plain

__all__ = ["FunctionKind"]


class FunctionKind(Kind):
    """A function; ``${secret:NAME}`` in its text stands for a value of ``secrets``."""

    token = "openobserve:index:Function"  # noqa: S105 - a type token
    id_form = "organization/name"
    required = frozenset({"function", "name"})
    optional = frozenset({"organization", "secrets"})
    replace_on = frozenset({"name", "organization"})
    computed = frozenset()
    secret_paths = frozenset({"secrets.*"})

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs; a function has no defaults."""
        return dict(inputs)

    def problems(self, inputs: Inputs) -> list[Problem]:  # noqa: ARG002 - rules come next
        """Return what the server would refuse, or accept and break."""
        return []

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs with the text as the server stores it."""
        values: dict[str, Any] = plain(inputs)
        return values
