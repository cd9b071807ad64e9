"""Which findings show the same change as a setting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmcost_infra.review.causes import setting_changes
from llmcost_infra.review.changes import Change
from llmcost_infra.review.finding import Finding, Subject
from llmcost_infra.review.leaves import Leaf
from llmcost_infra.review.sides import Side


def side(name: str, daily_usd: str) -> Side:
    """Return one end of a change of the daily budget."""
    settings: dict[str, Any] = {"budget": {"daily_usd": daily_usd}}
    return Side(name, Path(), {}, {}, {"prod": {"llmcost:settings": json.dumps(settings)}})


def moved(daily_usd: tuple[str, str], number: tuple[str, str]) -> bool:
    """Tell whether a number in a statement is taken for moved by the daily budget."""
    old, new = (f"SELECT cost WHERE hour > {one}" for one in number)
    leaf = Leaf(("query_condition", "sql"), old, new)
    subject = Subject("burn", (("alert", "burn rate"),))
    change = Change(Finding(subject, "sql", "changed", (leaf,)), ("prod",))
    [told] = setting_changes(side("base", daily_usd[0]), side("head", daily_usd[1]), [change])
    return told.moves == (change,)


@pytest.mark.parametrize(
    ("daily_usd", "number"),
    [
        (("1.50", "25"), ("1.50", "25")),
        (("240", "480"), ("10", "20")),
        (("1.50", "25"), ("0.0625", "1.0417")),
        (("500", "400"), ("20.83", "16.67")),
        (("7", "9"), ("0.29", "0.38")),
    ],
)
def test_a_part_of_a_setting_moves_with_it_as_it_was_rounded(
    daily_usd: tuple[str, str], number: tuple[str, str]
) -> None:
    """An hour's share of a day is no whole number of cents."""
    assert moved(daily_usd, number)


@pytest.mark.parametrize(
    ("daily_usd", "number"),
    [
        (("1.50", "25"), ("1", "17")),
        (("500", "400"), ("20.83", "16.60")),
        (("240", "480"), ("10", "21")),
        (("240", "480"), ("20", "10")),
    ],
)
def test_another_proportion_is_another_change(
    daily_usd: tuple[str, str], number: tuple[str, str]
) -> None:
    """Whole numbers are not rounded, and digits leave no more room than half of the last one."""
    assert not moved(daily_usd, number)
