"""Destinations of notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost_infra.source import Source

__all__ = ["AlertDestination"]

_PAGERDUTY = "https://events.pagerduty.com/v2/enqueue"


class AlertDestination(pulumi.CustomResource):
    """A destination of notifications (``/api/{organization}/alerts/destinations/{name}``).

    Its id, also for import, is ``organization/name``. Slack, PagerDuty and Teams have constructors
    of their own. A template that is not there is refused before anything is sent, because the
    server would drop it without a word.

    Args:
        resource_name: Pulumi name.
        name: unique in the organization; no spaces, quotes or ``: # ? & % /``. A change replaces
            the destination.
        template: name of an AlertTemplate, or of one of the server's own: ``prebuilt_slack`` …
        type: ``http`` unless given.
        url: where type ``http`` sends; always kept secret.
        method: ``post`` unless given.
        headers: name to value, always kept secret.
        skip_tls_verify: whether any certificate will do.
        output_format: the server's word for how type ``http`` packs its body.
        emails: who gets type ``email``: members of the organization, in small letters.
        sns_topic_arn: topic of type ``sns``.
        aws_region: its region.
        destination_type_name: the UI's word for the service, e.g. ``slack``.
        metadata: the UI's notes, always kept secret; the server fills them in nowhere.
        organization: the provider's unless given; a change replaces the destination.
        source: where it was declared; not sent.
        opts: Pulumi options.
    """

    name: pulumi.Output[str]
    template: pulumi.Output[str]
    type: pulumi.Output[str]
    url: pulumi.Output[str | None]
    method: pulumi.Output[str | None]
    headers: pulumi.Output[Mapping[str, str] | None]
    skip_tls_verify: pulumi.Output[bool | None]
    output_format: pulumi.Output[Any]
    emails: pulumi.Output[Sequence[str] | None]
    sns_topic_arn: pulumi.Output[str | None]
    aws_region: pulumi.Output[str | None]
    destination_type_name: pulumi.Output[str | None]
    metadata: pulumi.Output[Mapping[str, str] | None]
    organization: pulumi.Output[str]

    def __init__(  # noqa: PLR0913 - the object's own properties
        self,
        resource_name: str,
        /,
        *,
        name: pulumi.Input[str],
        template: pulumi.Input[str],
        type: pulumi.Input[Literal["http", "email", "sns"]] | None = None,  # noqa: A002 - its word
        url: pulumi.Input[str] | None = None,
        method: pulumi.Input[Literal["post", "put", "get"]] | None = None,
        headers: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        skip_tls_verify: pulumi.Input[bool] | None = None,
        output_format: pulumi.Input[Any] | None = None,
        emails: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        sns_topic_arn: pulumi.Input[str] | None = None,
        aws_region: pulumi.Input[str] | None = None,
        destination_type_name: pulumi.Input[str] | None = None,
        metadata: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.source = source
        properties = {
            "name": name,
            "template": template,
            "type": type,
            "url": _secret(url),
            "method": method,
            "headers": _secret(headers),
            "skip_tls_verify": skip_tls_verify,
            "output_format": output_format,
            "emails": emails,
            "sns_topic_arn": sns_topic_arn,
            "aws_region": aws_region,
            "destination_type_name": destination_type_name,
            "metadata": _secret(metadata),
            "organization": organization,
        }
        super().__init__("openobserve:index:AlertDestination", resource_name, properties, opts)

    @classmethod
    def slack(  # noqa: PLR0913 - the object's own properties
        cls,
        resource_name: str,
        /,
        *,
        url: pulumi.Input[str],
        template: pulumi.Input[str],
        name: pulumi.Input[str] | None = None,
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> Self:
        """Return a destination that posts to a channel of Slack.

        Args:
            resource_name: Pulumi name.
            url: the channel's incoming webhook, ``https://hooks.slack.com/services/...``.
            template: name of an AlertTemplate whose body is Slack's: ``{"text": "..."}``.
            name: as in the class; the Pulumi name unless given.
            organization: as in the class.
            source: as in the class.
            opts: Pulumi options.
        """
        return cls(
            resource_name,
            name=resource_name if name is None else name,
            url=url,
            template=template,
            organization=organization,
            source=source,
            opts=opts,
        )

    @classmethod
    def teams(  # noqa: PLR0913 - the object's own properties
        cls,
        resource_name: str,
        /,
        *,
        url: pulumi.Input[str],
        template: pulumi.Input[str],
        name: pulumi.Input[str] | None = None,
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> Self:
        """Return a destination that posts to a channel of Microsoft Teams.

        Args:
            resource_name: Pulumi name.
            url: the webhook of the channel's workflow.
            template: name of an AlertTemplate whose body is what that workflow takes.
            name: as in the class; the Pulumi name unless given.
            organization: as in the class.
            source: as in the class.
            opts: Pulumi options.
        """
        return cls(
            resource_name,
            name=resource_name if name is None else name,
            url=url,
            template=template,
            organization=organization,
            source=source,
            opts=opts,
        )

    @classmethod
    def pagerduty(  # noqa: PLR0913 - the object's own properties
        cls,
        resource_name: str,
        /,
        *,
        template: pulumi.Input[str],
        url: pulumi.Input[str] = _PAGERDUTY,
        name: pulumi.Input[str] | None = None,
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> Self:
        """Return a destination that triggers an incident of PagerDuty (Events API v2).

        Args:
            resource_name: Pulumi name.
            template: name of an AlertTemplate with the routing key among its secrets.
            url: another endpoint, e.g. that of the EU service region.
            name: as in the class; the Pulumi name unless given.
            organization: as in the class.
            source: as in the class.
            opts: Pulumi options.
        """
        return cls(
            resource_name,
            name=resource_name if name is None else name,
            url=url,
            template=template,
            organization=organization,
            source=source,
            opts=opts,
        )


def _secret(value: Any) -> Any:
    return None if value is None else pulumi.Output.secret(value)
