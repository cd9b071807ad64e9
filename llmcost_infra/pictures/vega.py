"""Vega-Lite, which draws everything that has axes or slices, through vl-convert."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.errors import PictureError
from llmcost_infra.pictures.themes import FONT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llmcost_infra.pictures.themes import Theme

__all__ = ["Margins", "Spec", "drawn", "looked_up", "png_of"]

Spec = dict[str, Any]

VERSION: Final = "v6.1"
"""Of Vega-Lite; vl-convert ships several, and another one would draw other bytes."""


@dataclass(frozen=True, slots=True)
class Margins:
    """Room around a chart for what stands at its axes, in px."""

    left: float = 0
    right: float = 0
    top: float = 0
    bottom: float = 0


def drawn(
    spec: Spec, width: float, height: float, theme: Theme, margins: Margins | None = None
) -> str:
    """Return a chart as SVG elements that fill a box.

    Args:
        spec: layers and encodings, without size and config.
        width: px of the box, margins included.
        height: px of the box.
        theme: its colours.
        margins: of the axes; Vega could find them out, in twice the time.

    Raises:
        PictureError: vl-convert is not installed, or refuses the chart.
    """
    around = margins or Margins()
    whole = {
        **spec,
        "width": max(1, round(width - around.left - around.right)),
        "height": max(1, round(height - around.top - around.bottom)),
        "autosize": "none",
        "padding": {side: round(room) for side, room in asdict(around).items()},
        "background": None,
        "config": _config(theme),
    }
    return _elements(_vl_convert().vegalite_to_svg, json.dumps(whole))


@lru_cache(maxsize=128)
def _elements(draw: Callable[..., str], spec: str) -> str:
    """Return the elements of a chart; a tab before and after a change has most charts twice.

    Args:
        draw: vl-convert's.
        spec: JSON.
    """
    # As an object: vl-convert reads the last digit of a number otherwise than Python.
    whole = json.loads(spec)
    try:
        picture = draw(whole, vl_version=VERSION, allowed_base_urls=[])
    except ValueError as error:
        raise PictureError(f"Vega-Lite refuses a chart: {error}") from error
    inside = picture[picture.index(">") + 1 : picture.rindex("</svg>")]
    return inside.replace("</g>", "</g>\n").strip()


def png_of(svg: str, scale: float) -> bytes:
    """Return an SVG file as a PNG file.

    Args:
        svg: the whole file.
        scale: pixels of the PNG for a px of the SVG.

    Raises:
        PictureError: vl-convert is not installed.
    """
    return bytes(_vl_convert().svg_to_png(svg, scale=scale))


def _vl_convert() -> Any:
    try:
        import vl_convert  # noqa: PLC0415 - optional, and told about where it is missing
    except ModuleNotFoundError as error:
        raise PictureError(
            "Pictures need vl-convert, which is not installed.",
            hint="Run: pip install 'llmcost-infra[review]'",
        ) from error
    return vl_convert


def looked_up(texts: Sequence[str], index: str) -> str:
    """Return the Vega expression that finds a text by its number.

    The texts come from data: as JSON strings they stay texts, whatever they say.
    """
    return f"{json.dumps(list(texts))}[{index}]"


def _config(theme: Theme) -> Spec:
    return {
        "font": FONT,
        "aria": False,
        "view": {"stroke": None},
        "axis": {
            "labelColor": theme.soft,
            "labelFontSize": 11,
            # Long ones are cut before: Vega measures them in whatever fonts a machine has.
            "labelLimit": 0,
            "titleColor": theme.soft,
            "titleFontSize": 11,
            "titlePadding": 6,
            "gridColor": theme.grid,
            "domainColor": theme.grid,
            "tickColor": theme.grid,
            "labelPadding": 5,
        },
        "mark": {"invalid": "break-paths-show-domains"},
        "text": {"fontSize": 11, "color": theme.ink},
    }
