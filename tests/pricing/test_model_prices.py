"""OpenObserve's own model prices say what they can, and we say what they cannot."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmcost_infra.pricing import Call, Price, PriceTable, price_of
from llmcost_infra.pricing.check import findings_of
from llmcost_infra.pricing.model_prices import WRONG, model_prices, unsaid

KINDS = {"input", "output", "cache_read_input_tokens", "cache_creation_input_tokens"}
RECORDED = Path(__file__).parents[1] / "data/openobserve-transcripts/09-model-pricing.jsonl"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def only(table: PriceTable, provider: str) -> PriceTable:
    """Return a table of one provider, without contracts."""
    return PriceTable({provider: table.providers[provider]})


def charged(row: dict[str, Any], usage: dict[str, int]) -> Decimal:
    """Return what the server makes of a row: the first tier that holds, cached input apart."""
    sent = usage["input"] + usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"]
    tiers = sorted(row["tiers"].values(), key=lambda tier: tier.get("order", 99))
    tier = next(t for t in tiers if sent > t.get("condition", {"value": -1})["value"])
    return sum((Decimal(tier["prices"][kind]) * n for kind, n in usage.items()), Decimal(0))


def test_a_row_is_what_was_recorded_of_a_server(table: PriceTable) -> None:
    """The row of gpt-4o has the fields, kinds, unit and moment that a real server took."""
    (told,) = [
        json.loads(line)["request"]["json"]
        for line in RECORDED.read_text(encoding="utf-8").splitlines()
        if json.loads(line)["what"] == "create"
    ]

    row = model_prices(table)[told["name"]]

    assert {kind: float(usd) for kind, usd in row["tiers"]["default"]["prices"].items()} == (
        told["tiers"][0]["prices"]
    )
    since = datetime.fromisoformat(row["valid_from"]) - datetime(1970, 1, 1, tzinfo=UTC)
    assert since.total_seconds() * 1e6 == told["valid_from"]
    assert (row["provider"], row["tiers"].keys()) == (told["provider"], {"default"})


def test_no_kind_of_tokens_is_free_and_no_pattern_is_loose(table: PriceTable) -> None:
    """All four kinds have a price in every tier, patterns are anchored, names fit the server."""
    rows = model_prices(table)

    assert len(rows) > 250
    for name, row in rows.items():
        assert len(name) <= 256
        assert re.fullmatch(r"\^\(.*\)\$", row["match_pattern"])
        assert len(row["match_pattern"]) <= 512
        assert [tier for tier in row["tiers"].values() if "condition" not in tier] != []
        for tier in row["tiers"].values():
            assert tier["prices"].keys() == KINDS
            assert "E" not in "".join(tier["prices"].values())
            assert Decimal(tier["prices"]["cache_read_input_tokens"]) > 0


def test_no_id_fits_rows_of_two_models(table: PriceTable) -> None:
    """The server goes by the id alone, so a reseller's row of the same id is left out."""
    ids = {
        one
        for models in table.providers.values()
        for model in models
        for one in model.pattern.examples
    }
    patterns = {
        name.partition("@")[0]: re.compile(row["match_pattern"])
        for name, row in model_prices(table).items()
    }

    for one in ids:
        assert len([model for model, pattern in patterns.items() if pattern.match(one)]) <= 1, one
    assert "azure.ai.openai/gpt-4o@2024-10-01" not in model_prices(table)
    (left_out,) = [rows for lost, rows in unsaid(table).items() if "maker" in lost]
    assert "azure.ai.openai/gpt-4o" in left_out


@pytest.mark.parametrize("sent", [900, 1_001, 5_001])
def test_a_tier_holds_above_its_limit(acme: PriceTable, sent: int) -> None:
    """The server, taking the first tier that holds, charges what the table does."""
    row = model_prices(only(acme, "acme"))["acme/one@2025-06-01"]
    usage = {"input": sent, "output": 10} | dict.fromkeys(KINDS - {"input", "output"}, 0)
    price = price_of(
        Call(provider="acme", model="one", at=NOW, input_tokens=sent, output_tokens=10), acme
    )

    assert isinstance(price, Price)
    assert charged(row, usage) == price.cost_usd


def test_what_has_no_rate_costs_what_input_costs(acme: PriceTable) -> None:
    """Too much for a cached token is seen and asked about; nothing for it is not."""
    prices = model_prices(only(acme, "acme"))["acme/one@2025-06-01"]["tiers"]["over 5000"]["prices"]

    assert prices["cache_read_input_tokens"] == prices["input"] == "0.00002"
    assert prices["output"] == "0.00008"
    vectors = model_prices(only(acme, "acme"))["acme/vectors@2025-01-01"]["tiers"]["default"]
    assert vectors["prices"]["output"] == "0"


def test_what_cannot_be_said_is_told_with_the_rows(acme: PriceTable) -> None:
    """Tiers, lifetimes, modalities, regions and contracts are lost, and each says where."""
    table = PriceTable({"acme": acme.providers["acme"]}, acme.contracts)

    assert unsaid(table) == {
        "the tier batch is charged as standard": ["acme/one@2025-06-01"],
        "the tier flex is charged as standard": ["acme/one@2025-06-01"],
        "the tier priority is charged as standard": ["acme/one@2025-06-01"],
        "reasoning has no price of its own": ["acme/one@2025-06-01"],
        "left out: audio and images have no prices of their own": ["acme/voice"],
        "negotiated prices have no place beside list prices": [
            "everybody", "europe", "first-project",
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lost", "row"),
    [
        ("an hour in the cache costs what five minutes cost", "anthropic/claude-haiku-4-5"),
        ("a price cannot end: it holds until the next one", "deepseek/"),
        ("input_audio has no price of its own", "gcp.gemini/gemini-2.5-flash"),
    ],
)
def test_what_the_shipped_table_loses_is_told(table: PriceTable, lost: str, row: str) -> None:
    """Lifetimes of a cache, last days and modalities are named where the table has them."""
    assert [one for one in unsaid(table)[lost] if one.startswith(row)] != []


def test_regions_are_lost(acme: PriceTable) -> None:
    """A row with a price of its own for a region is told."""
    (*_, voice) = acme.providers["acme"]
    table = PriceTable({"acme": (replace(voice, needs_split=False),)})

    assert unsaid(table)["every region is charged alike"] == ["acme/voice@2025-01-01"]


def test_the_check_lists_it_as_notes(acme: PriceTable) -> None:
    """`pricing check` says what OpenObserve gets wrong and cannot say, and does not fail for it."""
    found = [one for one in findings_of(only(acme, "acme"), (), NOW) if one.kind == "openobserve"]

    assert {one.level for one in found} == {"note"}
    assert {one.said for one in found} == {*WRONG, *unsaid(only(acme, "acme"))}
    assert "acme/one@2025-06-01" in {one.subject for one in found}
