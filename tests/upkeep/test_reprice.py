"""A price that came late counts at the time of its calls, once, and everywhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.catalog import load_dashboard, render_dashboard
from llmcost_infra.errors import LlmCostError
from llmcost_infra.pricing.table import Contract
from llmcost_infra.rollup import roll_up
from llmcost_infra.settings import Settings
from llmcost_infra.upkeep import reprice as module
from llmcost_infra.upkeep.reprice import DayRepriced, reprice
from llmcost_infra.utc import at_microseconds as moment
from tests.alerts.conftest import DAY, HOUR, MINUTE, NOON
from tests.upkeep.tables import TABLE, with_model, without_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmcost_infra.openobserve import Client
    from llmcost_infra.pricing import PriceTable
    from tests.alerts.conftest import Stack

SETTINGS = Settings(environment="prod", history=True)
NEW = "gpt-9"
CALLED = NOON - 14 * DAY
LATE: dict[str, Any] = {"gen_ai__request__model": NEW, "gen_ai__response__model": NEW}


@pytest.fixture
def kept(stack: Callable[..., Stack]) -> Stack:
    """A stack that keeps a history."""
    return stack(history=True)


@pytest.fixture
def client(kept: Stack) -> Iterator[Client]:
    """The way to its server."""
    with kept.client() as client:
        yield client


def run(kept: Stack, client: Client, table: PriceTable, at: int = NOON, **more: Any) -> DayRepriced:
    """Reprice the last thirty days at a time; return the sum of them."""
    kept.now, now = at, moment(at)
    days = reprice(
        client, SETTINGS, table, start=now - timedelta(days=30), end=now, now=now, **more
    )
    total = DayRepriced(moment(NOON))
    for day in days:
        total.calls += day.calls
        total.changed += day.changed
        total.usd += day.usd
        total.contract_usd += day.contract_usd
        total.lost += day.lost
    return total


def rows(client: Client) -> int:
    """Return how many rows the LLM stream has."""
    sql = 'SELECT COUNT(*) AS n FROM "llm_calls"'
    return int(client.search(sql, moment(NOON - 40 * DAY), moment(NOON + DAY)).hits[0]["n"])


def shown(client: Client, panel: str, start: int, end: int, **chosen: str) -> list[dict[str, Any]]:
    """Return what a panel of the first dashboard shows of a range."""
    dashboard = render_dashboard(load_dashboard("llm_cost"), SETTINGS)
    every = {k: v for tab in dashboard["tabs"].values() for k, v in tab["panels"].items()}
    statement = every[panel]["query"]
    for name in dashboard["variables"]:
        value = chosen.get(name, "_o2_all_")
        statement = statement.replace(f"${{{name}}}", f"'{value}'")
    return client.search(statement, moment(start), moment(end)).hits


def test_a_price_that_came_fourteen_days_late_counts_at_the_time_of_its_calls(
    kept: Stack, client: Client
) -> None:
    """In a range that ended long ago too, by whose spend it is, and to the cent."""
    kept.call(at=CALLED, usd=0.37, copies=3, team="search", **LATE)
    kept.call(at=CALLED + HOUR, usd=1.25, team="chat")
    past = (CALLED - DAY, CALLED + DAY)
    assert shown(client, "total_cost", *past)[0]["total_cost"] == pytest.approx(1.25)
    done = run(kept, client, with_model(NEW))
    assert (done.calls, done.changed, done.usd) == (4, 3, Decimal("1.11"))
    (total,) = shown(client, "total_cost", *past)
    assert (total["total_cost"], total["calls"]) == (pytest.approx(2.36), 4)
    (team,) = shown(client, "total_cost", *past, team="search")
    assert (team["total_cost"], team["calls"]) == (pytest.approx(1.11), 3)
    assert shown(client, "priced_share", *past)[0]["priced_pct"] == 100.0


def test_a_second_run_stores_nothing(kept: Stack, client: Client) -> None:
    """What is stored is what the table says by now."""
    kept.call(at=CALLED, usd=0.37, copies=3, **LATE)
    run(kept, client, with_model(NEW))
    before = rows(client)
    again = run(kept, client, with_model(NEW))
    assert (again.changed, again.usd) == (0, Decimal(0))
    assert rows(client) == before == 6


def test_a_dry_run_stores_nothing_and_says_what_it_would(kept: Stack, client: Client) -> None:
    """The same figures."""
    kept.call(at=CALLED, usd=0.37, **LATE)
    done = run(kept, client, with_model(NEW), dry_run=True)
    assert (done.changed, done.usd) == (1, Decimal("0.37"))
    assert rows(client) == 1


def test_prices_that_changed_twice_count_as_they_are_now(kept: Stack, client: Client) -> None:
    """The newest adjustment counts, whether it made the call dearer or cheaper."""
    kept.call(at=CALLED, usd=1.0, **LATE)
    run(kept, client, with_model(NEW))
    cheaper = run(kept, client, with_model(NEW, like="gpt-4o-mini"), at=NOON + MINUTE)
    assert (cheaper.changed, cheaper.usd) == (1, Decimal("-0.94"))
    (total,) = shown(client, "total_cost", CALLED - DAY, CALLED + DAY)
    assert (total["total_cost"], total["calls"]) == (pytest.approx(0.06), 1)


def test_an_answer_that_was_lost_counts_once(
    kept: Stack, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adjustments and spans are sent again, and the server keeps all of them."""
    spans = kept.call(at=NOON - HOUR, usd=1.0, **LATE)
    kept.send(*spans)
    with monkeypatch.context() as lost:
        export = client.export
        lost.setattr(client, "export", lambda *args: (export(*args), export(*args))[1])
        assert run(kept, client, with_model(NEW)).changed == 1
    kept.send(*spans)
    (total,) = shown(client, "total_cost", NOON - DAY, NOON)
    assert (total["total_cost"], total["calls"]) == (pytest.approx(1.0), 1)


def test_a_contract_that_was_signed_late_changes_its_cost_only(kept: Stack, client: Client) -> None:
    """The list price stays."""
    kept.call(at=CALLED, usd=2.0)
    start, end = ((CALLED + days * DAY) for days in (-1, 1))
    contract = Contract("acme", "openai", start, end, multiplier=Decimal("0.8"))
    done = run(kept, client, replace(TABLE, contracts=(contract,)))
    assert (done.changed, done.usd, done.contract_usd) == (1, Decimal(0), Decimal("-0.4"))
    assert shown(client, "total_cost", start, end)[0]["total_cost"] == pytest.approx(2.0)
    assert run(kept, client, replace(TABLE, contracts=(contract,))).changed == 0


def test_a_call_that_became_unpriced_keeps_its_price_and_is_told(
    kept: Stack, client: Client
) -> None:
    """A table that lost a model does not make its past unknown."""
    kept.call(at=CALLED, usd=2.0, copies=2)
    done = run(kept, client, without_model("gpt-4o"))
    assert (done.changed, rows(client)) == (0, 2)
    assert done.lost == Counter({("gpt-4o", "openai gpt-4o is not in the table"): 2})


def test_a_budget_sees_what_calls_cost_by_now(stack: Callable[..., Stack]) -> None:
    """Alerts read calls as panels do."""
    kept = stack("daily_budget", history=True)
    kept.call(at=NOON - HOUR, usd=501.0, **LATE)
    kept.run(NOON)
    assert kept.told() == []
    with kept.client() as client:
        run(kept, client, with_model(NEW))
    kept.run(NOON + 15 * MINUTE)
    assert kept.found() == ["$501.00 spent in the last 24 hours, limit $500.00 (calls: 1)"]


def test_the_rollup_adds_adjustments_up(kept: Stack, client: Client) -> None:
    """A day that is added up again has them, and no call twice."""
    kept.call(at=CALLED, usd=0.37, copies=3, **LATE)
    run(kept, client, with_model(NEW))
    day = date(2026, 11, 10)
    (total,) = roll_up(client, SETTINGS, [day], moment(NOON))
    assert total.llm_calls == 3
    assert total.cost_usd == pytest.approx(1.11)


def test_more_calls_than_a_page_are_all_priced(
    kept: Stack, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is stored meanwhile is in no later page, and no call is lost or repeated."""
    monkeypatch.setattr(module, "PAGE", 4)
    for second in range(3):
        kept.call(at=CALLED + second * 1_000_000, usd=0.5, copies=3, **LATE)
    done = run(kept, client, with_model(NEW))
    assert (done.calls, done.changed, done.usd) == (9, 9, Decimal("4.5"))


def test_a_page_of_one_microsecond_is_refused(
    kept: Stack, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left out without a word."""
    monkeypatch.setattr(module, "PAGE", 3)
    kept.call(at=CALLED, usd=0.5, copies=4, **LATE)
    with pytest.raises(LlmCostError, match="has 3 calls or more, and some may be missing"):
        run(kept, client, with_model(NEW))


def test_what_is_no_adjustment_goes_to_the_quarantine(kept: Stack, client: Client) -> None:
    """A text under the name of one does not reach the LLM stream."""
    kept.call(at=NOON - HOUR, llmcost_adjustment='{"trace_id": "canary"}')
    kept.now = NOON
    assert rows(client) == 0
    found = client.search(
        'SELECT * FROM "llm_quarantine"',
        moment(NOON - DAY),
        moment(NOON),
        stream_type="logs",
    ).hits
    assert len(found) == 1
    assert "canary" not in str(found)


def test_what_somebody_else_prices_is_not_priced_again(client: Client) -> None:
    """There is no pipeline that could take adjustments in."""
    theirs = Settings(environment="prod", profile="gen_ai", stream="default")
    with pytest.raises(LlmCostError, match="priced by whoever sends them"):
        list(
            reprice(
                client,
                theirs,
                TABLE,
                start=moment(0),
                end=moment(1),
                now=moment(NOON),
            )
        )
