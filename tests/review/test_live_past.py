"""What a review reads of a server's past: what prices and alerts come to, and nobody's name."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from llmcost_infra.errors import LlmCostError
from llmcost_infra.pricing import load_table
from llmcost_infra.review.as_html import html
from llmcost_infra.review.as_json import as_json
from llmcost_infra.review.as_markdown import markdown
from llmcost_infra.review.backtests import alert_effects
from llmcost_infra.review.histories import ServerHistory
from llmcost_infra.review.live_usage import card_sizes, spend_on_server
from llmcost_infra.review.prices import price_changes, spend_effect
from llmcost_infra.review.reviewing import Extras
from llmcost_infra.review.sample import SAMPLE_END, sample_rows
from llmcost_infra.review.showable import withheld
from llmcost_infra.review.usage import read_spend
from llmcost_infra.settings import Settings
from tests.review.stored_calls import StoredCalls
from tests.review.test_backtests import START, alert, recorded, side
from tests.review.test_prices import CALL, CHEAPER, FIRST, table
from tests.review.test_pull_requests import limit, price

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.openobserve import Client
    from llmcost_infra.review.notes import Note
    from tests.review.conftest import Repository

SETTINGS = Settings.from_mapping({"environment": "prod"})
TABLE = load_table()
NOW = datetime.fromtimestamp(1_700_000_001, UTC)
"""When the call of other tests was made."""
PRIVATE = "e5f1-somebody"


def client_of(server: StoredCalls) -> Client:
    """Return a server as a client of it."""
    return cast("Client", server)


def test_the_spend_of_a_server_is_that_of_its_rows(tmp_path: Path) -> None:
    """Its sums tell the same as an export of the rows, with each call once."""
    rows = [{"end_time": 0, **row} for row in sample_rows(TABLE)]
    path = tmp_path / "calls.ndjson"
    path.write_text("\n".join(map(json.dumps, rows)))
    server = StoredCalls([*rows, *rows[:7]])

    told = spend_on_server(client_of(server), SETTINGS, card_sizes(TABLE), SAMPLE_END)

    known = read_spend(path)
    assert float(told.usd) == pytest.approx(float(known.usd))
    assert (told.calls, told.start_us, told.end_us) == (
        known.calls,
        min(row["_timestamp"] for row in rows if row.get("llmcost_cost_usd") is not None),
        max(row["_timestamp"] for row in rows if row.get("llmcost_cost_usd") is not None),
    )
    assert len(told.usage) < len(known.usage)
    dearer = replace(TABLE, providers=dict(TABLE.providers))
    assert spend_effect(price_changes(TABLE, dearer), told.usage, dearer) == ()


def test_a_cheaper_rate_is_told_of_the_sums_as_of_the_calls() -> None:
    """A thousand calls of a day are one row, and pay what a thousand calls pay."""
    rows = [{**CALL, "span_id": f"{at}", "end_time": 0} for at in range(1000)]
    after = table(FIRST, CHEAPER)
    server = StoredCalls(rows)

    spend = spend_on_server(client_of(server), SETTINGS, (), NOW)

    (effect,) = spend_effect(price_changes(table(FIRST), after), spend.usage, after)
    assert (len(spend.usage), spend.calls, float(effect.usd)) == (1, 1000, -0.5)


def test_sizes_of_input_are_told_apart() -> None:
    """A model that costs more above a size is priced by the size of each call, not of all."""
    sizes = (200_000, 128_000)
    tokens = (1, 128_000, 128_001, 200_000, 200_001, 900_000)
    rows = [
        {**CALL, "span_id": f"{at}", "end_time": 0, "llmcost_input_tokens": at} for at in tokens
    ]

    spend = spend_on_server(client_of(StoredCalls(rows)), SETTINGS, sizes, NOW)

    sums = {one.input_size: one.tokens["input"] for one in spend.usage}
    assert sums == {0: 128_001, 128_001: 328_001, 200_001: 1_100_001}


def test_more_than_an_answer_holds_is_no_spend(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a sum would be told as all of it."""
    monkeypatch.setattr("llmcost_infra.review.live_usage._MOST", 1)

    with pytest.raises(LlmCostError, match="more than 1 models and tiers"):
        spend_on_server(client_of(StoredCalls([{**CALL, "end_time": 0}])), SETTINGS, (), NOW)


def told(
    folder: Path, before: dict[str, Any], after: dict[str, Any], days: int
) -> tuple[str, tuple[Note, ...]]:
    """What a review says of a changed alert, by the rows of a server."""
    path = recorded(folder)
    rows = [json.loads(line) | {"llmcost_feature": "chat"} for line in path.read_text().split("\n")]
    server, now = StoredCalls(rows, days), datetime.fromtimestamp(START / 1e6, UTC)
    ends = side(folder, before), side(folder, after)
    later = now + timedelta(hours=3)
    effects, notes = alert_effects(
        *ends, "prod", lambda _, rules: ServerHistory(client_of(server), rules, later)
    )
    return "".join(one.sentence for one in effects), notes


def test_a_changed_alert_is_replayed_over_the_rows_of_a_server(tmp_path: Path) -> None:
    """As over a file; where rows are kept for less than a month, over as many days."""
    said, notes = told(tmp_path, alert("9"), alert("5"), days=3)
    assert said == "limit 9 → 5: 0 → 2 firings, first 2026-11-24 13:00 UTC (in 2 days)"
    assert notes == ()


def test_what_fits_no_machine_is_replayed_on_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy month is told as a quiet one."""
    known, _ = told(tmp_path, alert("9"), alert("5"), days=2)
    monkeypatch.setattr("llmcost_infra.backtest.on_server._MOST", 1)
    said, notes = told(tmp_path, alert("9"), alert("5"), days=2)
    assert said == known
    assert notes == ()


def test_an_alert_that_looks_back_as_far_as_rows_are_kept_is_named(tmp_path: Path) -> None:
    """There is nothing to replay it over, and the others are replayed."""
    said, (note,) = told(tmp_path, alert("9"), alert("5"), days=1)
    assert said == ""
    assert note.message == "llm_calls keeps rows for 1 days, no longer than it looks back"


@pytest.mark.parametrize(("column", "named"), [("llmcost_feature", True), ("llmcost_user", False)])
def test_whom_it_was_for_is_told_only_of_labels(
    tmp_path: Path, column: str, *, named: bool
) -> None:
    """A user stays unnamed, whatever the statement calls its column."""
    sql = (
        f"SELECT COALESCE({column}, 'chat') AS feature, SUM(llmcost_cost_usd) AS cost "  # noqa: S608 - a test's
        f"FROM llm_calls GROUP BY {column} HAVING SUM(llmcost_cost_usd) > "
    )
    before, after = (
        alert(query_condition={"type": "sql", "sql": f"{sql}{usd}"}) for usd in ("9", "5")
    )
    said, _ = told(tmp_path, before, after, days=2)
    assert said.startswith("limit 9 → 5: 0 → ")
    assert (", chat" in said) is named


def test_a_review_of_a_server_tells_effects_and_holds_nobody(pull_request: Repository) -> None:
    """Prices, alerts and pictures from live rows, without users, ids and texts in any format."""
    limit(pull_request)
    price(pull_request)
    ago = round((datetime.now(UTC) - SAMPLE_END).total_seconds() * 1_000_000)
    rows = [
        row
        | {"_timestamp": row["_timestamp"] + ago, "end_time": (row["_timestamp"] + ago) * 1000}
        | {"llmcost_user": PRIVATE, "llmcost_conversation": PRIVATE, "trace_id": PRIVATE + str(at)}
        for at, row in enumerate(sample_rows(TABLE))
    ]
    server = StoredCalls(rows)

    extras = Extras(pictures=True, client=client_of(server), live=True)
    report = pull_request.review(["prod"], extras)

    assert [note.place for note in report.notes] == []
    assert report.spend is not None
    assert report.spend.calls > 100
    assert [one.change.model for one in report.effects] == ["openai/gpt-4o"]
    said = {one.alert: one.sentence for one in report.firings}
    assert said["daily_budget"].startswith("limit 500 → 2: 0 → ")
    assert "(in " not in said["daily_budget"]
    assert report.pictures
    drawn = [svg for shot in report.pictures for svg in shot.drawn.values()]
    for text in (html(report), markdown(report), json.dumps(as_json(report)), *drawn):
        assert PRIVATE not in text
    fetched = [sql for sql in server.asked if withheld(sql)]
    # Rows of alerts are replayed here, and statements of alerts are asked for numbers only.
    assert not any("llmcost_user" in sql or "llmcost_conversation" in sql for sql in fetched)
