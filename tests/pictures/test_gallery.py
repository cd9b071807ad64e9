"""Every panel type, drawn: what the committed pictures show is what the code draws."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree as ET

import pytest

from llmcost_infra.catalog import panels
from llmcost_infra.pictures import ThemeName, draw_panel
from tests.pictures.gallery import GALLERY, RANGE

SNAPSHOTS = Path(__file__).parent / "snapshots"
THEMES: tuple[ThemeName, ...] = ("light", "dark")
SVG = "{http://www.w3.org/2000/svg}"
# Whatever could run, load or lead somewhere.
FORBIDDEN = {"script", "image", "foreignObject", "a", "style", "use", "iframe"}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", GALLERY)
def test_a_panel_is_what_its_snapshot_shows(name: str, theme: ThemeName) -> None:
    """The same body and rows give the same text on every machine.

    `UPDATE_SNAPSHOTS=1 make test` writes the new one.
    """
    case = GALLERY[name]
    drawn = draw_panel(case.body, case.data, theme=theme, time_range=RANGE).svg
    path = SNAPSHOTS / f"{name}-{theme}.svg"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
    assert drawn == path.read_text(encoding="utf-8")


def test_no_snapshot_is_left_over() -> None:
    """Each committed picture is one of the gallery's."""
    expected = {f"{name}-{theme}.svg" for name in GALLERY for theme in THEMES}
    assert {path.name for path in SNAPSHOTS.iterdir()} == expected


def test_every_panel_type_that_can_be_declared_is_in_the_gallery() -> None:
    """A new type in the catalog needs a picture."""
    union: Any = get_args(panels.AnyPanel)[0]
    declared = {get_args(kind.model_fields["type"].annotation)[0] for kind in get_args(union)}
    assert declared <= {case.body["type"] for case in GALLERY.values()}


@pytest.mark.parametrize("name", GALLERY)
def test_a_picture_is_only_shapes_and_texts(name: str) -> None:
    """Nothing in it can run, load or lead anywhere, whatever the names in the data say."""
    case = GALLERY[name]
    root = ET.fromstring(draw_panel(case.body, case.data, time_range=RANGE).svg)  # noqa: S314 - our own
    for element in root.iter():
        assert element.tag.removeprefix(SVG) not in FORBIDDEN
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on")
            assert not attribute.endswith("href")
            assert "url(" not in value


def test_a_png_is_made_of_the_same_picture() -> None:
    """A PNG has the size of the SVG times the scale."""
    case = GALLERY["bar"]
    picture = draw_panel(case.body, case.data, width=400, height=200)
    data = picture.png(scale=2)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(data[at : at + 4]) for at in (16, 20)] == [800, 400]
