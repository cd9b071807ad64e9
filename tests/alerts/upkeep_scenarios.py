"""What a stack's upkeep lacks, or does not: prices, the pipeline, bills, totals, a heartbeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.alerts.conftest import DAY, HOUR, MINUTE, NOON
from tests.alerts.scenario import REFUSED, Scenario
from tests.local.telemetry import record

if TYPE_CHECKING:
    from tests.alerts.conftest import Stack

__all__ = ["FIRE", "KEEP_QUIET"]

CAPTURING = {"content": {"capture": True, "services": ["bot"], "shared_org_ok": True}}


def a_model_without_a_price(stack: Stack) -> None:
    """Three calls."""
    new: dict[str, Any] = {"gen_ai__request__model": "gpt-9", "gen_ai__response__model": "gpt-9"}
    stack.call(usd=0.001, copies=3, **new)


def a_model_without_a_price_that_refuses(stack: Stack) -> None:
    """Nothing was used."""
    stack.call(failed=REFUSED, gen_ai__request__model="gpt-9", gen_ai__response__model=None)


def _break(stack: Stack, function: str, before: str) -> None:
    """Put a release of a function in place that stops half-way through."""
    path = f"/api/default/functions/{function}"
    listed = stack.http.get("/api/default/functions").json()["list"]
    (known,) = (one for one in listed if one["name"] == function)
    text = known["function"].replace(f"\n{before}", f'\n.x = to_int!("x")\n{before}', 1)
    assert text != known["function"]
    assert stack.http.put(path, json={**known, "function": text}).status_code == 200


def a_function_that_fails(stack: Stack) -> None:
    """A release of the pipeline with a mistake in it."""
    _break(stack, "llm_normalise", ".llmcost_provider")
    stack.call(usd=1, copies=3, service="bot")


def a_scrubber_that_fails(stack: Stack) -> None:
    """Calls are priced, and nothing of their texts may be kept."""
    _break(stack, "llm_project_content", "prompt = ")
    stack.call(usd=1, copies=2, service="bot", llm__input="I am Ann")


def a_reader_of_logs_that_fails(stack: Stack) -> None:
    """Two records of one call, and the call itself, which is priced."""
    _break(stack, "llm_read_logs", "told = ")
    (call,) = stack.call(usd=1, service="bot")
    ids = {name: call[name] for name in ("traceId", "spanId")}
    said = [record(NOON - MINUTE, {"content": "I am Ann"}, **ids) for _ in range(2)]
    stack.log(*said, service__name="bot")


def a_scrubber_that_works(stack: Stack) -> None:
    """Texts are captured and scrubbed."""
    stack.call(usd=1, copies=2, service="bot", llm__input="I am Ann")


PRICES = """\
provider: openai
models:
- id: openai/gpt-4o
  match: '^gpt-4o$'
  rates:
  - from: 2024-10-01
    source: https://example.com/pricing
    verified: 2026-08-24
    review_by: {gpt_4o}
    per_mtok: {{input: "2.50", output: "10.00"}}
    service_tiers: {{flex: {{input: "1.25", output: "5.00"}}}}
- id: openai/gpt-4o-mini
  match: '^gpt-4o-mini$'
  rates:
  - from: 2024-10-01
    source: https://example.com/pricing
    verified: 2026-08-24
    review_by: {gpt_4o_mini}
    per_mtok: {{input: "0.15", output: "0.60"}}
"""


OVERDUE = {"pricing/openai.yaml": PRICES.format(gpt_4o="2026-11-23", gpt_4o_mini="2027-02-23")}


DUE_TODAY = {"pricing/openai.yaml": PRICES.format(gpt_4o="2026-11-24", gpt_4o_mini="2026-11-23")}


def calls_of_gpt_4o(stack: Stack) -> None:
    """One in the standard tier and one in another."""
    stack.call(usd=3)
    stack.call(usd=2, openai__response__service_tier="flex")


BILLED = {
    "billing": [{"provider": "openai", "account": "org-acme"}],
}


def compared(stack: Stack, at: int, ours: float, problem: str = "") -> None:
    """Two days of October were compared with the bill at a time."""
    stack.now = at
    day = NOON - 12 * HOUR - 30 * DAY
    rows = [
        {
            "_timestamp": at,
            "computed_at": at,
            "day_start": day + one * DAY,
            "provider": "openai",
            "account": "org-acme",
            "scope": "prod",
            "model": "openai/gpt-4o",
            "ours_usd": ours / 2,
            "billed_usd": 100.0,
            "problem": problem,
        }
        for one in range(2)
    ]
    answer = stack.http.post("/api/default/llm_billing_daily/_json", json=rows)
    assert answer.json()["status"][0]["failed"] == 0, answer.text


def a_month_that_drifts(stack: Stack) -> None:
    """Compared yesterday evening, and once more since, with the same result."""
    compared(stack, NOON - 18 * HOUR, 150, "drifts")
    compared(stack, NOON - 2 * HOUR, 156, "drifts")
    stack.now = NOON


def a_month_that_was_mended(stack: Stack) -> None:
    """It drifted until it was compared again."""
    compared(stack, NOON - 18 * HOUR, 150, "drifts")
    compared(stack, NOON - 2 * HOUR, 199)
    stack.now = NOON


def a_month_that_nobody_compared(stack: Stack) -> None:
    """The last one was 36 days ago."""
    compared(stack, NOON - 36 * DAY, 199)
    stack.now = NOON


def a_month_that_is_due_soon(stack: Stack) -> None:
    """The last one was 34 days ago."""
    compared(stack, NOON - 34 * DAY, 199)
    stack.now = NOON


HISTORY = {"history": True}


def added_up(stack: Stack, at: int, usd: float, *, copies: int = 1) -> None:
    """The day before yesterday was added up at a time: of two features, one without a price."""
    stack.now = at
    rows = [
        {
            "_timestamp": at,
            "computed_at": at,
            "period": "day",
            "period_start": NOON - 12 * HOUR - 2 * DAY,
            "feature": feature,
            "llm_calls": 100,
            "cost_usd": cost,
        }
        for feature, cost in (("chat", usd), ("agent", None))
    ]
    answer = stack.http.post("/api/default/llm_rollup/_json", json=rows * copies)
    assert answer.json()["status"][0]["failed"] == 0, answer.text


def a_day_that_lost_calls(stack: Stack) -> None:
    """Added up when it was open, when it was closed, and this morning, the last one sent twice."""
    added_up(stack, NOON - 36 * HOUR, 12)
    added_up(stack, NOON - 30 * HOUR, 20)
    added_up(stack, NOON - 2 * HOUR, 19.97, copies=2)
    stack.now = NOON


def a_day_that_stays(stack: Stack) -> None:
    """Added up when it was open, when it was closed, and again with a thousandth more."""
    added_up(stack, NOON - 36 * HOUR, 12)
    added_up(stack, NOON - 30 * HOUR, 20)
    added_up(stack, NOON - 2 * HOUR, 20.02)
    stack.now = NOON


def all_is_well(stack: Stack) -> None:
    """Calls, and nothing else."""
    stack.call(usd=0.01, copies=30)


FIRE = [
    Scenario(
        "unpriced_model",
        a_model_without_a_price,
        ("gpt-9 of openai: 3 calls and 300 tokens without a price in six hours",),
    ),
    Scenario(
        "unfinished_rows",
        a_function_that_fails,
        ("bot: 3 spans of the last three hours are in quarantine, without tokens and cost",),
    ),
    Scenario(
        "unfinished_rows",
        a_reader_of_logs_that_fails,
        (
            (
                "bot: 1 spans of the last three hours are in quarantine, for log records about "
                "them, whose texts are kept nowhere"
            ),
        ),
    ),
    Scenario(
        "unfinished_rows",
        a_scrubber_that_fails,
        (
            (
                "bot: 2 spans of the last three hours are in quarantine, priced, but their texts "
                "could not be scrubbed and are kept nowhere"
            ),
        ),
        CAPTURING,
    ),
    Scenario(
        "price_table_stale",
        calls_of_gpt_4o,
        (
            (
                "openai/gpt-4o@2024-10-01 was to be compared with its source by 2026-11-23; $4.00 "
                "of the last day rest on it (calls: 2)"
            ),
        ),
        files=OVERDUE,
    ),
    Scenario(
        "reconciliation_drift",
        a_month_that_drifts,
        ("openai 2026-10, prod, openai/gpt-4o: ours $156.00, billed $200.00, drifts",),
        BILLED,
    ),
    Scenario(
        "reconciliation_missing",
        a_month_that_nobody_compared,
        ("openai: the last comparison was on 2026-10-19, more than 35 days ago",),
        BILLED,
    ),
    Scenario(
        "rollup_differs",
        a_day_that_lost_calls,
        ("2026-11-22: $20.00 (200 calls) when it was closed, $19.97 (200 calls) now",),
        HISTORY,
    ),
    Scenario("heartbeat", all_is_well, ("alerting works; 30 LLM calls in the last hour",)),
]
KEEP_QUIET = [
    Scenario("unpriced_model", a_model_without_a_price_that_refuses),
    Scenario("unfinished_rows", all_is_well),
    Scenario("unfinished_rows", a_scrubber_that_works, settings=CAPTURING),
    Scenario("price_table_stale", calls_of_gpt_4o, files=DUE_TODAY),
    Scenario("reconciliation_drift", a_month_that_was_mended, settings=BILLED),
    Scenario("reconciliation_drift", all_is_well, settings=BILLED),
    Scenario("reconciliation_missing", a_month_that_is_due_soon, settings=BILLED),
    Scenario("reconciliation_missing", all_is_well, settings=BILLED),
    Scenario("rollup_differs", a_day_that_stays, settings=HISTORY),
    Scenario("rollup_differs", all_is_well, settings=HISTORY),
]
