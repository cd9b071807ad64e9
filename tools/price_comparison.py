"""One call priced three ways: by the dictionary that everyone copies, by OpenObserve, and exactly.

What OpenObserve says is read from recordings of a real server; all else is computed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.pricing import Call, Price, PriceTable, price_of
from llmcost_infra.pricing.money import plain
from llmcost_infra.pricing.pattern import Pattern
from llmcost_infra.pricing.table import Card, Model, Rates, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Compared", "compared", "naive"]

_RECORDED: Final = Path(__file__).resolve().parent.parent / "tests/data/openobserve-transcripts"
_AT: Final = datetime(2026, 11, 23, tzinfo=UTC)
# USD per million tokens of input and output, as blog posts have it; o1-mini is out of date there.
_COPIED: Final = {
    "gpt-4o": (2.50, 10.00),
    "gpt-4o-mini": (0.15, 0.60),
    "o1": (15.00, 60.00),
    "o1-mini": (3.00, 12.00),
}
_CASES: Final[tuple[tuple[str, str, str, dict[str, Any]], ...]] = (
    ("cached input", "openai", "gpt-4o", {"input": 2006, "cache_read": 1920, "output": 300}),
    ("a dated id", "openai", "gpt-4o-2024-08-06",
     {"input": 2006, "cache_read": 1920, "output": 300}),
    ("a model that nobody added", "openai", "o3-mini-2025-01-31", {"input": 412, "output": 640}),
    ("a price that changed", "openai", "o1-mini", {"input": 1000, "output": 1000}),
    ("a small call", "openai", "gpt-4o-mini", {"input": 10, "output": 1}),
    ("embeddings", "openai", "text-embedding-3-small", {"input": 16}),
    ("an id with its provider", "openai", "openai/gpt-4o", {"input": 1000, "output": 100}),
    ("somebody else's name", "azure", "gpt-4o", {"input": 1000, "output": 100}),
    ("a regional id", "aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
     {"input": 1000, "output": 100}),
    ("one token above a limit", "anthropic", "claude-sonnet-4-5", {"input": 200_001, "output": 1}),
    ("batch", "openai", "gpt-4o", {"input": 1000, "output": 100, "batch": True}),
    ("the tier flex", "openai", "o3", {"input": 1000, "output": 100, "tier": "flex"}),
    ("a tier that has no price", "openai", "gpt-4o",
     {"input": 1000, "output": 100, "tier": "scale"}),
    ("more cached than sent", "openai", "gpt-4o", {"input": 10, "cache_read": 20, "output": 1}),
    ("a fine-tuned model", "openai", "ft:gpt-4o:acme::x", {"input": 1000, "output": 100}),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """One call, priced by each.

    Args:
        case: what is special about it.
        model: model id.
        usage: what it used.
        naive: USD by the dictionary.
        bare: USD by OpenObserve from a span without content; empty if not recorded.
        full: the same from a span with captured content.
        exact: USD, or why there is no price.
    """

    case: str
    model: str
    usage: str
    naive: str
    bare: str
    full: str
    exact: str


def compared(table: PriceTable) -> list[Compared]:
    """Return every case, then every call that was recorded on a server.

    Args:
        table: the shipped prices.
    """
    computed = [
        Compared(case, model, _usage(usage), naive(model, usage), "", "",
                 _exact(_call(provider, model, usage), table))
        for case, provider, model, usage in _CASES
    ]  # fmt: skip
    return [*computed, *_recorded(table)]


def naive(model: str, usage: Mapping[str, Any]) -> str:
    """Return what the dictionary makes of a call: no cache, rounded, 0 for a name it lacks.

    Args:
        model: model id.
        usage: `input` and `output` tokens.
    """
    sent, came = _COPIED.get(model, (0.0, 0.0))
    usd = (usage["input"] * sent + usage.get("output", 0) * came) / 1_000_000
    return plain(Decimal(str(round(usd, 6))))


def _recorded(table: PriceTable) -> Iterator[Compared]:
    bare, full = (_told(f"{name}.jsonl") for name in _FILES)
    own = PriceTable(dict(table.providers) | {"acme": tuple(_posted())})
    for said in full:
        model, attributes = json.loads(said)
        usage: dict[str, Any] = {"input": 100, "output": 10}
        name = next(iter(attributes), "")
        cached = {"cache_read": 60} if attributes else {}
        provider = "acme" if model.startswith("acme") else "openai"
        yield Compared(
            f"cached as `{name}`" if name else "as recorded",
            model,
            _usage(usage | cached),
            naive(model, usage),
            bare[said],
            full[said],
            _exact(_call(provider, model, usage | cached), own),
        )


_FILES: Final = ("15-priced-ingest", "16-priced-ingest-with-content")


def _told(name: str) -> dict[str, str]:
    """Return what the server made of each recorded span: its case → USD."""
    hits = _exchanges(name)[-1]["response"]["body"]["hits"]
    usd = {hit["case"]: Decimal(str(hit["llm_usage_cost_total"])) for hit in hits}
    return {case: plain(round(abs(one), 12)) for case, one in usd.items()}


def _posted() -> Iterator[Model]:
    """Yield the prices that the server was given before it priced those spans."""
    for one in _exchanges(f"{_FILES[0]}.jsonl"):
        body = one["request"].get("json") or {}
        if one["request"]["path"].endswith("/llm/models"):
            usd = {kind: Decimal(str(rate)) for kind, rate in body["tiers"][0]["prices"].items()}
            rates = Rates(usd["input"], usd["output"], usd.get("cache_read_input_tokens"))
            day = date(2026, 1, 1)
            row = Row(body["name"], 0, (Card(0, {"standard": rates}),), "", day, day)
            yield Model(f"acme/{body['name']}", Pattern(body["match_pattern"]), (row,))


def _exchanges(name: str) -> list[dict[str, Any]]:
    lines = (_RECORDED / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _call(provider: str, model: str, usage: Mapping[str, Any]) -> Call:
    return Call(
        provider=provider,
        model=model,
        at=_AT,
        input_tokens=usage["input"],
        output_tokens=usage.get("output"),
        cache_read_tokens=usage.get("cache_read", 0),
        service_tier=usage.get("tier", ""),
        batch=usage.get("batch", False),
    )


def _exact(call: Call, table: PriceTable) -> str:
    price = price_of(call, table)
    return plain(price.cost_usd) if isinstance(price, Price) else f"none: {price.reason}"


def _usage(usage: Mapping[str, Any]) -> str:
    cached = f" ({usage['cache_read']} cached)" if "cache_read" in usage else ""
    return f"{usage['input']}{cached} / {usage.get('output', 0)}"
