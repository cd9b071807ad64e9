"""Service accounts let machines in by a token, each into its own organization only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.rules import check, text, trimmed
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from llmcost_infra.openobserve.kinds.rules import Rule

__all__ = ["ServiceAccountKind"]

_DEFAULTS: Inputs = {"first_name": "", "last_name": ""}
_EMAIL = re.compile(r"[^@\s/]+@[^@\s/]+\.[^@\s/]+")


def _email(value: Any) -> str | None:
    if wrong := trimmed(value):
        return wrong
    if not _EMAIL.fullmatch(value):
        return "is no e-mail address; write one like ci@team.example, which need not receive mail"
    if value == value.lower():
        return None
    return f"the server would store it as {value.lower()!r}: write that"


_RULES: dict[str, Rule] = {
    "email": _email,
    "first_name": text,
    "last_name": text,
    "organization": trimmed,
}


class ServiceAccountKind(Kind):
    """A service account; the server tells its token once, when it makes it."""

    token = "openobserve:index:ServiceAccount"  # noqa: S105 - a type token
    id_form = "organization/email"
    required = frozenset({"email"})
    optional = frozenset({"first_name", "last_name", "organization"})
    replace_on = frozenset({"email", "organization"})
    computed = frozenset({"token"})
    server_changes = ("the token, which it shows only once",)
    secret_paths = frozenset({"token"})
    told_once = frozenset({"token"})
    # `pulumi up --replace` is how one gets another token: the old account has to go first.
    delete_before_replace = True

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs with empty names if there are none."""
        return {**_DEFAULTS, **inputs}

    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return what the server would refuse, or store in another spelling."""
        return check(inputs, _RULES, self.required)

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs without nulls and empty names."""
        return without_defaults(plain(inputs), _DEFAULTS)
