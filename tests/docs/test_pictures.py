"""The pictures of README and docs are what the code draws."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pictures_of_docs import FOLDER, pictures

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    """Each file's SVG, drawn anew from declarations, pipeline and sample calls."""
    return dict(pictures())


def test_the_committed_pictures_are_what_the_code_draws(drawn: dict[str, str]) -> None:
    """A change of a panel, a price or a chart is a change of the picture; `make docs` draws it."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.svg")}
    changed = [name for name, svg in drawn.items() if committed.get(name) != svg]
    assert changed == [], "run `make docs`"


def test_no_panel_of_a_picture_is_empty_or_refused(drawn: dict[str, str]) -> None:
    """People see every chart filled."""
    for svg in drawn.values():
        assert "No data" not in svg
        assert "refused" not in svg
        assert "Not drawn" not in svg


def test_every_picture_is_shown_and_described() -> None:
    """No file lies about, and each picture says what it shows to who cannot see it."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    shown = set(re.findall(r"images/([\w/-]+\.\w+)", text))
    assert shown == {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.*")}
    assert not re.search(r"!\[\]\(|<img (?!alt=\"\w)", text)
