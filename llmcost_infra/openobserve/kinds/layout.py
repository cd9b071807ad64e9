"""The grid on which panels are placed: 192 columns wide, and gravity pulls panels up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["COLUMNS", "HEIGHT", "WIDTH", "Box", "floating", "flow", "overlapping"]

COLUMNS = 192
"""Width of the grid."""
WIDTH, HEIGHT = 96, 18
"""Columns and rows of a panel that says nothing else; the UI's own fallback."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a panel is.

    Args:
        x: first column.
        y: first row.
        width: columns.
        height: rows of 17 px.
    """

    x: int
    y: int
    width: int
    height: int

    def overlaps(self, other: Box) -> bool:
        """Return whether the two share a cell."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


def flow(sizes: Iterable[tuple[int, int]]) -> list[Box]:
    """Return places from left to right, each as far up as what is above it allows.

    A panel that does not fit into the rest of a row starts the next one. This is where the UI
    would put it by itself, so that it has no reason to move and save anything.

    Args:
        sizes: width and height of each panel.
    """
    skyline = [0] * COLUMNS
    x, boxes = 0, list[Box]()
    for width, height in sizes:
        if x + width > COLUMNS:
            x = 0
        under = slice(x, x + width)
        y = max(skyline[under], default=0)
        boxes.append(Box(x, y, width, height))
        skyline[under] = [y + height] * len(skyline[under])
        x += width
    return boxes


def overlapping(boxes: Mapping[str, Box]) -> list[tuple[str, str]]:
    """Return pairs of panels that share a cell."""
    names: Sequence[str] = sorted(boxes)
    return [
        (one, other)
        for index, one in enumerate(names)
        for other in names[index + 1 :]
        if boxes[one].overlaps(boxes[other])
    ]


def floating(boxes: Mapping[str, Box]) -> list[str]:
    """Return panels with nothing right above them: the UI would move them up and save that."""
    return sorted(
        name
        for name, box in boxes.items()
        if box.y > 0
        and not any(
            Box(box.x, box.y - 1, box.width, box.height).overlaps(boxes[other])
            for other in boxes
            if other != name
        )
    )
