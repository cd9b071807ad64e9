"""How long pictures of a tab of 12 panels take: in a new process, and in one that drew before.

The peer is a browser that opens a page with nothing on it, which is what a screenshot of the real
interface costs before it has asked for a single row.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from llmcost_infra.pictures import PanelData, draw_tab

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
import chromium

__all__ = ["main"]

_COLD_S, _WARM_S = 1.0, 0.3
_ROUNDS = 9
_HOURS = 24
_MODELS = ("gpt-4o", "gpt-4o-mini", "o3-mini", "claude-sonnet-4", "gemini-2.5-pro")
_TILES = 4
_CHARTS = ("bar", "pie", "stacked", "line", "area", "h-bar", "table", "area-stacked")
_TYPES = (*("metric",) * _TILES, *_CHARTS)


def _panel(number: int, kind: str) -> dict[str, Any]:
    timed = kind in {"bar", "stacked", "line", "area", "area-stacked"}
    x = [] if kind == "metric" else [{"alias": "ts" if timed else "model"}]
    split = [{"alias": "model"}] if kind in {"stacked", "line", "area-stacked"} else []
    chart = number - _TILES
    place = (
        {"x": number * 48, "y": 0, "w": 48, "h": 9}
        if chart < 0
        else {"x": chart % 2 * 96, "y": 9 + chart // 2 * 18, "w": 96, "h": 18}
    )
    fields = {"x": x, "y": [{"alias": "cost"}], "breakdown": split}
    return {
        "id": f"panel-{number}",
        "type": kind,
        "title": f"Panel {number}: {kind}",
        "layout": {**place, "i": number + 1},
        "config": {"unit": "currency-dollar", "decimals": 4},
        "queries": [{"query": "SELECT 1", "fields": fields}],
    }


def _draw(other: int = 0) -> int:
    """Draw the tab and return the size of its picture.

    Args:
        other: makes other rows, since a chart that was drawn before is not drawn again.
    """
    panels = [_panel(number, kind) for number, kind in enumerate(_TYPES)]
    board = {"title": "LLM Cost", "tabs": [{"tabId": "t", "name": "Tab", "panels": panels}]}
    rows = [
        {
            "ts": f"2026-11-23T{hour:02}:00:00",
            "model": model,
            "cost": (hour * 7 + at * 3 + other) % 11 / 10,
        }
        for hour in range(_HOURS)
        for at, model in enumerate(_MODELS)
    ]
    by_model = rows[: len(_MODELS)]
    data = {
        panel["id"]: PanelData(
            by_model if panel["type"] in {"pie", "h-bar", "table"} else rows, 3_600
        )
        for panel in panels
    }
    return len(draw_tab(board, "t", data).png())


def _seconds(run: Any, rounds: int) -> float:
    taken: list[float] = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return min(taken)


def _browser() -> float | None:
    program = chromium.found()
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text("<!doctype html><title>Nothing</title>", encoding="utf-8")
        command = [program, *chromium.flags(Path(folder) / "profile")]
        command += [f"--screenshot={folder}/page.png", page.as_uri()]
        return _seconds(
            lambda: subprocess.run(command, check=True, capture_output=True),  # noqa: S603
            3,
        )


def main() -> int:
    """Print the measures; 1 if one is above its limit."""
    if sys.argv[1:] == ["--draw"]:
        return _draw() == 0
    command = [sys.executable, __file__, "--draw"]
    cold = _seconds(lambda: subprocess.run(command, check=True), 5)  # noqa: S603
    _draw()
    others = iter(range(1, _ROUNDS + 1))
    warm = _seconds(lambda: _draw(next(others)), _ROUNDS)
    browser = _browser()
    print(f"a tab of {len(_TYPES)} panels as PNG, best of several")
    print(f"  {'a new process':24}{cold * 1000:8.0f} ms   limit {_COLD_S * 1000:.0f} ms")
    print(f"  {'once more, other rows':24}{warm * 1000:8.0f} ms   limit {_WARM_S * 1000:.0f} ms")
    if browser is None:
        print("  peer: no Chromium is installed, so there is none")
    else:
        print(
            f"  {'Chromium, an empty page':24}{browser * 1000:8.0f} ms   {browser / cold:.1f} times"
        )
    return int(cold > _COLD_S or warm > _WARM_S)


if __name__ == "__main__":
    sys.exit(main())
