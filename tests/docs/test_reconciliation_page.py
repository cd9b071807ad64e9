"""The worked month of the page about reconciliation is what the command finds today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reconciliation_page import PAGE, PICTURE, page
from worked_month import COMMAND, Month, compared, search_service

from llmcost_infra.errors import ExitCode
from llmcost_infra.reconcile.pages import as_svg

if TYPE_CHECKING:
    from llmcost_infra.reconcile.comparison import Comparison


@pytest.fixture(scope="module")
def month() -> Month:
    """The seeded month."""
    return search_service()


@pytest.fixture(scope="module")
def found(month: Month) -> Comparison:
    """What is found of it: spans through the pipeline, the bill from the stand-in."""
    return compared(month)


def test_page_and_picture_are_current(found: Comparison) -> None:
    """`make docs` writes both anew."""
    before = PAGE.read_text(encoding="utf-8")
    assert page(found, before) == before, "run `make docs`"
    assert PICTURE.read_text(encoding="utf-8") == as_svg(found), "run `make docs`"


def test_the_month_is_explained_by_what_was_done_to_it(month: Month, found: Comparison) -> None:
    """Every cause to the cent, though all of them are in one bill."""
    told = {one.cause: round(one.usd, 2) for one in found.causes}
    assert told == {cause: round(usd, 2) for cause, usd in month.truth.items()}
    assert found.exit_code is ExitCode.FINDINGS


def test_the_command_that_the_page_shows_asks_for_this_month(found: Comparison) -> None:
    """Provider and month are those of the comparison."""
    words = COMMAND.split()
    assert (words[2], words[words.index("--month") + 1]) == (found.provider, found.month)
