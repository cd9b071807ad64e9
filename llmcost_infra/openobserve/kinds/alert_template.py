"""Templates say how the notification of an alert reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.rules import (
    any_map,
    check,
    non_empty,
    one_of,
    plain_name,
    text,
    trimmed,
)
from llmcost_infra.openobserve.kinds.secret_text import fill, secret_problems
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from llmcost_infra.openobserve.kinds.rules import Rule

__all__ = ["PREBUILT", "AlertTemplateKind"]

_DEFAULTS: Inputs = {"type": "http"}
PREBUILT = "prebuilt_"
"""Starts the names of the server's own templates."""


def _name(value: Any) -> str | None:
    if wrong := plain_name(value):
        return wrong
    if value.startswith(PREBUILT):
        return (
            f"{value} is the server's own: refer to it by that name in a destination, or choose "
            "another name"
        )
    return None


_RULES: dict[str, Rule] = {
    "body": non_empty,
    "name": _name,
    "organization": trimmed,
    "secrets": any_map,
    "title": text,
    "type": one_of("email", "http", "sns"),
}


class AlertTemplateKind(Kind):
    """A template; ``${secret:NAME}`` in its body stands for a value of ``secrets``."""

    token = "openobserve:index:AlertTemplate"  # noqa: S105 - a type token
    id_form = "organization/name"
    required = frozenset({"body", "name"})
    optional = frozenset({"organization", "secrets", "title", "type"})
    replace_on = frozenset({"name", "organization"})
    computed = frozenset()
    server_changes = ("whether the organization `default` shares it",)
    secret_paths = frozenset({"secrets.*"})
    secret_on_import = frozenset({"body"})

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs, for HTTP unless they say otherwise."""
        return {**_DEFAULTS, **inputs}

    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return what the server would refuse or drop, and secrets that do not fit the body."""
        return [
            *check(inputs, _RULES, self.required),
            *_title_problems(inputs),
            *secret_problems(inputs, "body"),
        ]

    def body(self, inputs: Inputs, organization: str) -> Inputs:  # noqa: ARG002 - in the path
        """Return the body; a text whose secrets are not given keeps their names."""
        return {
            "name": inputs["name"],
            "body": fill(inputs["body"], inputs.get("secrets", {})),
            "type": inputs.get("type", "http"),
            "title": inputs.get("title", ""),
        }

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs without nulls and defaults; the body is stored as it is."""
        return without_defaults(plain(inputs), _DEFAULTS)


def _title_problems(inputs: Inputs) -> list[Problem]:
    kind, title = inputs.get("type", "http"), inputs.get("title", "")
    if kind == "email" and isinstance(title, str) and not title.strip():
        return [Problem("title", "is missing: the subject of the e-mail, e.g. Alert {alert_name}")]
    if kind in {"http", "sns"} and title:
        return [Problem("title", f"is for e-mail only, and type is {kind}: leave it out")]
    return []
