"""How many spans a second one process takes through the generated functions; target: 10,000.

The time includes carrying each row into the VRL engine and back, which a server does not pay.
Beside the shipped prices stands a table of 300 rows that leaves out nothing; target: 200 kB.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path

from llmcost_infra.catalog import load_pipeline, render_pipeline
from llmcost_infra.pricing import PriceTable, load_table
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.vrl import Program

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.pricing.full_table import full_table

ROWS = Path(__file__).parents[1] / "tests" / "data" / "openobserve-transcripts" / "rows"
TARGET = 10_000
LARGEST_KB = 200
SPANS = 20_000
ROUNDS = 3


def main() -> int:
    """Print rates and sizes; return 1 when a target is missed."""
    shipped = load_table()
    spans = list(itertools.islice(itertools.cycle(_recorded()), SPANS))
    print(f"{'prices':<9} {'rows':>5} {'function':>9} {'compile':>9} {'a span':>9} {'spans/s':>8}")
    held = [
        _measured(name, table, spans)
        for name, table in (("shipped", shipped), ("full", full_table(shipped)))
    ]
    print(f"target: {TARGET:,} spans/s with the shipped prices; {LARGEST_KB} kB with 300 full rows")
    (rate, _), (_, size) = held
    return 0 if rate >= TARGET and size <= LARGEST_KB else 1


def _measured(name: str, table: PriceTable, spans: list[dict[str, object]]) -> tuple[float, float]:
    """Print the line of one table; return spans per second and kB."""
    rendered = render_pipeline(load_pipeline("llm_cost"), Settings(environment="bench"), table)
    text = rendered.functions["normalise"].text
    began = time.perf_counter()
    normalise = Program(text)
    compiled = time.perf_counter() - began
    best = min(_seconds(normalise, spans) for _ in range(ROUNDS))
    rate, size = len(spans) / best, len(text.encode()) / 1e3
    rows = sum(len(model.rows) for models in table.providers.values() for model in models)
    print(
        f"{name:<9} {rows:>5} {size:>6.1f} kB {compiled * 1e3:>6.0f} ms"
        f" {best / len(spans) * 1e6:>6.1f} µs {rate:>8,.0f}"
    )
    return rate, size


def _recorded() -> list[dict[str, object]]:
    return [
        json.loads(line)["row"] | {"llmcost_state": "new"}
        for path in sorted(ROWS.glob("*.traces.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def _seconds(program: Program, rows: list[dict[str, object]]) -> float:
    began = time.perf_counter()
    for row in rows:
        program.run(row)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
