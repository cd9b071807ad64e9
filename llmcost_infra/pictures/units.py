"""Numbers as OpenObserve writes them: units, decimals, and what is not known."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["UNKNOWN", "Unit", "labels_of", "numeric"]

UNKNOWN: Final = "null"
"""What stands where a value is not known."""

_CURRENCIES: Final = {
    "currency-dollar": "$",
    "currency-euro": "€",
    "currency-pound": "£",
    "currency-yen": "¥",
    "currency-rupee": "₹",
}
_THOUSANDS: Final = ("", "K", "M", "B", "T", "Q")
_BYTES: Final = ("B", "KB", "MB", "GB", "TB", "PB")
_RATES: Final = ("B/s", "KB/s", "MB/s", "GB/s", "TB/s", "PB/s")
_SMALLEST_BYTES: Final = {"bytes": 0, "kilobytes": 1, "megabytes": 2}
_TIMES: Final = (
    ("ns", 1e-9),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
    ("D", 86_400.0),
)
_SECONDS: Final = {"nanoseconds": 1e-9, "microseconds": 1e-6, "milliseconds": 1e-3, "seconds": 1.0}
_DECIMALS: Final = re.compile(r"\.\d+")
_TOO_LONG: Final = 1e15
_MOST_DECIMALS: Final = 10


def numeric(value: Any) -> float | None:
    """Return a value as a number, or None where it is none: nothing becomes 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


@dataclass(frozen=True, slots=True)
class Unit:
    """How the numbers of a panel, or of a column, are written.

    Args:
        name: OpenObserve's name of the unit; an unknown one is written plainly.
        decimals: digits after the point.
        suffix: text of the unit ``custom``.
    """

    name: str = ""
    decimals: int = 2
    suffix: str = ""

    def shown(self, value: float | None) -> str:
        """Return a number as it is read, or the word for what is not known."""
        if value is None:
            return UNKNOWN
        written = self._positive(abs(float(value)))
        # What rounds to nothing has no sign.
        negative = value < 0 and any(digit in written for digit in "123456789")
        return f"-{written}" if negative else written

    def _positive(self, value: float) -> str:
        name = self.name
        written = self._fixed(value)
        if name in _CURRENCIES:
            written = _CURRENCIES[name] + self._grouped(value)
        elif name == "numbers":
            written = self._scaled(value, _THOUSANDS, 1000)
        elif name == "locale":
            written = f"{value:,.0f}" if value.is_integer() else self._grouped(value)
        elif name in _SMALLEST_BYTES:
            written = self._scaled(value, _BYTES[_SMALLEST_BYTES[name] :], 1024)
        elif name == "bps":
            written = self._scaled(value, _RATES, 1024)
        elif name in _SECONDS:
            written = self._duration(value * _SECONDS[name])
        elif name in {"percent", "percent-1"}:
            written = self._fixed(value * (1 if name == "percent" else 100)) + "%"
        elif name == "custom":
            written += self.suffix
        return written

    def _fixed(self, value: float) -> str:
        return f"{value:.{self.decimals}{'e' if value >= _TOO_LONG else 'f'}}"

    def _grouped(self, value: float) -> str:
        return f"{value:,.{self.decimals}{'e' if value >= _TOO_LONG else 'f'}}"

    def _scaled(self, value: float, steps: Sequence[str], base: int) -> str:
        last = len(steps) - 1
        for place, step in enumerate(steps):
            # Rounded first: 999,999 is 1.00M and not 1000.00K.
            if round(value, self.decimals) < base or place == last:
                return self._fixed(value) + step
            value /= base
        raise AssertionError("the last step always answers")

    def _duration(self, seconds: float) -> str:
        if not seconds:
            return self._fixed(0) + ("s" if self.name == "seconds" else "ms")
        name, step = next(
            (one for one in reversed(_TIMES) if round(seconds / one[1], self.decimals) >= 1),
            _TIMES[0],
        )
        return self._fixed(seconds / step) + name


def labels_of(values: Sequence[float], unit: Unit) -> list[str]:
    """Return the labels of an axis: as many decimals as its ticks have."""
    for decimals in range(unit.decimals, _MOST_DECIMALS + 1):
        labels = [replace(unit, decimals=decimals).shown(value) for value in values]
        finer = [replace(unit, decimals=decimals + 2).shown(value) for value in values]
        exact = [_bare(label) for label in labels] == [_bare(label) for label in finer]
        if exact and len(set(labels)) == len(set(values)):
            return labels
    return [f"{value:g}" for value in values]


def _bare(label: str) -> str:
    """Return a label without the zeros at the end of its decimals, and without their point."""
    return _DECIMALS.sub(lambda found: found[0].rstrip("0").rstrip("."), label)
