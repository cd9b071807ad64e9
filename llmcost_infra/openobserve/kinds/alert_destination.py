"""Destinations say where the notifications of alerts go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.rules import (
    anything,
    boolean,
    check,
    items,
    one_of,
    plain_name,
    text_map,
    texts,
    trimmed,
)
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from llmcost_infra.openobserve.kinds.rules import Rule

__all__ = ["AlertDestinationKind"]

_DEFAULTS: Inputs = {"method": "post", "skip_tls_verify": False, "type": "http"}
_METHODS = ("get", "post", "put")
_OF_TYPE: dict[str, frozenset[str]] = {
    "http": frozenset({"headers", "method", "output_format", "skip_tls_verify", "url"}),
    "email": frozenset({"emails"}),
    "sns": frozenset({"aws_region", "sns_topic_arn"}),
}
_NEEDED: dict[str, dict[str, str]] = {
    "http": {"url": "is missing: where notifications are sent, e.g. the webhook of a channel"},
    "email": {"emails": "is missing: addresses of members of the organization"},
    "sns": {
        "aws_region": "is missing: the region of the topic, e.g. eu-central-1",
        "sns_topic_arn": "is missing: the ARN of the topic",
    },
}
_URL = re.compile(r"https?://[^\s/]+\S*")
_NO_TEMPLATE = "is missing: give the name of an AlertTemplate, without which nothing is ever sent"


def _url(value: Any) -> str | None:
    if wrong := trimmed(value):
        return wrong
    return None if _URL.fullmatch(value) else "must start with https:// or http:// and a host"


def _method(value: Any) -> str | None:
    if isinstance(value, str) and value not in _METHODS and value.lower() in _METHODS:
        return f"must be in small letters for the server: write {value.lower()}"
    return one_of(*_METHODS)(value)


def _emails(value: Any) -> str | None:
    if wrong := texts(value):
        return wrong
    for address in items(value):
        if address != address.strip().lower():
            return f"the server would store {address.strip().lower()!r}: write that"
        if "@" not in address:
            return f"{address!r} is no e-mail address"
    return None


_RULES: dict[str, Rule] = {
    "aws_region": trimmed,
    "destination_type_name": trimmed,
    "emails": _emails,
    "headers": text_map,
    "metadata": text_map,
    "method": _method,
    "name": plain_name,
    "organization": trimmed,
    "output_format": anything,
    "skip_tls_verify": boolean,
    "sns_topic_arn": trimmed,
    "template": trimmed,
    "type": one_of(*_OF_TYPE),
    "url": _url,
}


class AlertDestinationKind(Kind):
    """A destination; its URL and headers are secret, because they let anybody post there."""

    token = "openobserve:index:AlertDestination"  # noqa: S105 - a type token
    id_form = "organization/name"
    required = frozenset({"name", "template"})
    optional = frozenset(_RULES) - required
    replace_on = frozenset({"name", "organization"})
    computed = frozenset()
    server_changes = ("unset texts and lists that it answers as null or empty",)
    secret_paths = frozenset({"headers.*", "metadata.*", "url"})

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs, by HTTP unless they say otherwise."""
        return {"type": "http", **inputs}

    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return what the server would refuse, or accept and never send to."""
        told = [
            Problem("template", _NO_TEMPLATE) if problem == _MISSING_TEMPLATE else problem
            for problem in check(inputs, _RULES, self.required)
        ]
        return [*told, *_type_problems(inputs)]

    def body(self, inputs: Inputs, organization: str) -> Inputs:  # noqa: ARG002 - in the path
        """Return the body: the inputs as they are."""
        return {key: value for key, value in inputs.items() if key != "organization"}

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs without nulls and defaults; recipients have no order."""
        values: Inputs = plain(inputs)
        if isinstance(values.get("emails"), list):
            values["emails"] = sorted(cast("list[Any]", values["emails"]), key=str)
        return without_defaults(values, _DEFAULTS)


_MISSING_TEMPLATE = Problem("template", "is missing")


def _type_problems(inputs: Inputs) -> list[Problem]:
    """Return what a destination of that type needs, and what it has no use for."""
    kind = str(inputs.get("type", "http"))
    if kind not in _OF_TYPE:
        return []
    found = [
        Problem(key, words)
        for key, words in _NEEDED[kind].items()
        if inputs.get(key, "") in ("", [])
    ]
    return found + [
        Problem(key, f"is for type {other}, and type is {kind}: leave it out")
        for other, keys in _OF_TYPE.items()
        for key in sorted(keys & inputs.keys())
        if other != kind
    ]
