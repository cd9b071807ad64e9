"""The shipped prices, before and after somebody added those of a model."""

from __future__ import annotations

from dataclasses import replace

from llmcost_infra.pricing import PriceTable, load_table
from llmcost_infra.pricing.pattern import Pattern
from llmcost_infra.pricing.table import Model

TABLE = load_table()


def with_model(name: str, like: str = "gpt-4o") -> PriceTable:
    """Return the shipped prices and those of a model that costs what another one does."""
    model = TABLE.model("openai", like)
    assert model is not None
    new = Model(f"openai/{name}", Pattern(f"^{name}$"), model.rows)
    models = (*TABLE.providers["openai"], new)
    return replace(TABLE, providers={**TABLE.providers, "openai": models})


def without_model(name: str) -> PriceTable:
    """Return the shipped prices but those of a model."""
    left = tuple(one for one in TABLE.providers["openai"] if not one.pattern.matches(name))
    return replace(TABLE, providers={**TABLE.providers, "openai": left})
