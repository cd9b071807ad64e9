"""What a price costs: one call beside genai-prices, a million calls at once, the table itself."""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from genai_prices import Usage, calc_price

from llmcost_infra.pricing import Call, PriceTable, load_table, price_of
from llmcost_infra.pricing.batch import price_batch
from llmcost_infra.pricing.table import STANDARD

if TYPE_CHECKING:
    from collections.abc import Callable

_LIMIT_CALL_US, _LIMIT_BATCH_S, _LIMIT_LOAD_MS, _LIMIT_HOSTILE_US = 5.0, 1.0, 30.0, 1_000.0
_AT = datetime(2026, 11, 23, tzinfo=UTC)
_MODELS = ("gpt-4o-2024-08-06", "gpt-4o-mini", "o3-mini-2025-01-31", "gpt-4.1", "gpt-5")
_ROWS = 1_000_000
_ROUNDS = 7


def main() -> int:
    """Print the times; return 1 when a limit is missed."""
    table = load_table()
    calls = [
        Call(provider="openai", model=model, at=_AT, input_tokens=2006, cache_read_tokens=1920,
             output_tokens=300)
        for model in _MODELS
    ]  # fmt: skip
    usage = Usage(input_tokens=2006, cache_read_tokens=1920, output_tokens=300)
    hostile = [
        Call(provider="openai", model=model, at=_AT, input_tokens=1, output_tokens=1)
        for model in ("a" * 10_000, "gpt-4o-" + "2024-" * 2_000, "gpt-4.1-2025-04-1x")
    ]
    ours, peer, odd = _taking_turns(
        lambda: [price_of(call, table) for call in calls * 400],
        lambda: [calc_price(usage, one, provider_id="openai") for one in _MODELS * 40],
        lambda: [price_of(call, table) for call in hostile * 100],
    )
    batch = _batch(table)
    at_once, load = _taking_turns(lambda: price_batch(batch, table), load_table)
    missed = [
        _told("price_of, a known id", ours / 2_000 * 1e6, "µs", _LIMIT_CALL_US),
        _told("  genai-prices calc_price", peer / 200 * 1e6, "µs", None),
        _told("price_of, an id of 10 kB", odd / 300 * 1e6, "µs", _LIMIT_HOSTILE_US),
        _told(f"price_batch, {_ROWS:,} rows", at_once, "s", _LIMIT_BATCH_S),
        _told("load_table, read before", load * 1e3, "ms", _LIMIT_LOAD_MS),
    ]
    return int(any(missed))


def _taking_turns(*jobs: Callable[[], object]) -> list[float]:
    """Return the shortest of some rounds of each job, in seconds."""
    shortest = [float("inf")] * len(jobs)
    for _ in range(_ROUNDS):
        for place, job in enumerate(jobs):
            began = time.perf_counter()
            job()
            shortest[place] = min(shortest[place], time.perf_counter() - began)
    return shortest


def _told(name: str, value: float, unit: str, limit: float | None) -> bool:
    """Print a measure, and tell whether it misses its limit."""
    said = (
        ""
        if limit is None
        else f"   limit {limit:g} {unit}, {'met' if value <= limit else 'MISSED'}"
    )
    print(f"{name:<32}{value:>9.3f} {unit}{said}")
    return limit is not None and value > limit


def _batch(table: PriceTable) -> Any:
    """Return calls of every model and tier over two years, a tenth of them from the cache."""
    chance = random.Random("rows")  # noqa: S311 - the same rows every time
    models = [
        (provider, min(model.pattern.examples), tier)
        for provider, some in table.providers.items()
        for model in some
        for tier in model.rows[-1].cards[0].tiers
    ]
    chosen = chance.choices(models, k=_ROWS)
    began = _AT - timedelta(days=730)
    sent = [chance.randrange(300_000) for _ in range(_ROWS)]
    return pa.RecordBatch.from_pydict(
        {
            "provider": [one[0] for one in chosen],
            "model": [one[1] for one in chosen],
            "at": pa.array(
                [began + timedelta(seconds=chance.randrange(63_000_000)) for _ in range(_ROWS)],
                pa.timestamp("us", tz="UTC"),
            ),
            "service_tier": ["" if one[2] == STANDARD else one[2] for one in chosen],
            "input_tokens": sent,
            "cache_read_tokens": [count // 2 if count % 10 == 0 else 0 for count in sent],
            "output_tokens": [count % 5_000 for count in sent],
            "reasoning_tokens": [count % 5_000 // 3 for count in sent],
        }
    )


if __name__ == "__main__":
    sys.exit(main())
