"""One panel of each type that can be drawn, with the rows that it is drawn from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from llmcost_infra.pictures import PanelData, TimeRange

__all__ = ["GALLERY", "RANGE", "Case", "hours", "panel"]

END: Final = datetime(2026, 11, 23, 21, tzinfo=UTC)
RANGE: Final = TimeRange(END - timedelta(hours=6), END)

Config = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A panel and its rows."""

    body: dict[str, Any]
    data: PanelData


def panel(kind: str, title: str = "Cost", **parts: Any) -> dict[str, Any]:
    """A panel's body; `x`, `y`, `z` and `breakdown` are names of columns, `content` a text."""
    axes = {
        axis: [
            {"alias": name, "label": name, "type": "custom"} for name in parts.pop(axis, "").split()
        ]
        for axis in ("x", "y", "z", "breakdown")
    }
    limits = parts.pop("limits", {})
    content = parts.pop("content", "")
    return {
        "id": "panel",
        "type": kind,
        "title": title,
        "layout": {"x": 0, "y": 0, "w": 80, "h": 15, "i": 1},
        "markdownContent": content,
        "config": {"show_legends": True, **parts},
        "queries": [{"query": "SELECT 1", "fields": axes, "config": limits}],
    }


def hours(count: int = 5) -> list[str]:
    """Starts of hours as ``histogram()`` answers them."""
    first = datetime(2026, 11, 23, 16)  # noqa: DTZ001 - the server writes them without a zone
    return [(first + timedelta(hours=hour)).isoformat() for hour in range(count)]


def wave(number: int, scale: float = 1.0) -> float:
    """A value that looks like traffic."""
    return round(scale * (1.2 + math.sin(number * 1.1)), 4)


_BY_HOUR: Final[list[Config]] = [
    {"ts": hour, "input": wave(number, 0.4), "output": wave(number + 1, 0.3)}
    for number, hour in enumerate(hours())
]
_BY_TOOL: Final[list[Config]] = [
    {"ts": hour, "tool": tool, "runs": round(wave(number + at, 20))}
    for number, hour in enumerate(hours())
    for at, tool in enumerate(("search", "calculator", "sql"))
]
_BY_MODEL: Final[list[Config]] = [
    {"model": "gpt-4o-2024-08-06", "input": 893_211, "output": 151_020, "cost": 3.6712},
    {"model": "o3-mini", "input": 838_004, "output": 130_880, "cost": 0.5821},
    {"model": "gpt-4o-mini", "input": 150_300, "output": 21_400, "cost": 0.2035},
]
_MONEY: Final[Config] = {"unit": "currency-dollar", "decimals": 4}
_COUNT: Final[Config] = {"unit": "locale", "decimals": 0}
_TABLE: Final[list[Config]] = [
    {"tool": "search", "runs": 1_118, "errors": 10, "error_pct": 0.8945, "p95_ms": 376.17},
    {"tool": "calculator", "runs": 88, "errors": 0, "error_pct": 0.0, "p95_ms": 1_394.19},
    {"tool": None, "runs": 78, "errors": 3, "error_pct": 3.8462, "p95_ms": None},
]
_UNITS: Final = {
    "error_pct": "percent",
    "p95_ms": "milliseconds",
    "runs": "locale",
    "errors": "locale",
}
_OVERRIDES: Final = [
    {
        "field": {"matchBy": "name", "value": name},
        "config": [{"type": "unit", "value": {"unit": unit}}],
    }
    for name, unit in _UNITS.items()
]
_BUDGET: Final = [
    {"name": "Budget", "type": "yAxis", "value": "0.5"},
    {"name": "Month", "type": "yAxis", "value": "40"},
]
_NOTE: Final = """# What this shows

Cost of **LLM calls** as [priced](https://example.com) by the pipeline:

- calls without a known price are in no sum
- a span that was sent twice counts once, however often an exporter repeats it

Ask *the platform team*.
"""


def _hourly(kind: str, title: str, **parts: Any) -> Case:
    return Case(panel(kind, title, x="ts", **parts), PanelData(_BY_HOUR, interval=3_600))


def _by_tool(kind: str, title: str, **parts: Any) -> Case:
    body = panel(kind, title, x="ts", y="runs", breakdown="tool", **parts, **_COUNT)
    return Case(body, PanelData(_BY_TOOL, interval=3_600))


def _by_model(kind: str, title: str, **parts: Any) -> Case:
    return Case(panel(kind, title, x="model", **parts), PanelData(_BY_MODEL))


GALLERY: Final[dict[str, Case]] = {
    "metric": Case(
        panel("metric", "Total input tokens", y="tokens", unit="numbers"),
        PanelData([{"tokens": 1_893_211}]),
    ),
    "gauge": Case(
        panel("gauge", "Share of the budget", x="team", y="share", unit="percent", decimals=1),
        PanelData([{"team": "search", "share": 61.25}, {"team": "support", "share": None}]),
    ),
    "bar": _hourly("bar", "Cost over time ($)", y="input", mark_line=_BUDGET, **_MONEY),
    "bar-grouped": _hourly("bar", "Input and output cost ($)", y="input output", **_MONEY),
    "bar-categories": _by_model("bar", "Tokens by model", y="input output", unit="numbers"),
    "bar-breakdown": _by_tool("bar", "Runs by tool, side by side"),
    "bar-labels": _by_tool("stacked", "Tool runs, written on", label_option={"position": "inside"}),
    "many-categories": Case(
        panel("bar", "Cost by user", x="user", y="cost", **_MONEY),
        PanelData([{"user": f"user-{user:03}", "cost": wave(user)} for user in range(100)]),
    ),
    "h-bar": _by_model("h-bar", "Cost by model ($)", y="cost", **_MONEY),
    "stacked": _by_tool("stacked", "Tool runs"),
    "h-stacked": Case(
        panel("h-stacked", "Runs by team", x="team", y="runs", breakdown="tool", **_COUNT),
        PanelData(
            [
                {"team": team, "tool": tool, "runs": round(wave(at + number, 9))}
                for at, team in enumerate(("search", "support"))
                for number, tool in enumerate(("sql", "calculator"))
            ]
        ),
    ),
    "line": _hourly("line", "Tokens over time", y="input output", unit="numbers"),
    "area": _hourly("area", "Cost over time ($)", y="input", **_MONEY),
    "area-stacked": _by_tool("area-stacked", "Tool runs, added up"),
    "scatter": _hourly("scatter", "Cost of hours ($)", y="input output", **_MONEY),
    "pie": _by_model("pie", "Cost by model", y="cost", legends_position="right", **_MONEY),
    "donut": _by_model("donut", "Cost by model", y="cost", **_MONEY),
    "heatmap": Case(
        panel("heatmap", "Runs by hour and tool", x="ts", y="tool", z="runs", **_COUNT),
        PanelData([*_BY_TOOL[:-1], _BY_TOOL[-1] | {"runs": None}]),
    ),
    "table": Case(
        panel(
            "table", "Tools", x="tool", y="runs errors error_pct p95_ms", override_config=_OVERRIDES
        ),
        PanelData(_TABLE),
    ),
    "table-pivot": Case(
        panel("table", "Runs by hour", x="ts", y="runs", breakdown="tool", **_COUNT),
        PanelData(_BY_TOOL),
    ),
    "markdown": Case(panel("markdown", "About", content=_NOTE), PanelData()),
    "no-data": replace(_by_tool("line", "Nothing yet"), data=PanelData()),
    "refused": replace(
        _hourly("line", "Refused", y="input"),
        data=PanelData(
            refusal="Search field not found: llmcost_cost_usd; declare the column first"
        ),
    ),
    "gap": Case(
        panel("line", "A value that is not known", x="ts", y="input", **_MONEY),
        PanelData([*_BY_HOUR[:2], {**_BY_HOUR[2], "input": None}, *_BY_HOUR[3:]], interval=3_600),
    ),
    "unknown-category": Case(
        panel("bar", "A model without a price", x="model", y="cost", **_MONEY),
        PanelData([*_BY_MODEL[:2], {"model": "house-model", "cost": None}]),
    ),
    "negative": Case(
        panel("bar", "Adjustments ($)", x="ts", y="input output", unit="currency-dollar"),
        PanelData(
            [
                {"ts": hour, "input": wave(at) * 1e9, "output": -wave(at) * 4e8}
                for at, hour in enumerate(hours())
            ],
            interval=3_600,
        ),
    ),
    "many-series": Case(
        panel("line", "Cost by user", x="ts", y="cost", breakdown="user", **_MONEY),
        PanelData(
            [
                {"ts": hour, "user": f"user-{user:03}", "cost": wave(user + at, user + 1)}
                for at, hour in enumerate(hours(3))
                for user in range(12)
            ],
            interval=3_600,
        ),
    ),
    "hostile-names": Case(
        panel(
            "bar",
            '<script>alert(1)</script> & "quotes" & a title that is a good deal longer than it',
            x="model",
            y="cost",
            **_MONEY,
        ),
        PanelData(
            [
                {"model": "<script>alert(1)</script>", "cost": 1},
                {"model": "</text><image href='http://elsewhere/'/>", "cost": 2},
                {"model": "模型\u202e\x00 naïve 🚀 " + "long " * 20, "cost": 3},
                {"model": '"]+alert(1)+["', "cost": 2},
                {"model": "", "cost": 1},
            ]
        ),
    ),
}
"""By the name of its snapshot."""
