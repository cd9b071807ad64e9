"""What the server charges for a span on arrival: by its own list, or by defined model prices."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from llmcost_infra.local.model_prices import KIND, costs_of, matching, tier_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.local.enrich import Cost, Pricer
    from llmcost_infra.local.objects import Objects

__all__ = ["span_price"]

_MILLION = 1_000_000
# USD for a million input and output tokens. The patterns match anywhere in a model's name, and the
# first that does wins: `o1-mini` costs what `o1` costs, as on the server.
_LIST = (
    ("gpt-5-mini", 0.25, 2.0),
    ("gpt-5-nano", 0.05, 0.4),
    ("gpt-5", 1.25, 10.0),
    (r"gpt-4\.1-mini", 0.4, 1.6),
    (r"gpt-4\.1", 2.0, 8.0),
    ("gpt-4o-mini", 0.15, 0.6),
    ("gpt-4o", 2.5, 10.0),
    ("o1", 15.0, 60.0),
    ("o3-mini", 1.1, 4.4),
    ("o3", 2.0, 8.0),
    ("o4-mini", 1.1, 4.4),
    ("text-embedding-3-large", 0.13, 0.0),
    ("text-embedding-3-small", 0.02, 0.0),
    ("claude-(opus-4-5|opus-4-6)", 5.0, 25.0),
    ("claude-(sonnet-4|3-7-sonnet|3-5-sonnet)", 3.0, 15.0),
    ("claude-haiku-4-5", 1.0, 5.0),
    ("claude-opus-4", 15.0, 75.0),
)


def span_price(objects: Objects, org: str, *, defined: bool) -> Pricer:
    """Return how spans of an organization are priced.

    Args:
        objects: keeps model prices.
        org: the organization.
        defined: ask the model prices of the organization first.
    """
    if not defined:
        return _listed
    definitions = objects.list(org, KIND)

    def price(model: str, usage: Mapping[str, int], at: int) -> Cost:
        definition = matching(definitions, model, at)
        if definition is None:
            return _listed(model, usage, at)
        used = {key: amount for key, amount in usage.items() if amount and key != "total"}
        return _summed(costs_of(tier_for(definition, used), used))

    return price


@lru_cache(maxsize=1024)
def _rates(model: str) -> tuple[float, float] | None:
    return next(
        ((given, made) for pattern, given, made in _LIST if re.search(pattern, model)), None
    )


def _listed(model: str, usage: Mapping[str, int], _: int) -> Cost:
    rates = _rates(model)
    if rates is None:
        return {}
    given, made = (
        usage.get(key, 0) / _MILLION * rate
        for key, rate in zip(("input", "output"), rates, strict=True)
    )
    return {"input": given, "output": made, "total": given + made}


def _summed(cost: dict[str, float]) -> Cost:
    return {**cost, "total": sum(cost.values())} if cost else {}
