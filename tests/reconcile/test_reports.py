"""A comparison reads the same on a terminal, in Markdown, on a page and as a picture."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from llmcost_infra.errors import ExitCode
from llmcost_infra.reconcile.causes import NEXT_STEPS, Cause
from llmcost_infra.reconcile.comparison import Comparison, Period, compare
from llmcost_infra.reconcile.days import WrongMonth, month_of, previous_month, settled_days
from llmcost_infra.reconcile.pages import as_html, as_svg
from llmcost_infra.reconcile.records import Bill, Charge, Part
from llmcost_infra.reconcile.report import as_csv, as_json, as_markdown, headline, sections
from llmcost_infra.reconcile.scopes import ScopeMap
from llmcost_infra.settings import Settings
from llmcost_infra.utc import Month
from tests.reconcile import deviations
from tests.reconcile.worlds import DAYS, World, ordinary, table

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = Settings(environment="prod")


def compared(world: World, settings: Settings = SETTINGS) -> Comparison:
    """Compare both sides of a world."""
    bill = Bill("openai", "made up", (*world.charges(), *world.items), tuple(world.usage()))
    scopes = ScopeMap.of(settings, "openai", None, ())
    return compare(Period("2026-10", DAYS), bill, world.own(), scopes, table())


@pytest.fixture(scope="module")
def found() -> Comparison:
    """A month in which calls lack, two causes are mixed, and something new was billed."""
    world = ordinary()
    deviations.missing_traffic(world)
    deviations.cache_not_told(world)
    deviations.images(world)
    item = Charge(DAYS[0], Part("proj_search"), Decimal(1), "=<b>new|item</b>", known=False)
    world.items.append(item)
    return compared(world)


def test_lines_of_every_form_add_up_to_the_difference(found: Comparison) -> None:
    """To the last digit: causes, JSON and the table of days."""
    difference = found.ours - found.charged
    assert sum(one.usd for one in found.causes) == difference
    told = json.loads(json.dumps(as_json(found)))
    assert sum(Decimal(one["usd"]) for one in told["causes"]) == difference
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert sum(Decimal(row["usd"]) for row in rows) == difference
    assert Decimal(told["billed_usd"]) + Decimal(told["other_usd"]) == found.charged


def test_causes_are_ranked_each_with_its_next_step(found: Comparison) -> None:
    """The greatest amount first."""
    amounts = [abs(one.usd) for one in found.causes]
    assert amounts == sorted(amounts, reverse=True)
    assert set(NEXT_STEPS) == set(Cause)
    assert all(one["next_step"] for one in as_json(found)["causes"])


def test_an_ambiguous_amount_names_the_range_of_each_cause(found: Comparison) -> None:
    """In words that a person reads, and as numbers."""
    text = as_markdown(found)
    assert "ambiguous: cached tokens +$" in text or "ambiguous: cached tokens $" in text
    assert "missing traffic -$" in text
    [told] = [one for one in as_json(found)["causes"] if one["cause"] == "ambiguous"]
    assert {one["cause"] for one in told["ranges"]} == {"cached tokens", "missing traffic"}


def test_what_a_provider_writes_cannot_break_a_report(found: Comparison) -> None:
    """Neither a page nor a table nor a spreadsheet takes it for something of its own."""
    assert "<b>new" not in as_html(found)
    assert "=<b>new\\|item</b>" in as_markdown(found)
    assert "'=<b>new|item</b>" in as_csv(found)
    ET.fromstring(as_svg(found))  # noqa: S314 - our own


def test_a_page_loads_nothing(found: Comparison) -> None:
    """It can be sent to somebody."""
    page = as_html(found).replace("http://www.w3.org/2000/svg", "")
    for word in ("http", "src=", "href=", "<script", "@import", "url("):
        assert word not in page


def test_the_picture_leads_from_the_bill_to_our_sum(found: Comparison) -> None:
    """Every cause but what is no tokens has a bar."""
    texts = [one.text for one in ET.fromstring(as_svg(found)).iter() if one.text]  # noqa: S314 - our own
    assert "billed for tokens" in texts
    assert "our sum" in texts
    assert "ambiguous" in texts
    assert "not observable" not in texts


def test_the_headline_says_the_verdict(found: Comparison) -> None:
    """Beyond, within, or none."""
    assert "beyond its limits" in headline(found)
    assert "within 5 %" in headline(compared(ordinary()))
    assert "no verdict" in headline(replace(found, missing=("a day",)))


def test_within_the_limits_all_is_fine() -> None:
    """A dollar may be off in any case, and so may one in twenty."""
    world = ordinary()
    call = world.take(1)[0]
    call.seen = 0
    assert call.cost() < 1
    assert compared(world).exit_code is ExitCode.FINE


@pytest.mark.parametrize("happened", deviations.OFFSETTING)
def test_offsetting_differences_fail_although_the_month_agrees(
    happened: Callable[[World], None],
) -> None:
    """Too much by one cause and as much too little by another is no agreement."""
    world = ordinary(calls=20)
    happened(world)
    found = compared(world)
    [line] = [one for one in found.lines if one.model == "openai/gpt-4o"]
    assert line.drift is not None
    assert abs(line.drift) < Decimal("0.05")
    assert line.gross == sum(abs(usd) for usd in world.truth.values())
    assert line.problem == "offsetting differences"
    assert found.exit_code is ExitCode.FINDINGS
    assert "offset each other" in found.problems[0]


def test_calls_over_midnight_are_no_gross_difference() -> None:
    """The next day has what a day lacks, and there is nothing to do about it."""
    world = ordinary(calls=20)
    for call in world.take(18, None, DAYS[0]):
        call.ended = DAYS[1]
    found = compared(world)
    assert {one.cause for one in found.findings} == {Cause.LATE_DATA}
    assert [one.gross for one in found.lines] == [0, 0]
    assert found.exit_code is ExitCode.FINE


def test_missing_data_go_before_a_verdict() -> None:
    """Half a bill says nothing."""
    world = ordinary()
    deviations.missing_traffic(world)
    found = replace(compared(world), missing=("a day",))
    assert found.exit_code is ExitCode.FAILED
    assert next(iter(sections(found))).title == "Missing"


@pytest.mark.parametrize(
    ("now", "month", "closed"),
    [
        ("2026-11-03T06:00:00+00:00", "2026-10", 31),
        ("2026-11-01T23:59:59+00:00", "2026-10", 30),
        ("2026-11-24T12:00:00+00:00", "2026-11", 22),
        ("2026-03-01T23:00:00-05:00", "2026-02", 28),
    ],
)
def test_a_day_is_closed_a_day_after_its_end(now: str, month: str, closed: int) -> None:
    """In UTC, wherever the command runs."""
    moment = datetime.fromisoformat(now)
    assert len(settled_days(month_of(month, moment), moment)) == closed


@pytest.mark.parametrize("text", ["2026-13", "26-10", "2026-10-01", "2027-01", "2026-12"])
def test_a_month_that_cannot_be_compared_is_refused(text: str) -> None:
    """No month, one of the future, or one without a closed day."""
    now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    with pytest.raises(WrongMonth):
        month_of(text, now)
    assert str(previous_month(now)) == "2026-11"
    assert len(Month(DAYS[0].replace(day=1)).days) == 31
