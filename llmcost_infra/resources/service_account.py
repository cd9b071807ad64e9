"""Service accounts: how machines get in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from llmcost_infra.source import Source

__all__ = ["ServiceAccount"]


class ServiceAccount(pulumi.CustomResource):
    """A service account (``/api/{organization}/service_accounts``).

    Its id, also for import, is ``organization/email``. It may do all that provisioning needs, in
    its own organization only. The server tells the token once, when it makes the account:
    ``pulumi up --replace URN`` makes the account anew, with another token.

    Args:
        resource_name: Pulumi name.
        email: lower case; need not receive mail. A change replaces the account.
        first_name: shown in the list of accounts.
        last_name: shown in the list of accounts.
        organization: the provider's unless given; a change replaces the account.
        source: where it was declared; not sent.
        opts: Pulumi options.
    """

    email: pulumi.Output[str]
    first_name: pulumi.Output[str]
    last_name: pulumi.Output[str]
    organization: pulumi.Output[str]
    token: pulumi.Output[str | None]
    """Secret; what goes with the e-mail as its password. None if the account was not made by this
    stack, or if the answer with it got lost."""

    def __init__(  # noqa: PLR0913 - the object's own properties
        self,
        resource_name: str,
        /,
        *,
        email: pulumi.Input[str],
        first_name: pulumi.Input[str] | None = None,
        last_name: pulumi.Input[str] | None = None,
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.source = source
        properties = {
            "email": email,
            "first_name": first_name,
            "last_name": last_name,
            "organization": organization,
            "token": None,
        }
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["token"])
        merged = pulumi.ResourceOptions.merge(hidden, opts)
        super().__init__("openobserve:index:ServiceAccount", resource_name, properties, merged)
