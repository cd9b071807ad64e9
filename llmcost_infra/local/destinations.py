"""Destinations as stored: what the server checks, fills in and drops, and who uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.local.names import checked_name
from llmcost_infra.local.responses import Refusal
from llmcost_infra.local.shapes import (
    ANY,
    BOOLEAN,
    STRING,
    Choice,
    ListOf,
    MapOf,
    Struct,
    defaulted,
    optional,
)
from llmcost_infra.local.templates import find as find_template

if TYPE_CHECKING:
    from llmcost_infra.local.server import Server

__all__ = ["BODY", "KIND", "checked", "shown", "user_of"]

KIND = "destinations"
_PREBUILT_TYPES = {
    "slack": "slack",
    "msteams": "msteams",
    "teams": "msteams",
    "pagerduty": "pagerduty",
    "discord": "discord",
    "webhook": "webhook",
    "opsgenie": "opsgenie",
    "servicenow": "servicenow",
    "email": "email",
}
BODY = Struct(
    "Destination",
    {
        "name": defaulted(STRING, ""),
        "url": defaulted(STRING, ""),
        "method": defaulted(Choice(("post", "put", "get")), "post"),
        "skip_tls_verify": defaulted(BOOLEAN, False),
        "headers": optional(MapOf(STRING)),
        "template": optional(STRING),
        "emails": defaulted(ListOf(STRING), []),
        "sns_topic_arn": optional(STRING),
        "aws_region": optional(STRING),
        "type": defaulted(Choice(("http", "email", "sns")), "http"),
        "output_format": optional(ANY),
        "destination_type_name": optional(STRING),
        "metadata": defaulted(MapOf(ANY), {}),
    },
)
"""The body of a destination."""


def checked(server: Server, org: str, body: dict[str, Any], module: str) -> dict[str, Any]:
    """Return a destination as the server keeps it; refuses what it refuses.

    Args:
        server: knows the templates.
        org: the organization.
        body: as read by `BODY`.
        module: `alert` or `pipeline`.
    """
    destination = body | {"name": checked_name("Destination", body["name"]), "module": module}
    _check_target(destination)
    if module == "pipeline":
        destination["emails"] = []
        destination.pop("template", None)
        return destination
    destination["template"] = _template(server, org, destination)
    if destination["template"] is None:
        del destination["template"]
    return destination


def _check_target(destination: dict[str, Any]) -> None:
    match destination["type"]:
        case "email":
            if not destination["emails"]:
                raise Refusal(400, "Email destination must have at least one email recipient")
            raise Refusal(400, "Email destination must have SMTP configured")
        case "sns":
            if not (destination.get("sns_topic_arn") and destination.get("aws_region")):
                raise Refusal(400, "SNS destination must have Topic ARN and Region")
        case _:
            if not destination["url"]:
                raise Refusal(400, "HTTP destination must have a url")


def _template(server: Server, org: str, destination: dict[str, Any]) -> str | None:
    """Return the template's name; one that does not exist is lost without a word."""
    name: str | None = destination.get("template") or None
    kind = destination.get("destination_type_name")
    if name is None and kind and kind != "custom":
        if kind not in _PREBUILT_TYPES:
            raise Refusal(400, f"Prebuilt template not found for type: {kind}")
        return f"prebuilt_{_PREBUILT_TYPES[kind]}"
    if name is None:
        raise Refusal(400, "Alert destination must have a template")
    return name if find_template(server, org, name) else None


def shown(destination: dict[str, Any]) -> dict[str, Any]:
    """Return a destination as the server shows it: without saying which module it is for."""
    return {key: value for key, value in destination.items() if key != "module"}


def user_of(server: Server, org: str, name: str) -> str | None:
    """Tell who uses a destination, as the refusal to delete it does."""
    for alert in server.objects.list(org, "alerts"):
        if name in alert["body"]["destinations"]:
            return f"alert: {alert['body']['name']}"
    for pipeline in server.objects.list(org, "pipelines"):
        for node in pipeline["nodes"]:
            if node["data"].get("destination_name") == name:
                return f"pipeline: {pipeline['name']}"
    return None
