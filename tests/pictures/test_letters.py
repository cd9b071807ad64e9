"""Widths of texts, and what becomes of texts that XML or a reader cannot take."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.pictures.letters import fitted, plain, width_of, wrapped
from llmcost_infra.pictures.svg import document, number, text
from llmcost_infra.pictures.themes import FONT


@pytest.mark.parametrize("bold", [False, True])
def test_widths_are_those_of_the_font(bold: bool) -> None:
    """Vega's own measure of a text, in the font that pictures use, is ours."""
    written = "Total LLM Cost ($): gpt-4o-2024-08-06, 293.28K @ 12%"
    mark = {
        "type": "text",
        "encode": {
            "enter": {
                "text": {"value": written},
                "font": {"value": FONT},
                "fontSize": {"value": 100},
                "fontWeight": {"value": "bold" if bold else "normal"},
            }
        },
    }
    spec = {"$schema": "https://vega.github.io/schema/vega/v6.json", "marks": [mark]}
    graph = vl_convert.vega_to_scenegraph(spec)
    measured = re.search(r"'x2': ([\d.]+)", str(graph)) or re.search(
        r"'width': ([\d.]+)", str(graph)
    )
    assert measured is not None
    assert width_of(written, 100, bold=bold) == pytest.approx(float(measured[1]), rel=0.01)


@given(st.text(), st.floats(min_value=20, max_value=400))
def test_a_fitted_text_fits(content: str, width: float) -> None:
    """Either the whole text, or a start of it that ends in an ellipsis."""
    shown = fitted(content, width, 12)
    assert shown == content or (shown.endswith("…") and content.startswith(shown[:-1]))
    assert width_of(shown, 12) <= width + 1e-6


@given(st.text(alphabet="ab WÄ模", max_size=200))
def test_wrapping_loses_no_word(content: str) -> None:
    """Lines fit, and together they hold the words in order."""
    lines = wrapped(content, 300, 12)
    assert all(width_of(line, 12) <= 300 for line in lines)
    if "…" not in "".join(lines):
        assert " ".join(lines).split() == content.split()


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=())))
def test_any_text_gives_a_file_that_can_be_read(content: str) -> None:
    """Controls, surrogates and markup in a name never break the picture, nor leave their text."""
    written = document([text(content, 0, 0, size=12, fill="#000")], 10, 10, content)
    root = ET.fromstring(written.encode())  # noqa: S314 - our own
    (element,) = root
    assert (element.text or "") == plain(content)


def test_a_name_cannot_turn_the_direction_of_what_follows() -> None:
    """Overrides of the writing direction would let one name pass for another."""
    assert plain("a\u202eb\u2066c") == "a�b�c"


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (-0.001, "0"), (100, "100"), (1.5, "1.5"), (2.345, "2.35"), (-3.1, "-3.1")],
)
def test_coordinates_are_short(value: float, written: str) -> None:
    """Two decimals are finer than a screen."""
    assert number(value) == written
