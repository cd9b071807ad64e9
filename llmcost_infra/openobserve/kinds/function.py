"""Functions are VRL programs that pipelines run on every row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.rules import any_map, check, non_empty, trimmed
from llmcost_infra.openobserve.kinds.secret_text import fill, secret_problems
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from llmcost_infra.openobserve.kinds.rules import Rule

__all__ = ["FunctionKind", "stored_text"]

_CLOSING_DOT = re.compile(r"\s*\n\s*\.\Z")
_RESERVED = frozenset({"bulk", "test"})


def stored_text(text: str) -> str:
    """Return a program as the server is to store it: it ends with the row, a dot.

    The server itself appends one to a text that ends with anything else.
    """
    lines = text.replace("\r\n", "\n").strip()
    body, closing = _CLOSING_DOT.subn("", lines)
    if lines.endswith(".") and not closing:
        return lines
    return f"{body}\n." if body else "."


def _name(value: Any) -> str | None:
    if wrong := trimmed(value):
        return wrong
    if "/" in value:
        return "must not contain a slash: the server uses it in its keys"
    return f"{value} is a route of the server: choose another" if value in _RESERVED else None


_RULES: dict[str, Rule] = {
    "function": non_empty,
    "name": _name,
    "organization": trimmed,
    "secrets": any_map,
}


class FunctionKind(Kind):
    """A function; ``${secret:NAME}`` in its text stands for a value of ``secrets``."""

    token = "openobserve:index:Function"  # noqa: S105 - a type token
    id_form = "organization/name"
    required = frozenset({"function", "name"})
    optional = frozenset({"organization", "secrets"})
    replace_on = frozenset({"name", "organization"})
    computed = frozenset()
    server_changes = ("the line with a dot that it appends to a program that lacks one",)
    secret_paths = frozenset({"secrets.*"})
    secret_on_import = frozenset({"function"})

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs; a function has no defaults."""
        return dict(inputs)

    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return what the server would refuse, and secrets that are missing or unused."""
        return [*check(inputs, _RULES, self.required), *secret_problems(inputs, "function")]

    def body(self, inputs: Inputs, organization: str) -> Inputs:  # noqa: ARG002 - it is in the address
        """Return the function with its text as the server stores it."""
        # numArgs and transType say: one row in, VRL.
        return {
            "name": inputs["name"],
            "function": fill(stored_text(inputs["function"]), inputs.get("secrets", {})),
            "params": "row",
            "numArgs": 1,
            "transType": 0,
        }

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs with the text as the server stores it."""
        values: Inputs = plain(inputs)
        if isinstance(values.get("function"), str):
            values["function"] = stored_text(values["function"])
        return without_defaults(values, {})
