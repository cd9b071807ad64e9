"""Model prices: what the server itself charges a span by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.source import Source

__all__ = ["ModelPrice", "ModelPriceTable", "Tier", "TierCondition"]


class TierCondition(TypedDict):
    """When a tier holds: the tokens of one kind in a call, compared with a number."""

    usage_key: pulumi.Input[str]
    """Such as ``input``, which counts cached tokens too."""
    operator: pulumi.Input[Literal["gt", "gte", "lt", "lte", "eq", "neq"]]
    value: pulumi.Input[int]
    """Tokens."""


class Tier(TypedDict, total=False):
    """What the tokens of a call cost; the first tier that holds counts, else the one without."""

    prices: Required[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """USD per token as decimal text, for ``input``, ``output``, ``cache_read_input_tokens`` and
    ``cache_creation_input_tokens`` at least: the server takes a missing one for free."""
    condition: pulumi.Input[TierCondition]
    """Absent in exactly one tier, which is for all other calls."""
    order: pulumi.Input[float]
    """Place among the tiers with a condition."""


class ModelPrice(TypedDict, total=False):
    """One row: which models it prices, from when on, and how."""

    match_pattern: Required[pulumi.Input[str]]
    """Anchored regular expression of model names, like ``^gpt-4o(-2024-08-06)?$``."""
    tiers: Required[pulumi.Input[Mapping[str, pulumi.Input[Tier]]]]
    """By name; most rows have one, called ``default``."""
    valid_from: pulumi.Input[str]
    """Day (UTC) or moment with its zone from which it holds; absent: always. Of several rows that
    fit a call the one with the latest counts."""
    enabled: pulumi.Input[bool]
    """True unless given."""
    sort_order: pulumi.Input[int]
    """Which of two rows with the same ``valid_from`` counts: the lower; 0 unless given."""
    provider: pulumi.Input[str]
    description: pulumi.Input[str]


class ModelPriceTable(pulumi.CustomResource):
    """The model prices of an organization (``/api/{organization}/llm/models``).

    Its id, also for import, is ``organization``. An update writes the rows that changed, one
    request each. Rows that the table does not name are left alone; an import, which names none,
    takes all of the organization's own rows. The server prices by them at ingest, and only when it
    runs with ``ZO_MODEL_PRICING_ENABLED=true``.

    Args:
        resource_name: Pulumi name.
        models: rows by name, which is unique in the organization.
        organization: the provider's unless given; a change replaces the table.
        source: where it was declared; not sent.
        opts: Pulumi options.
    """

    models: pulumi.Output[Mapping[str, Any]]
    organization: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        *,
        models: pulumi.Input[Mapping[str, pulumi.Input[ModelPrice]]],
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.source = source
        properties = {"models": models, "organization": organization}
        super().__init__("openobserve:index:ModelPriceTable", resource_name, properties, opts)
