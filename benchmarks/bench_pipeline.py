"""How many spans a second one process takes through the generated functions; target: 10,000.

The time includes carrying each row into the VRL engine and back, which a server does not pay.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path

from llmcost_infra.catalog import load_pipeline, render_pipeline
from llmcost_infra.pricing import load_table
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.vrl import Program

ROWS = Path(__file__).parents[1] / "tests" / "data" / "openobserve-transcripts" / "rows"
TARGET = 10_000
SPANS = 20_000
ROUNDS = 3


def main() -> int:
    """Print the rates; return 1 when the target is missed."""
    rendered = render_pipeline(
        load_pipeline("llm_cost"), Settings(environment="bench"), load_table()
    )
    texts = {role: function.text for role, function in rendered.functions.items()}
    began = time.perf_counter()
    normalise = Program(texts["normalise"])
    compiled = time.perf_counter() - began
    rows = list(itertools.islice(itertools.cycle(_recorded()), SPANS))
    best = min(_seconds(normalise, rows) for _ in range(ROUNDS))
    rate = SPANS / best
    print(f"normalise and price   {rate:>9,.0f} spans/s (target {TARGET:,})")
    print(f"a span                {best / SPANS * 1e6:>9.1f} µs")
    print(f"compile               {compiled * 1e3:>9.0f} ms")
    print(f"function              {len(texts['normalise'].encode()) / 1e3:>9.1f} kB")
    return 0 if rate >= TARGET else 1


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
