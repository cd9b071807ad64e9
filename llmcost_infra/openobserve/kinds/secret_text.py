"""Texts with ``${secret:NAME}`` in them: filled in for the server, and taken out again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.openobserve.kinds.base import Inputs, Problem
from llmcost_infra.openobserve.kinds.rules import items, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HIDDEN", "fill", "secret_problems", "take_out"]

HIDDEN = "# Changed on the server; not shown, because it may hold a secret.\n."
"""Stands for a text in which a secret can no longer be told from the rest."""

_PLACEHOLDER = re.compile(r"\$\{secret:([A-Za-z_][A-Za-z0-9_]*)\}")


def fill(text: str, secrets: Mapping[str, str]) -> str:
    """Return a text with the values of its ``${secret:NAME}``; an unknown one stays."""
    return _PLACEHOLDER.sub(lambda found: secrets.get(found[1], found[0]), text)


def take_out(stored: str, text: str, secrets: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return a stored text with placeholders for its secrets, and the secrets.

    Args:
        stored: the text on the server, with secrets in it.
        text: the text as last written, in the form that the server stores, with placeholders.
        secrets: the secrets as last written.
    """
    used = _PLACEHOLDER.findall(text)
    if not used:
        return stored, dict(secrets)
    if stored == fill(text, secrets):
        return text, dict(secrets)
    found = re.fullmatch(_pattern(text), stored, re.DOTALL)
    if found:
        return text, {**secrets, **found.groupdict()}
    folded = stored
    for name in sorted(secrets, key=lambda name: len(secrets[name]), reverse=True):
        if secrets[name]:
            folded = folded.replace(secrets[name], f"${{secret:{name}}}")
    # A secret that was exchanged together with the text around it would be shown in clear.
    everything = set(used) <= set(_PLACEHOLDER.findall(folded))
    return (folded if everything else HIDDEN), dict(secrets)


def secret_problems(inputs: Inputs, key: str) -> list[Problem]:
    """Return secrets that a text names and lacks, and secrets that it does not use.

    Args:
        inputs: with ``secrets``, name to value.
        key: of the text in the inputs.
    """
    text, secrets = inputs.get(key), inputs.get("secrets", {})
    if not isinstance(text, str) or not isinstance(secrets, dict):
        return []
    given, used = cast("dict[str, Any]", secrets), set(_PLACEHOLDER.findall(text))
    found = [
        Problem(key, f"${{secret:{name}}} is not in secrets; {nearest(name, given)}")
        for name in sorted(used - given.keys())
    ]
    found += [
        Problem(f"secrets.{name}", f"is not used: write ${{secret:{name}}} in the {key}")
        for name in sorted(given.keys() - used)
    ]
    return found + [
        Problem(f"secrets.{name}", "must be text that is not empty")
        for name in sorted(given)
        if any(not isinstance(value, str) or not value for value in items([given[name]]))
    ]


def _pattern(text: str) -> str:
    """Return the pattern of a text in which only the values of secrets may differ."""
    parts = _PLACEHOLDER.split(text)
    pattern, seen = [re.escape(parts[0])], set[str]()
    for name, literal in zip(parts[1::2], parts[2::2], strict=True):
        pattern.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
        pattern.append(re.escape(literal))
        seen.add(name)
    return "".join(pattern)
