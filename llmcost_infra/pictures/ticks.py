"""Where an axis has its ticks, and what stands at them when it is time."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final

__all__ = ["nice_ticks", "time_label", "time_ticks"]

_DAY: Final = 86_400
_STEPS: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3_600 * hours for hours in (1, 2, 3, 6, 12)),
    *(_DAY * days for days in (1, 2, 4, 7, 14, 28, 91, 182, 364)),
)
_PARTS: Final = 5
_SAME: Final = 1e-9
"""Share of a number below which a difference gives no ticks that could be told apart."""
_NOTHING: Final = 1e-200
_FEWEST: Final = 2


def nice_ticks(low: float, high: float) -> list[float]:
    """Return about six round numbers that reach from at most `low` to at least `high`."""
    if high - low <= _SAME * max(abs(low), abs(high)):
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < _NOTHING:
        high = low + 1
    step = _nice_step((high - low) / _PARTS)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    # Rounded, so that three steps of 0.1 are 0.3 and not 0.30000000000000004.
    digits = max(0, 2 - math.floor(math.log10(step)))
    return [round(place * step, digits) for place in range(first, last + 1)]


def _nice_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(
        factor * power for factor in (1, 2, 3, 5, 10, 20) if factor * power >= least * 0.999
    )


def time_ticks(start: float, end: float, most: int) -> list[float]:
    """Return at most about `most` round times (UTC) in a range, all in seconds since 1970."""
    least = (end - start) / max(most, _FEWEST)
    step = next((step for step in _STEPS if step >= least), _STEPS[-1])
    step *= max(1, math.ceil(least / step))
    first = math.ceil(start / step)
    return [place * float(step) for place in range(first, math.floor(end / step) + 1)]


def time_label(seconds: float, *, within: float) -> str:
    """Return what stands at a tick.

    Args:
        seconds: since 1970; shown in UTC.
        within: seconds that the axis covers.
    """
    moment = datetime.fromtimestamp(seconds, UTC)
    if within > 360 * _DAY:
        return f"{moment:%Y-%m-%d}"
    if moment.hour == moment.minute == moment.second == 0:
        return f"{moment:%m-%d}"
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
