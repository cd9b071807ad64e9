"""A review as people open it: one file, in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.review.as_html import html
from llmcost_infra.review.previews import Preview
from llmcost_infra.review.report import Report
from tests.review.test_shots import PANEL, drawn, program

if TYPE_CHECKING:
    from tests.browser.conftest import Visiting

PAGES = sorted((Path(__file__).parents[1] / "review" / "snapshots").glob("*.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_review_asks_nobody_for_anything(visit: Visiting, page: Path) -> None:
    """The file of each recorded change loads nothing and complains about nothing."""
    seen = visit(page)

    assert (seen.elsewhere, seen.complaints) == ([], [])
    assert seen.page.locator("h1").inner_text().startswith("What this change does")


def test_its_pictures_are_in_the_file_and_can_be_seen(visit: Visiting, tmp_path: Path) -> None:
    """Before and after, light and dark, without a request; an address is a link and no more."""
    pictures, _ = drawn(program(cost=PANEL), program(cost={**PANEL, "type": "h-bar"}))
    address = "https://observe.example.com/web/dashboards/view?folder=a&dashboard=1"
    report = Report(
        "main", "branch", ("dev",), pictures=pictures, previews=(Preview("LLM Cost", address),)
    )
    path = tmp_path / "review.html"
    path.write_text(html(report), encoding="utf-8")

    seen = visit(path)

    assert (seen.elsewhere, seen.complaints) == ([], [])
    for scheme in ("light", "dark"):
        seen.page.emulate_media(color_scheme=scheme)
        seen.page.wait_for_function("[...document.images].every(one => one.complete)")
        widths: list[int] = seen.page.evaluate("[...document.images].map(one => one.naturalWidth)")
        assert len(widths) == 2 * len(pictures)
        assert min(widths) > 100
    assert seen.page.locator("a").get_attribute("href") == address
    assert (seen.elsewhere, seen.complaints) == ([], [])
