"""What the alert pack costs a server with 40 teams and 500,000 calls a day, and how it errs.

Each alert is run over its whole window, on the engine of the embedded server. An alert that is
looked at every five minutes and takes three seconds keeps one worker busy for a hundredth of the
time; all of them, in three environments, may keep one busy for half of it, and OpenObserve has
five. Beside each, DataFusion alone adds up the cost of the same rows. Windows of more than two days
are measured on a tenth of the calls and multiplied by ten.

Then the cost anomaly on twenty seeds of ninety days, where the tests take one.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datafusion import SessionContext, column, functions

from llmcost_infra.catalog import load_alerts, render_alert
from llmcost_infra.columns import STORED
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.columns import type_name
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import query

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.alerts import test_anomaly_statistics as statistics
from tests.alerts.traffic import DAYS, HOUR, features, fires, usual

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost_infra.sql_engine.clauses import Table

__all__ = ["main"]

_CALLS_A_DAY: Final = 500_000
_ENVIRONMENTS: Final = 3
_LIMIT: Final = 0.5
_SEEDS: Final = 20
_MOST_FALSE: Final = 1.0
_LEAST_HEARD: Final = 0.95
_NOW: Final = 1_795_521_600_000_000  # 2026-11-24T12:00:00Z in µs
_DAY: Final = 86_400_000_000
_TENTH: Final = 10
_LONG_DAYS: Final = 2
_TEAMS: Final = [f"team {number}" for number in range(40)]
_FEATURES: Final = [f"feature {number}" for number in range(100)]
_TYPES: Final = {
    "utf8": pa.string(),
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
}


@dataclass(frozen=True)
class _Days:
    """A stream of one Parquet file a day, the newest first."""

    files: Sequence[Path]

    def columns(self, table: Table) -> Mapping[str, str] | None:
        """Return the columns of the LLM stream, which the quarantine has too."""
        del table
        return {name: type_name(_TYPES[kind]) for name, kind in STORED.items()}

    def batches(self, table: Table, columns: Sequence[str], time_range: TimeRange) -> list[Any]:
        """Return the rows within a time range; nothing is in quarantine."""
        if "quarantine" in table.written:
            return []
        days = -(-(_NOW - time_range.start) // _DAY)
        read = (pq.read_table(file, columns=list(columns)) for file in self.files[:days])
        return [batch for one in read for batch in one.to_batches()]


def _write(folder: Path, calls: int, days: int) -> list[Path]:
    """Write so many days of so many calls of a day."""
    random = np.random.default_rng(1)
    files: list[Path] = []
    for day in range(days):
        ended = _NOW - day * _DAY - random.integers(1, _DAY, calls)
        known: dict[str, Any] = {
            "_timestamp": ended - 1_000_000,
            "end_time": (ended * 1000).astype(np.uint64),
            "trace_id": _ids(random, calls, 16),
            "span_id": _ids(random, calls, 8),
            "service_name": random.choice(["api", "worker", "batch"], calls),
            "llmcost_is_call": np.ones(calls, bool),
            "llmcost_is_tool": random.random(calls) < 0.2,  # noqa: PLR2004 - a share
            "llmcost_model": random.choice(["gpt-4o", "gpt-4o-mini", "claude"], calls),
            "llmcost_provider": random.choice(["openai", "anthropic"], calls),
            "llmcost_feature": random.choice(_FEATURES, calls),
            "llmcost_team": random.choice(_TEAMS, calls),
            "llmcost_cost_usd": random.gamma(1, 0.01, calls),
            "llmcost_output_tokens": random.integers(1, 2000, calls),
            "llmcost_input_tokens": random.integers(1, 9000, calls),
            "llmcost_duration_ms": random.gamma(2, 900, calls),
            "llmcost_ttft_ms": random.gamma(2, 200, calls),
            "llmcost_pricing_status": ["priced"] * calls,
            "llmcost_price_row": ["openai/gpt-4o@2024-10-01"] * calls,
        }
        columns = [
            pa.array(known[name], _TYPES[kind]) if name in known else pa.nulls(calls, _TYPES[kind])
            for name, kind in STORED.items()
        ]
        files.append(folder / f"{day}.parquet")
        pq.write_table(pa.table(columns, names=list(STORED)), files[-1])
    return files


def _ids(random: np.random.Generator, count: int, size: int) -> list[str]:
    text = random.bytes(size * count).hex()
    return [text[at : at + 2 * size] for at in range(0, len(text), 2 * size)]


def main() -> int:
    """Print what each alert takes, and how the anomaly does; 1 if too much or too badly."""
    with tempfile.TemporaryDirectory() as folder:
        busy = _cost(Path(folder))
    return int(busy >= _LIMIT or not _anomaly())


def _cost(folder: Path) -> float:
    calls = _CALLS_A_DAY // _ENVIRONMENTS
    for name in ("all", "tenth"):
        (folder / name).mkdir()
    whole = _write(folder / "all", calls, days=_LONG_DAYS + 1)
    tenth = _write(folder / "tenth", calls // _TENTH, days=33)
    settings = Settings.from_mapping(
        {
            "environment": "prod",
            "budget": {
                "monthly_usd": "1000000",
                "team_daily_usd": dict.fromkeys(_TEAMS, "1000"),
                "feature_daily_usd": dict.fromkeys(_FEATURES[:20], "1000"),
            },
        }
    )
    print(f"{calls:,} calls a day in each of {_ENVIRONMENTS} environments, {len(_TEAMS)} teams")
    print(
        f"{'alert':<24}{'copies':>7}{'seconds':>9}{'every':>7}{'busy':>8}"
        f"{'sum alone':>11}{'ratio':>7}"
    )
    total = 0.0
    for spec in load_alerts():
        copies = render_alert(spec, settings)
        if not copies:
            continue  # it reads bills or totals, a few rows a day, where a stack has them
        inputs = copies[0].inputs
        long = spec.declared.window_minutes > _LONG_DAYS * 1440
        files, times = (tenth, _TENTH) if long else (whole, 1)
        start = _NOW - inputs["trigger_condition"]["period"] * 60_000_000
        took = times * _seconds(inputs["query_condition"]["sql"], files, start)
        peer = times * _peer(files, start)
        every = spec.declared.frequency_minutes * 60
        busy = _ENVIRONMENTS * len(copies) * took / every
        total += busy
        print(
            f"{spec.name:<24}{len(copies):>7}{took:>9.2f}{every:>6}s{busy:>8.2%}"
            f"{peer:>10.2f}s{took / peer:>6.1f}x"
        )
    print(f"all of them keep one worker busy for {total:.1%} of the time (limit {_LIMIT:.0%})")
    return total


def _seconds(sql: str, files: Sequence[Path], start: int) -> float:
    began = time.perf_counter()
    query(sql, _Days(files), TimeRange(start, _NOW), now=_NOW)
    return time.perf_counter() - began


def _peer(files: Sequence[Path], start: int) -> float:
    """Return how long DataFusion takes to add up the same rows, copies and all."""
    context = SessionContext()
    days = -(-(_NOW - start) // _DAY)
    names = [f"d{number}" for number in range(min(days, len(files)))]
    for name, file in zip(names, files, strict=False):
        context.register_parquet(name, str(file))
    cost = "llmcost_cost_usd"
    tables = [context.table(name).select(cost) for name in names]
    began = time.perf_counter()
    rows = reduce(lambda one, other: one.union(other), tables)
    rows.aggregate([], [functions.sum(column(cost))]).collect()
    return time.perf_counter() - began


def _anomaly() -> bool:
    print(f"\ncost_anomaly on {_SEEDS} seeds: false a month, 3x in 45 min, 10x in 15 min")
    falses: list[float] = []
    good = True
    for seed in range(_SEEDS):
        traffic = [(one, usual(one.cost)) for one in features(seed)]
        every = [fires(one.cost, one.calls, usually).any for one, usually in traffic]
        looks = np.any(every, axis=0)[statistics.FIRST :]
        false = statistics.told(looks, HOUR) / ((DAYS - 15) / 30)
        heard = [float(np.mean(statistics.heard(traffic, *one))) for one in ((3, 9), (10, 3))]
        print(f"  seed {seed:>2}: {false:.1f}  {heard[0]:.1%}  {heard[1]:.1%}")
        falses.append(false)
        good &= min(heard) >= _LEAST_HEARD
    print(f"false firings: {np.mean(falses):.2f} a month on average (limit {_MOST_FALSE:.0f})")
    return good and float(np.mean(falses)) <= _MOST_FALSE


if __name__ == "__main__":
    sys.exit(main())
