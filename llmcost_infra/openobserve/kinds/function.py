"""Functions are VRL programs that pipelines run on every row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.rules import (
    any_map,
    check,
    items,
    nearest,
    non_empty,
    trimmed,
)
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.openobserve.kinds.rules import Rule

__all__ = ["HIDDEN", "FunctionKind", "fill", "stored_text", "take_out"]

HIDDEN = "# Changed on the server; not shown, because it may hold a secret.\n."
"""Stands for a text in which a secret can no longer be told from the rest."""

_PLACEHOLDER = re.compile(r"\$\{secret:([A-Za-z_][A-Za-z0-9_]*)\}")
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


def fill(text: str, secrets: Mapping[str, str]) -> str:
    """Return a text with the values of its ``${secret:NAME}``; an unknown one stays."""
    return _PLACEHOLDER.sub(lambda found: secrets.get(found[1], found[0]), text)


def take_out(stored: str, text: str, secrets: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return a stored text with placeholders for its secrets, and the secrets.

    Args:
        stored: the text on the server, with secrets in it.
        text: the text as last written, with placeholders.
        secrets: the secrets as last written.
    """
    used = _PLACEHOLDER.findall(text)
    if not used:
        return stored, dict(secrets)
    if stored == fill(stored_text(text), secrets):
        return text, dict(secrets)
    found = re.fullmatch(_pattern(stored_text(text)), stored, re.DOTALL)
    if found:
        return text, {**secrets, **found.groupdict()}
    folded = stored
    for name in sorted(secrets, key=lambda name: len(secrets[name]), reverse=True):
        if secrets[name]:
            folded = folded.replace(secrets[name], f"${{secret:{name}}}")
    # A secret that was exchanged together with the text around it would be shown in clear.
    everything = set(used) <= set(_PLACEHOLDER.findall(folded))
    return (folded if everything else HIDDEN), dict(secrets)


def _pattern(text: str) -> str:
    """Return the pattern of a text in which only the values of secrets may differ."""
    parts = _PLACEHOLDER.split(text)
    pattern, seen = [re.escape(parts[0])], set[str]()
    for name, literal in zip(parts[1::2], parts[2::2], strict=True):
        pattern.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
        pattern.append(re.escape(literal))
        seen.add(name)
    return "".join(pattern)


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

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs; a function has no defaults."""
        return dict(inputs)

    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return what the server would refuse, and secrets that are missing or unused."""
        return [*check(inputs, _RULES, self.required), *_secret_problems(inputs)]

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs with the text as the server stores it."""
        values: Inputs = plain(inputs)
        if isinstance(values.get("function"), str):
            values["function"] = stored_text(values["function"])
        return without_defaults(values, {})


def _secret_problems(inputs: Inputs) -> list[Problem]:
    text, secrets = inputs.get("function"), inputs.get("secrets", {})
    if not isinstance(text, str) or not isinstance(secrets, dict):
        return []
    given, used = cast("dict[str, Any]", secrets), set(_PLACEHOLDER.findall(text))
    found = [
        Problem("function", f"${{secret:{name}}} is not in secrets; {nearest(name, given)}")
        for name in sorted(used - given.keys())
    ]
    found += [
        Problem(f"secrets.{name}", f"is not used: write ${{secret:{name}}} in the function")
        for name in sorted(given.keys() - used)
    ]
    return found + [
        Problem(f"secrets.{name}", "must be text that is not empty")
        for name in sorted(given)
        if any(not isinstance(value, str) or not value for value in items([given[name]]))
    ]
