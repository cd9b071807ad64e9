"""How long a month of 500,000 calls takes to replay, beside evaluating it step by step.

The naive loop is timed on some of the steps, spread over the month, and counted up to all.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from llmcost_infra.backtest import Rows, Rule, backtest, needed_columns, rules_of
from llmcost_infra.backtest.replay import evaluate
from llmcost_infra.backtest.rows import SortedStreams, column_types, sorted_rows
from llmcost_infra.program import run_program
from llmcost_infra.sql_engine.columns import ARROW
from llmcost_infra.sql_engine.intervals import TimeRange

ROOT = Path(__file__).resolve().parents[1]
CALLS, DAYS = 500_000, 30
DAY = 86_400_000_000
END = 1_795_521_600_000_000
NAIVE_STEPS = 24
TARGETS = {"daily_budget": 2.0, "cost_anomaly": 5.0}
ALERTS = ("daily_budget", "burn_rate_fast", "monthly_budget_80", "rate_limit", "new_feature")
LIMIT_MB = 1_000


def main() -> int:
    """Print the figures; return 1 when one misses its target."""
    rules = {rule.name: rule for rule in rules_of(run_program(ROOT, "prod"), ROOT)}
    calls = _calls()
    missed = 0
    print(f"{CALLS:,} calls in {DAYS} days\n{'alert':<20}{'replay':>10}{'naive':>12}{'ratio':>9}")
    for name in (*ALERTS, "cost_anomaly"):
        missed += _measured(rules[name], calls)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"most memory: {memory:,.0f} MB (target {LIMIT_MB:,})")
    return 1 if missed or memory > LIMIT_MB else 0


def _measured(rule: Rule, calls: Any) -> int:
    rows = {rule.stream: _rows(rule, calls)}
    streams = SortedStreams({rule.stream: rows[rule.stream].batch})
    reach = TimeRange(END - DAYS * DAY, END)
    target = TARGETS.get(rule.name)
    wanted = f"  (target {target:g} s)" if target else ""
    steps = (reach.end - reach.start) // (rule.body["trigger_condition"]["frequency"] * 60_000_000)
    began = time.perf_counter()
    for at in range(reach.start, reach.end, (reach.end - reach.start) // NAIVE_STEPS):
        evaluate(rule, streams, at)
    naive = (time.perf_counter() - began) / NAIVE_STEPS * steps
    began = time.perf_counter()
    backtest(rule, rows, reach)
    took = time.perf_counter() - began
    late = target is not None and took > target
    said = "  MISSED" if late else ""
    print(f"{rule.name:<20}{took:>8.2f} s{naive:>10.1f} s{naive / took:>8.0f}x{wanted}{said}")
    return int(late)


def _calls() -> dict[str, Any]:
    """Return calls of 20 features in 430 USD a day, and twice as many on one of the days."""
    chance = np.random.default_rng(1)
    started = np.sort(chance.integers(END - DAYS * DAY, END, CALLS))
    took = chance.integers(200_000, 4_000_000, CALLS)
    feature = chance.integers(0, 20, CALLS)
    usd = chance.gamma(2, 1, CALLS)
    usd *= 430 * DAYS / usd.sum()
    usd[(started > END - 10 * DAY) & (started < END - 10 * DAY + DAY // 4)] *= 2.2
    # A loop: three times the calls of one feature for an hour, and dearer ones.
    hour = (started > END - 5 * DAY) & (started < END - 5 * DAY + DAY // 24)
    loop = hour & np.isin(feature, (0, 1, 2))
    feature[loop] = 0
    usd[loop] *= 4
    refused = chance.random(CALLS) < 1 / 500
    return {
        "_timestamp": started,
        "end_time": ((started + took) * 1000).astype(np.uint64),
        "trace_id": [f"{at:032x}" for at in range(CALLS)],
        "span_id": [f"{at:016x}" for at in range(CALLS)],
        "llmcost_is_call": np.ones(CALLS, np.bool_),
        "llmcost_cost_usd": usd,
        "llmcost_feature": [f"feature-{at}" for at in feature],
        "llmcost_error_class": ["rate_limit" if one else None for one in refused],
    }


def _rows(rule: Rule, calls: dict[str, Any]) -> Rows:
    types = column_types(needed_columns([rule.sql]))
    columns = {
        name: pa.array(calls[name], ARROW[kind]) if name in calls else pa.nulls(CALLS, ARROW[kind])
        for name, kind in types.items()
    }
    return Rows(sorted_rows(pa.table(columns)))


if __name__ == "__main__":
    sys.exit(main())
