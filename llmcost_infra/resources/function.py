"""Functions: VRL programs that pipelines run on every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.source import Source

__all__ = ["Function"]


class Function(pulumi.CustomResource):
    """A function (``/api/{organization}/functions/{name}``).

    Its id, also for import, is ``organization/name``. A running pipeline takes up a change within
    one or two seconds.

    Args:
        resource_name: Pulumi name.
        name: unique in the organization; a change replaces the function.
        function: VRL program; ``${secret:NAME}`` stands for a value of `secrets`.
        secrets: name to value, always kept secret; filled in on the way to the server only.
        organization: the provider's unless given; a change replaces the function.
        source: where it was declared; not sent.
        opts: Pulumi options.
    """

    name: pulumi.Output[str]
    function: pulumi.Output[str]
    secrets: pulumi.Output[Mapping[str, str] | None]
    organization: pulumi.Output[str]

    def __init__(  # noqa: PLR0913 - the object's own properties
        self,
        resource_name: str,
        /,
        *,
        name: pulumi.Input[str],
        function: pulumi.Input[str],
        secrets: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.source = source
        properties = {
            "name": name,
            "function": function,
            "secrets": None if secrets is None else pulumi.Output.secret(secrets),
            "organization": organization,
        }
        super().__init__("openobserve:index:Function", resource_name, properties, opts)
