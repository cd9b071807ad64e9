"""Templates of notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.source import Source

__all__ = ["AlertTemplate"]


class AlertTemplate(pulumi.CustomResource):
    """A template of notifications (``/api/{organization}/alerts/templates/{name}``).

    Its id, also for import, is ``organization/name``. An imported body is secret until the program
    says which part of it is. PagerDuty's routing key belongs into the body, because the server
    fills in nothing else:
    ``{"routing_key": "${secret:routing_key}", "event_action": "trigger", ...}``.

    Args:
        resource_name: Pulumi name.
        name: unique in the organization and not one of ``default``; no spaces, quotes or
            ``: # ? & % /``. A change replaces the template.
        body: what is sent; ``{alert_name}``, ``{rows}`` and the like stand for the alert's
            values, ``${secret:NAME}`` for a value of `secrets`.
        type: what kind of destination it is for; ``http`` unless given.
        title: subject of an e-mail; for type ``email`` only, and needed there.
        secrets: name to value, always kept secret; filled in on the way to the server only.
        organization: the provider's unless given; a change replaces the template.
        source: where it was declared; not sent.
        opts: Pulumi options.
    """

    name: pulumi.Output[str]
    body: pulumi.Output[str]
    type: pulumi.Output[str]
    title: pulumi.Output[str | None]
    secrets: pulumi.Output[Mapping[str, str] | None]
    organization: pulumi.Output[str]

    def __init__(  # noqa: PLR0913 - the object's own properties
        self,
        resource_name: str,
        /,
        *,
        name: pulumi.Input[str],
        body: pulumi.Input[str],
        type: pulumi.Input[Literal["http", "email", "sns"]] | None = None,  # noqa: A002 - its word
        title: pulumi.Input[str] | None = None,
        secrets: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.source = source
        properties = {
            "name": name,
            "body": body,
            "type": type,
            "title": title,
            "secrets": None if secrets is None else pulumi.Output.secret(secrets),
            "organization": organization,
        }
        super().__init__("openobserve:index:AlertTemplate", resource_name, properties, opts)
