"""The axes of a chart: what stands at them, and how much room that takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmcost_infra.pictures.letters import fitted, width_of
from llmcost_infra.pictures.marks import BARS
from llmcost_infra.pictures.ticks import nice_ticks, time_label, time_ticks
from llmcost_infra.pictures.units import labels_of
from llmcost_infra.pictures.vega import Margins, Spec, looked_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.pictures.bodies import Panel
    from llmcost_infra.pictures.marks import Extent
    from llmcost_infra.pictures.series import Chart

__all__ = ["Scale", "along", "margins_of", "values"]

_SIZE: Final = 11
_TITLE: Final = 19
_TICK_WIDTH: Final = 62
"""px that a time takes, with the gap to the next."""
_LABEL_HEIGHT: Final = 14
_LONGEST: Final = 130
_LOW: Final = 110
"""px of height below which OpenObserve leaves the titles of axes out."""
_ANGLE: Final = 30
_USUAL_MARGIN: Final = 60


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis.

    Args:
        channel: its channel for Vega-Lite, without a field.
        labels: what stands at it.
        least: where the axis starts.
        most: where it ends.
        angle: degrees by which labels are turned.
        half: px from the start of the axis to its first label.
    """

    channel: Spec
    labels: Sequence[str]
    least: float = 0
    most: float = 0
    angle: int = 0
    half: float = 0

    @property
    def longest(self) -> float:
        """Width of the widest label in px."""
        return max((width_of(label, _SIZE) for label in self.labels), default=0)

    @property
    def title(self) -> float:
        """Room that the title takes in px."""
        return _TITLE if self.channel["title"] else 0


def values(panel: Panel, extents: Sequence[Sequence[Extent]], height: float) -> Scale:
    """Return the axis of a panel's values."""
    known = [value for series in extents for extent in series if extent for value in extent]
    low, high = min(known, default=0.0), max(known, default=0.0)
    # These only widen what is shown: OpenObserve never cuts a value off.
    ticks = nice_ticks(
        min(low, panel.number("y_axis_min", low)), max(high, panel.number("y_axis_max", high))
    )
    labels = labels_of(ticks, panel.unit)
    title = panel.y[0].label if len(panel.y) == 1 and height >= _LOW else ""
    channel = _continuous(panel, ticks, labels, (ticks[0], ticks[-1]), title)
    channel["axis"] |= {"domain": False, "ticks": False}
    return Scale(channel, labels, ticks[0], ticks[-1])


def along(panel: Panel, chart: Chart, width: float, height: float) -> Scale:
    """Return the axis of a panel's categories, or of time."""
    title = panel.x[0].label if height >= _LOW else ""
    if not chart.timed:
        return _categories(panel, chart, height if panel.kind.startswith("h-") else width, title)
    start, end = chart.span
    if panel.kind in BARS:
        start = min(start, chart.places[0] - chart.interval / 2)
        end = max(end, chart.places[-1] + chart.interval / 2)
    if end <= start:
        end = start + 1
    ticks = time_ticks(start, end, int((width - _USUAL_MARGIN) / _TICK_WIDTH))
    labels = [time_label(tick, within=end - start) for tick in ticks]
    return Scale(_continuous(panel, ticks, labels, (start, end), title), labels, start, end)


def _continuous(
    panel: Panel,
    ticks: Sequence[float],
    labels: Sequence[str],
    domain: tuple[float, float],
    title: str,
) -> Spec:
    axis: Spec = {
        "values": ticks,
        "labelExpr": looked_up(labels, f"indexof({list(ticks)}, datum.value)"),
        "grid": panel.config.get("show_gridlines") is not False,
        "labelOverlap": "greedy",
        "labelFlush": False,
    }
    return {
        "type": "quantitative",
        "scale": {"domain": list(domain), "nice": False, "zero": False},
        "axis": axis,
        "title": title or None,
    }


def _categories(panel: Panel, chart: Chart, length: float, title: str) -> Scale:
    count = len(chart.places)
    band = max(1.0, (length - _USUAL_MARGIN) / count)
    flat = panel.kind.startswith("h-")
    limit = panel.number("axis_label_truncate_width", 0) or _LONGEST
    limit = max(20.0, min(limit, length * (1 if flat else 0.4)))
    angle = 0 if flat else int(panel.number("axis_label_rotate", 0))
    if not (flat or angle) and any(width_of(name, _SIZE) > band - 4 for name in chart.places):
        angle = _ANGLE
    # Turned labels lie over each other unless there is a line's height between them.
    apart = _LABEL_HEIGHT / (math.sin(math.radians(abs(angle))) or 1)
    every = math.ceil(apart / band) if flat or angle else 1
    turned: Spec = {"labelAngle": -angle, "labelAlign": "right" if angle > 0 else "left"}
    names = [fitted(name, limit, _SIZE) for name in chart.places]
    axis: Spec = {
        "values": list(range(0, count, every)),
        "labelExpr": looked_up(names, "datum.value"),
        "labelOverlap": False,
        "ticks": False,
        **(turned if angle else {"labelAngle": 0}),
    }
    channel: Spec = {
        "type": "ordinal",
        "scale": {"domain": list(range(count)), "paddingInner": 0.3, "paddingOuter": 0.15},
        "axis": axis,
        "title": title or None,
    }
    return Scale(channel, names, angle=angle, half=0.35 * band)


def margins_of(across: Scale, upward: Scale) -> Margins:
    """Return the room that labels and titles take around a chart.

    Args:
        across: the axis below.
        upward: the axis on the left.
    """
    turned = math.radians(abs(across.angle))
    down = math.sin(turned) * across.longest + math.cos(turned) * _SIZE
    # A turned label reaches to the left of the first category, or to the right of the last.
    beside = math.cos(turned) * across.longest - across.half if across.angle else 0
    half = across.longest / 2 if "values" in across.channel["axis"] and not across.angle else 0
    left = max(upward.longest + upward.title + 8, beside if across.angle > 0 else 0)
    right = max(10.0, min(half, 40.0) + 2, beside if across.angle < 0 else 0)
    return Margins(left=left, right=right, top=12, bottom=down + across.title + 10)
