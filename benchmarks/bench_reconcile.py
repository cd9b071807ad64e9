"""A month of a million calls of 40 models against its bill, beside computing call by call."""

from __future__ import annotations

import random
import resource
import sys
import time
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from llmcost_infra.catalog.stack_statements import stack_statement
from llmcost_infra.columns import STORED, STORED_NAMES
from llmcost_infra.pricing import Call, PriceTable, load_table, price_of
from llmcost_infra.reconcile.comparison import Comparison, Period, compare
from llmcost_infra.reconcile.ours import own_calls
from llmcost_infra.reconcile.records import Bill, Charge, Lane, Part, Usage
from llmcost_infra.reconcile.scopes import ScopeMap
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import MemoryStreams, query

_CALLS, _MODELS, _LIMIT_S, _LIMIT_MB = 1_000_000, 40, 10.0, 500
_DAYS = tuple(date(2026, 10, 1) + timedelta(days=one) for one in range(31))
_START = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp()) * 1_000_000
_DAY_US = 86_400_000_000
_TYPES = {"utf8": pa.string(), "int64": pa.int64(), "uint64": pa.uint64(),
          "float64": pa.float64(), "boolean": pa.bool_()}  # fmt: skip
_SETTINGS = Settings(environment="prod")


def main() -> int:
    """Print the times; return 1 when a limit is missed."""
    table = load_table()
    ids = [min(one.pattern.literals) for one in table.providers["openai"] if one.pattern.literals]
    models = [one for one in ids if table.model("openai", one)][:_MODELS]
    week = _calls(models, table, _CALLS * 7 // 31)
    bill = _bill(week, models)
    before = _megabytes()
    started = time.perf_counter()
    rows = [row for number in range(5) for row in _asked(week, number)]
    asked, engine = time.perf_counter() - started, _megabytes() - before
    found = _compared(rows, bill, table)
    ours = time.perf_counter() - started
    memory = _megabytes() - before

    sample = week.slice(0, 20_000).to_pylist()
    started = time.perf_counter()
    for row in sample:
        _naive(row, table)
    naive = (time.perf_counter() - started) / len(sample) * _CALLS
    print(f"{_CALLS:,} calls of {len(models)} models, {len(found.compared):,} cells")
    print(f"  reconcile                     {ours:8.2f} s   limit {_LIMIT_S} s")
    print(f"    of it, SQL on the engine    {asked:8.2f} s")
    print(f"  call by call, without a cause {naive:8.2f} s   {naive / ours:.1f} times ours")
    print(f"  memory                        {memory:8.0f} MB  limit {_LIMIT_MB} MB")
    print(f"    of it, SQL on the engine    {engine:8.0f} MB")
    return int(ours > _LIMIT_S or memory > _LIMIT_MB)


def _calls(models: list[str], table: PriceTable, count: int) -> pa.Table:
    """Return a week of calls, priced, which stands for each week of the month."""
    dice = random.Random(5)  # noqa: S311 - traffic is no secret
    columns: dict[str, list[Any]] = defaultdict(list)
    rates = {one: table.model("openai", one) for one in models}
    for number in range(count):
        model, at = dice.choice(models), _START + dice.randrange(7 * _DAY_US)
        row = rates[model].row_at(at)  # type: ignore[union-attr] # it is known
        columns["_timestamp"].append(at)
        columns["end_time"].append((at + 900_000) * 1_000)
        columns["trace_id"].append(f"{number:032x}")
        columns["span_id"].append(f"{number:016x}")
        given = {
            "provider": "openai", "model": model, "environment": "prod", "team": f"t{number % 5}",
            "operation": "chat", "is_call": True, "pricing_status": "priced", "dialect": "genai",
            "price_row": row.id if row else "", "batch": False, "service_tier": "default",
            "input_tokens": dice.randrange(500, 9_000), "output_tokens": dice.randrange(20, 900),
            "cache_read_tokens": dice.randrange(400), "cost_usd": 0.01, "duration_ms": 900.0,
        }  # fmt: skip
        for name, value in given.items():
            columns[STORED_NAMES[name]].append(value)
    return pa.table(
        {
            name: pa.array(columns[name], _TYPES[kind]) if name in columns
            else pa.nulls(count, _TYPES[kind])
            for name, kind in STORED.items()
        }
    )  # fmt: skip


def _asked(week: pa.Table, number: int) -> list[dict[str, Any]]:
    """Return what the server answers for a week; the last one has three days."""
    first = _START
    days = 7 if number < 4 else 3  # noqa: PLR2004 - the fifth of 31 days
    span = TimeRange(first, first + days * _DAY_US)
    statement = stack_statement("reconcile_days", _SETTINGS)
    answer = query(statement, MemoryStreams({"llm_calls": week}), span)
    if answer.fault:
        raise SystemExit(str(answer.fault))
    return [{**row, "utc_day": row["utc_day"] + 7 * number} for row in answer.rows]


def _bill(week: pa.Table, models: list[str]) -> Bill:
    """Return a bill of as many calls, with a tenth more output."""
    sums = week.group_by(STORED_NAMES["model"]).aggregate(
        [(STORED_NAMES[one], "sum") for one in ("input_tokens", "output_tokens")]
    )
    told = {row[STORED_NAMES["model"]]: row for row in sums.to_pylist()}
    charges, usage = [], []
    for day in _DAYS:
        for model in models:
            tokens = {
                "input": told[model][f"{STORED_NAMES['input_tokens']}_sum"] // 7,
                "output": told[model][f"{STORED_NAMES['output_tokens']}_sum"] * 11 // 70,
            }
            requests = _CALLS // 31 // len(models)
            usage.append(Usage(day, Part("p"), model, Lane(), tokens, requests))
            charges += [
                Charge(day, Part("p"), Decimal(count) / 10**6, f"{model}, {name}", model, name)
                for name, count in tokens.items()
            ]
    return Bill("openai", "made up", tuple(charges), tuple(usage))


def _compared(rows: list[dict[str, Any]], bill: Bill, table: PriceTable) -> Comparison:
    scopes = ScopeMap.of(_SETTINGS, "openai", None, ())
    found = compare(Period("2026-10", _DAYS), bill, own_calls(rows), scopes, table)
    if not found.causes or not found.lines:
        raise SystemExit("nothing was found")
    return found


def _naive(row: dict[str, Any], table: PriceTable) -> None:
    """Price one call of the stream exactly: what a script does for each."""
    at = datetime.fromtimestamp(row["_timestamp"] / 1_000_000, tz=UTC)
    price_of(
        Call(
            provider=row[STORED_NAMES["provider"]],
            model=row[STORED_NAMES["model"]],
            at=at,
            input_tokens=row[STORED_NAMES["input_tokens"]],
            output_tokens=row[STORED_NAMES["output_tokens"]],
            cache_read_tokens=row[STORED_NAMES["cache_read_tokens"]],
        ),
        table,
    )


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
