"""A review as people open it: one file, in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.browser.conftest import Visiting

PAGES = sorted((Path(__file__).parents[1] / "review" / "snapshots").glob("*.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_review_asks_nobody_for_anything(visit: Visiting, page: Path) -> None:
    """The file of each recorded change loads nothing and complains about nothing."""
    seen = visit(page)

    assert (seen.elsewhere, seen.complaints) == ([], [])
    assert seen.page.locator("h1").inner_text().startswith("What this change does")
