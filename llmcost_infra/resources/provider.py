"""An explicit provider, for a stack that talks to more than one OpenObserve."""

from __future__ import annotations

import pulumi

__all__ = ["Provider"]


class Provider(pulumi.ProviderResource):
    """Settings of an OpenObserve server, for the resources that get it as ``provider=``.

    Resources without one use the stack's own settings (``openobserve:url`` and so on).

    Args:
        resource_name: Pulumi name.
        url: address of the server with its scheme, without ``/api``; else OPENOBSERVE_URL.
        user: e-mail of a user or service account; else OPENOBSERVE_USER.
        password: its password or token, always kept secret; else OPENOBSERVE_PASSWORD.
        organization: of resources that name none; else OPENOBSERVE_ORG, else ``default``.
        timeout: seconds that an answer may take.
        parallel: most requests at a time; more than 4 to 8 buy nothing on one node.
        opts: Pulumi options.
    """

    def __init__(  # noqa: PLR0913 - the provider's own settings
        self,
        resource_name: str,
        /,
        *,
        url: pulumi.Input[str] | None = None,
        user: pulumi.Input[str] | None = None,
        password: pulumi.Input[str] | None = None,
        organization: pulumi.Input[str] | None = None,
        timeout: pulumi.Input[float] | None = None,
        parallel: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        settings = {
            "url": url,
            "user": user,
            "password": None if password is None else pulumi.Output.secret(password),
            "organization": organization,
            "timeout": _text(timeout),
            "parallel": _text(parallel),
        }
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["password"])
        merged = pulumi.ResourceOptions.merge(hidden, opts)
        super().__init__("openobserve", resource_name, settings, merged)


def _text(number: pulumi.Input[float] | None) -> pulumi.Input[str] | None:
    """Return a setting as the engine keeps it: a provider's settings are texts."""
    return None if number is None else pulumi.Output.from_input(number).apply(str)
