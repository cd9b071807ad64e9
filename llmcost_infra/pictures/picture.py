"""A picture: an SVG file, and the PNG file that is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from llmcost_infra.pictures.vega import png_of

__all__ = ["Picture"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn panel, tab or chart.

    Args:
        svg: a whole SVG file: the same text for the same bodies and rows, on every machine.
        width: px.
        height: px.
    """

    svg: str
    width: float
    height: float

    @property
    def inside(self) -> str:
        """Its elements, without the file around them, to be put into another picture."""
        return self.svg[self.svg.index(">") + 1 : self.svg.rindex("</svg>")].strip()

    def png(self, scale: float = 1) -> bytes:
        """Return it as a PNG file.

        Args:
            scale: pixels for a px.

        Raises:
            PictureError: vl-convert is not installed.
        """
        return png_of(self.svg, scale)
