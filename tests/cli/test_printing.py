"""Tables of commands fit the terminal, and are whole in a pipe."""

from __future__ import annotations

import pytest

from llmcost_infra.tables import aligned, fitted

HEAD = ("state", "check", "next")
ROWS = [
    ("ok", "retention", ""),
    ("fail", "priced", "add the [models] to pricing/, run `pulumi up`, `llmcost reprice`"),
]


def test_a_table_that_fits_is_the_same_on_a_terminal() -> None:
    """There is nothing to fold."""
    assert (
        [*fitted(HEAD, ROWS, 200)]
        == [*aligned(HEAD, ROWS)]
        == [
            "state  check      next",
            "ok     retention",
            "fail   priced     add the [models] to pricing/, run `pulumi up`, `llmcost reprice`",
        ]
    )


def test_a_cell_that_is_too_long_goes_on_in_its_column() -> None:
    """What stands below a heading is about it."""
    assert [*fitted(HEAD, ROWS, 80)] == [
        "state  check      next",
        "ok     retention",
        "fail   priced     add the [models] to pricing/, run `pulumi up`, `llmcost",
        "                  reprice`",
    ]


def test_a_narrow_terminal_gets_no_columns() -> None:
    """The terminal breaks lines where it likes; no cell is cut, and none is empty."""
    assert [*fitted(HEAD, ROWS, 40)] == ["ok · retention", " · ".join(ROWS[1])]


@pytest.mark.parametrize("width", [40, 72, 80, 100, 500])
def test_no_word_is_lost(width: int) -> None:
    """Also not a word that is longer than a line."""
    long = "x" * 300
    text = "".join(fitted(HEAD, [*ROWS, ("unknown", "bill", long)], width))
    assert text.count("x") - text.count("x", 0, text.index("bill")) == 300
    for word in ["retention", "priced", "[models]", "pricing/,", "`llmcost"]:
        assert word in text
