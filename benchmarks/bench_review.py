"""How long a review takes: the comparison of two dashboards, and all of it for this repository.

Beside the comparison stand jsonpatch and deepdiff on the same bodies; both compare by position and
say nothing in words.
"""

from __future__ import annotations

import json
import sys
import time
from copy import deepcopy
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.review.dashboards import dashboard_findings
from llmcost_infra.review.finding import Subject
from llmcost_infra.review.reviewing import review

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["main"]

_DIFF_LIMIT_MS = 20.0
_REVIEW_LIMIT_S = 5.0
_BYTES = 136_000
_ROUNDS = 5
_SQL = "SELECT\n  model,\n  SUM(cost_usd) AS cost\nFROM calls\nWHERE cost_usd > {0}\nGROUP BY model"


def main() -> int:
    """Print the table; fail where a measure is over its limit."""
    before = _dashboard()
    after = deepcopy(before)
    for number, panel in enumerate(after["tabs"]["t0"]["panels"].values()):
        if number % 5 == 0:
            panel["query"] = panel["query"].replace("cost_usd > ", "cost_usd >= ")
    board = KINDS["openobserve:index:Dashboard"]
    old, new = (board.canonical(one) for one in (before, after))
    bodies = [board.body(one, "acme") for one in (old, new)]
    subject = Subject("board", (("dashboard", "Board"),))
    ours = _best(lambda: list(dashboard_findings(subject, old, new)))
    size = len(json.dumps(bodies[0]))
    print(f"two dashboards of {size / 1000:.0f} kB")
    print(f"  {'ours, in words':<28} {ours * 1000:8.1f} ms")
    for name, make in (("jsonpatch", "make_patch"), ("deepdiff", "DeepDiff")):
        compare: Any = getattr(import_module(name), make)  # neither has types
        peer = _best(partial(compare, *bodies))
        print(f"  {name:<28} {peer * 1000:8.1f} ms  {peer / ours:5.1f} times ours")
    began = time.perf_counter()
    report = review(Path(__file__).parents[1], "HEAD")
    whole = time.perf_counter() - began
    print(f"review of this repository, {len(report.stacks)} stacks, both ends: {whole:.1f} s")
    slow = ours * 1000 > _DIFF_LIMIT_MS or whole > _REVIEW_LIMIT_S
    print(f"limits: {_DIFF_LIMIT_MS:.0f} ms and {_REVIEW_LIMIT_S:.0f} s")
    return int(slow)


def _dashboard() -> dict[str, Any]:
    """Return a dashboard of the size that a large one has on the server."""
    panels: dict[str, Any] = {}
    made: dict[str, Any] = {
        "title": "Board",
        "tabs": {"t0": {"name": "T", "order": 1, "panels": panels}},
    }
    board = KINDS["openobserve:index:Dashboard"]
    while len(json.dumps(board.body(made, "acme"))) < _BYTES:
        for _ in range(10):
            number = len(panels)
            panels[f"p{number}"] = {
                "title": f"Panel {number}", "type": "bar", "order": number, "width": 64,
                "query": _SQL.format(number), "stream": "llm_calls", "stream_type": "traces",
                "config": {"unit": "currency-dollar", "decimals": 2},
                "x_axis": [{"alias": "model", "label": "Model"}],
                "y_axis": [{"alias": "cost", "label": "Cost"}],
            }  # fmt: skip
    return made


def _best(run: Callable[[], object]) -> float:
    """Return the seconds of the fastest of a few runs."""
    times: list[float] = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
