"""Model prices: which definition prices a model at a time, and what a usage costs by it."""

from __future__ import annotations

import math
import operator
import re
from typing import TYPE_CHECKING, Any

from llmcost_infra.local.responses import Refusal
from llmcost_infra.local.shapes import (
    BOOLEAN,
    FLOAT,
    INTEGER,
    STRING,
    Choice,
    ListOf,
    MapOf,
    Struct,
    defaulted,
    optional,
    required,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["BODY", "KIND", "check", "costs_of", "matching", "tier_for"]

KIND = "model_prices"
_MAX_PATTERN = 512
_OPERATORS = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
    "neq": operator.ne,
}
_CONDITION = Struct(
    "TierCondition",
    {
        "usage_key": required(STRING),
        "operator": required(Choice(tuple(_OPERATORS))),
        "value": required(FLOAT),
    },
)
_TIER = Struct(
    "PricingTier",
    {
        "name": required(STRING),
        "condition": optional(_CONDITION),
        "prices": required(MapOf(FLOAT)),
    },
)
BODY = Struct(
    "ModelPricingDefinition",
    {
        "name": defaulted(STRING, ""),
        "match_pattern": defaulted(STRING, ""),
        "enabled": defaulted(BOOLEAN, True),
        "tiers": defaulted(ListOf(_TIER), []),
        "valid_from": optional(INTEGER),
        "sort_order": defaulted(INTEGER, 0),
        "provider": optional(STRING),
        "description": optional(STRING),
    },
)
"""The body of a definition."""


def check(body: dict[str, Any]) -> dict[str, Any]:
    """Return a definition's body; refuses what the server refuses."""
    if not body["name"].strip():
        raise Refusal(400, "Model name is required")
    _check_pattern(body["match_pattern"])
    if not body["tiers"]:
        raise Refusal(400, "At least one pricing tier is required")
    if all(tier.get("condition") for tier in body["tiers"]):
        raise Refusal(400, "At least one tier must have no condition (default fallback)")
    for tier in body["tiers"]:
        for key, price in tier["prices"].items():
            if not (math.isfinite(price) and price >= 0):
                raise Refusal(
                    400, f"Price for '{key}' in tier '{tier['name']}' must be >= 0, got {price:g}"
                )
    return body


def _check_pattern(pattern: str) -> None:
    if len(pattern) > _MAX_PATTERN:
        raise Refusal(400, f"Invalid regex pattern: longer than {_MAX_PATTERN} characters")
    try:
        re.compile(pattern)
    except re.error as error:
        at = error.pos or 0
        words = "unclosed group" if "unterminated subpattern" in error.msg else error.msg
        raise Refusal(
            400,
            f"Invalid regex pattern: regex parse error:\n    {pattern}\n"
            f"    {' ' * at}^\nerror: {words}",
        ) from None


def matching(definitions: Sequence[dict[str, Any]], model: str, at: int) -> dict[str, Any] | None:
    """Return the definition that prices a model at a time (µs), or None."""
    fitting = [
        definition
        for definition in definitions
        if definition["enabled"]
        and (definition.get("valid_from") or 0) <= at
        and re.search(definition["match_pattern"], model)
    ]
    return min(
        fitting,
        key=lambda item: (item["sort_order"], -(item.get("valid_from") or 0)),
        default=None,
    )


def tier_for(definition: dict[str, Any], usage: Mapping[str, float]) -> dict[str, Any]:
    """Return the first tier whose condition holds, else the one without a condition."""
    tiers: list[dict[str, Any]] = definition["tiers"]
    for tier in tiers:
        condition = tier.get("condition")
        if condition and _OPERATORS[condition["operator"]](
            usage.get(condition["usage_key"], 0.0), condition["value"]
        ):
            return tier
    return next(tier for tier in tiers if not tier.get("condition"))


def costs_of(tier: dict[str, Any], usage: Mapping[str, float]) -> dict[str, float]:
    """Return the cost of each priced kind of usage, in USD."""
    prices = tier["prices"]
    return {key: amount * prices[key] for key, amount in usage.items() if key in prices}
