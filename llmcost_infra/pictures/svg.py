"""The few SVG elements that panels are composed of, with every text escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal
from xml.sax.saxutils import escape, quoteattr

from llmcost_infra.pictures.letters import plain
from llmcost_infra.pictures.themes import FONT

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["document", "element", "moved", "number", "rect", "text"]

Anchor = Literal["start", "middle", "end"]
_XMLNS: Final = "http://www.w3.org/2000/svg"


def number(value: float) -> str:
    """Return a coordinate with at most two decimals."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def element(name: str, *inside: str, **attributes: float | str | None) -> str:
    """Return an element; an underscore in an attribute's name stands for a hyphen."""
    written = "".join(
        f" {key.replace('_', '-')}={quoteattr(value if isinstance(value, str) else number(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{''.join(inside)}</{name}>\n" if inside else f"<{name}{written}/>\n"


def text(  # noqa: PLR0913 - what a text is
    content: str,
    x: float,
    y: float,
    *,
    size: float,
    fill: str,
    anchor: Anchor = "start",
    bold: bool = False,
    italic: bool = False,
) -> str:
    """Return a text whose baseline is at `y`."""
    return element(
        "text",
        escape(plain(content)),
        x=x,
        y=y,
        font_size=size,
        fill=fill,
        text_anchor=None if anchor == "start" else anchor,
        font_weight="bold" if bold else None,
        font_style="italic" if italic else None,
    )


def rect(x: float, y: float, width: float, height: float, **attributes: float | str | None) -> str:
    """Return a rectangle."""
    return element("rect", x=x, y=y, width=width, height=height, **attributes)


def moved(parts: Iterable[str], x: float, y: float) -> str:
    """Return parts with their origin at another place."""
    return element("g", *parts, transform=f"translate({number(x)} {number(y)})")


def document(parts: Iterable[str], width: float, height: float, label: str) -> str:
    """Return a whole SVG file.

    Args:
        parts: what is in it.
        width: px.
        height: px.
        label: what a screen reader says.
    """
    size = f"0 0 {number(width)} {number(height)}"
    return (
        f'<svg xmlns="{_XMLNS}" width="{number(width)}" height="{number(height)}" '
        f'viewBox="{size}" role="img" aria-label={quoteattr(plain(label))} '
        f'font-family="{FONT}">\n{"".join(parts)}</svg>\n'
    )
