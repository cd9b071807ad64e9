"""A report shows by class how many of the billed tokens are ours, and what one costs by both."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from llmcost_infra.reconcile.coverage import Coverage, coverage_of
from llmcost_infra.reconcile.report import as_json, as_markdown
from tests.reconcile import deviations
from tests.reconcile.test_reports import compared
from tests.reconcile.worlds import DAYS, MODELS, PRICES, World, ordinary


def by_class(world: World, model: str = "gpt-4o") -> dict[str, Coverage]:
    """Return the coverage of one model."""
    found = coverage_of(cell for cell in world.cells() if cell.day in DAYS)
    return {one.token_class: one for one in found if one.model.endswith(f"/{model}")}


def test_where_both_sides_agree_all_is_covered_at_the_tables_rates() -> None:
    """In every class of every model."""
    for model in MODELS["openai"]:
        for name, one in by_class(ordinary(), model).items():
            assert one.share == 1
            assert one.billed_rate == one.table_rate == Decimal(PRICES[model, "standard"][name])


def test_what_lacks_is_the_share_that_is_not_covered() -> None:
    """And what came twice is above all."""
    world = ordinary()
    lost = Counter[str]()
    for call in world.take(17):
        call.seen = 0
        lost += Counter(call.tokens)
    for name, one in by_class(world).items():
        assert one.billed - one.ours == lost[name]
    for call in world.take(40):
        call.seen = 2
    assert all(one.share and one.share > 1 for one in by_class(world).values())


def test_a_cache_that_is_not_told_is_input_on_our_side() -> None:
    """The whole of it: as much more input as there is less read from caches."""
    world = ordinary()
    deviations.cache_not_told(world)
    found = by_class(world)
    more, less = found["input"], found["cache_read"]
    assert more.ours - more.billed == less.billed - less.ours > 0
    assert found["output"].share == 1


def test_a_contract_shows_in_the_billed_rate_alone() -> None:
    """Coverage is whole, so telemetry is not to blame."""
    world = ordinary()
    deviations.negotiated(world)
    for one in by_class(world).values():
        assert one.share == 1
        assert one.table_rate is not None
        assert one.billed_rate == one.table_rate * Decimal("0.88")


def test_a_rate_that_the_table_lacks_is_unknown_and_not_zero() -> None:
    """The billed one is there all the same."""
    world = ordinary()
    deviations.unheard_of_model(world)
    found = [one for one in coverage_of(world.cells()) if "unheard" in one.model]
    assert found
    assert {one.table_rate for one in found} == {None}
    assert all(one.billed_rate for one in found)


def test_sides_that_tell_no_classes_are_not_compared_by_them() -> None:
    """Amounts alone, and totals of old months."""
    cells = ordinary().cells()
    for cell in cells:
        cell.own = [replace(one, split=False) for one in cell.own]
    assert coverage_of(cells) == []
    bill_alone = ordinary().cells()
    for cell in bill_alone:
        cell.used.of.clear()
    assert coverage_of(bill_alone) == []


def test_reports_show_it() -> None:
    """As a table, and as numbers."""
    world = ordinary()
    deviations.missing_traffic(world)
    found = compared(world)
    assert "## Coverage and rates" in as_markdown(found)
    told = as_json(found)["coverage"]
    output = next(one for one in told if (one["model"], one["token_class"]) ==
                  ("openai/gpt-4o", "output"))  # fmt: skip
    assert output["coverage"] == pytest.approx(
        output["ours_tokens"] / output["billed_tokens"], 1e-5
    )
    assert Decimal(output["billed_usd_per_mtok"]) == Decimal(output["table_usd_per_mtok"]) == 10
    assert "| output | " in as_markdown(found)


def test_scripts_get_it_by_day() -> None:
    """Days add up to the month, in dollars and in tokens."""
    world = ordinary()
    deviations.missing_traffic(world)
    found = compared(world)
    told = as_json(found)
    days = told["by_day"]
    assert sum(Decimal(one["ours_usd"]) for one in days) == found.ours
    assert sum(Decimal(one["billed_usd"]) for one in days) == found.billed
    for month in told["coverage"]:
        alike = [one for one in days if one["model"] == month["model"]]
        of_class = [one["coverage"][month["token_class"]] for one in alike]
        assert len(of_class) == len(DAYS)
        assert sum(one["ours_tokens"] for one in of_class) == month["ours_tokens"]
    [_, second, third, _] = [one["coverage"]["output"]["coverage"] for one in days
                             if one["model"] == "openai/gpt-4o"]  # fmt: skip
    assert (second < 1, third) == (True, 1)
