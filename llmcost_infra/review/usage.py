"""Calls of a time as prices see them: from a file of the LLM stream's rows."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.errors import DeclarationError
from llmcost_infra.pricing.compute import STANDARD_TIERS
from llmcost_infra.pricing.table import BATCH, STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["NEEDED", "TOKENS", "Spend", "Usage", "read_spend", "usage_of"]

NEEDED: Final = (
    "_timestamp", "trace_id", "span_id", "llmcost_is_call", "llmcost_provider", "llmcost_model",
    "llmcost_input_tokens", "llmcost_output_tokens", "llmcost_cost_usd",
)  # fmt: skip
"""Columns without which no spend can be told."""

_OPTIONAL: Final = (
    "llmcost_cache_read_tokens", "llmcost_cache_write_tokens", "llmcost_cache_write_1h_tokens",
    "llmcost_reasoning_tokens", "llmcost_service_tier", "llmcost_batch", "llmcost_pricing_status",
)  # fmt: skip
TOKENS: Final = ("input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning")
"""Numbers of tokens that a row has, before they are told apart by what they cost."""
_PRICED: Final = "priced"


@dataclass(frozen=True, slots=True)
class Usage:
    """A priced call, or several that prices cannot tell apart.

    Args:
        provider: OpenTelemetry provider name.
        model: id of the model that answered.
        tier: service tier, or ``batch``.
        input_size: all input tokens of a call, which decide the card.
        at_us: when it started, Unix µs; of several, the start of their day.
        tokens: class of tokens → how many.
        calls: how many calls.
    """

    provider: str
    model: str
    tier: str
    input_size: int
    at_us: int
    tokens: Mapping[str, int]
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Spend:
    """What was spent in a time.

    Args:
        usd: as it was priced when the calls came in.
        start_us: the first call, Unix µs; 0 without calls.
        end_us: the last call, Unix µs.
        usage: the priced calls.
    """

    usd: Decimal
    start_us: int
    end_us: int
    usage: tuple[Usage, ...]

    @property
    def calls(self) -> int:
        """How many priced calls that was."""
        return sum(one.calls for one in self.usage)


def read_spend(path: Path) -> Spend:
    """Return the spend in a file of the LLM stream's rows; a call that was sent twice counts once.

    Args:
        path: Parquet (``.parquet``), or NDJSON: one row a line.

    Raises:
        DeclarationError: there is no such file, a line is broken, or a column is missing.
    """
    if not path.is_file():
        raise DeclarationError(
            "there is no such file", path=path, hint="Name a .parquet or .ndjson file of rows."
        )
    rows = list(_parquet(path) if path.suffix == ".parquet" else _ndjson(path))
    have = set[str]().union(*(row.keys() for row in rows))
    if missing := [name for name in NEEDED if name not in have]:
        raise DeclarationError(
            f"no row has {', '.join(missing)}", path=path,
            hint="Export rows of the LLM stream with these columns.",
        )  # fmt: skip
    calls = {(row["trace_id"], row["span_id"]): row for row in rows if row.get("llmcost_is_call")}
    return _spend(calls.values())


def _spend(calls: Iterable[Mapping[str, Any]]) -> Spend:
    usd, times, usage = Decimal(0), list[int](), list[Usage]()
    for row in calls:
        cost = row.get("llmcost_cost_usd")
        times.append(int(row["_timestamp"]))
        if cost is not None and row.get("llmcost_pricing_status", _PRICED) == _PRICED:
            usd += Decimal(str(cost))
            usage.append(_usage(row))
    return Spend(usd, min(times, default=0), max(times, default=0), tuple(usage))


def _usage(row: Mapping[str, Any]) -> Usage:
    return usage_of(
        {name.removeprefix("llmcost_"): value for name, value in row.items()},
        input_size=int(row.get("llmcost_input_tokens") or 0),
        at_us=int(row["_timestamp"]),
    )


def usage_of(row: Mapping[str, Any], *, input_size: int, at_us: int, calls: int = 1) -> Usage:
    """Return the usage in a row of logical columns.

    Args:
        row: provider, model, service_tier, batch, and numbers of tokens.
        input_size: input tokens of each call.
        at_us: when they started, Unix µs.
        calls: how many there are.
    """
    count: defaultdict[str, int] = defaultdict(int)
    for name in TOKENS:
        count[name] = int(row.get(f"{name}_tokens") or 0)
    tokens = {
        "input": count["input"] - count["cache_read"] - count["cache_write"],
        "output": count["output"] - count["reasoning"],
        "reasoning": count["reasoning"],
        "cache_read": count["cache_read"],
        "cache_write": count["cache_write"] - count["cache_write_1h"],
        "cache_write_1h": count["cache_write_1h"],
    }
    tier = str(row.get("service_tier") or "").lower()
    return Usage(
        provider=str(row.get("provider") or ""),
        model=str(row.get("model") or ""),
        tier=BATCH if row.get("batch") else STANDARD if tier in STANDARD_TIERS else tier,
        input_size=input_size,
        at_us=at_us,
        tokens=tokens,
        calls=calls,
    )


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    # As Any: pyarrow ships no types.
    parquet: Any = import_module("pyarrow.parquet")
    file = parquet.ParquetFile(path)
    there = [name for name in (*NEEDED, *_OPTIONAL) if name in file.schema_arrow.names]
    for batch in file.iter_batches(columns=there):
        yield from batch.to_pylist()


def _ndjson(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row: Any = json.loads(line)
            except ValueError as error:
                raise DeclarationError(f"is no JSON: {error}", path=path, line=number) from error
            if not isinstance(row, dict):
                raise DeclarationError("is no object", path=path, line=number)
            yield row
