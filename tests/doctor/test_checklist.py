"""Every point of the checklist, seen to be right and seen to be wrong on a whole stack."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.doctor import CHECKS, Line, Said, changed, examine
from llmcost_infra.errors import ApiError, TransportError
from llmcost_infra.rollup import roll_up
from llmcost_infra.settings import Settings
from tests.alerts.conftest import DAY, HOUR, MINUTE, NOON
from tests.doctor.checkup import BILLED, CAPTURING, NOW, ROUTES, Doctor
from tests.local.telemetry import PROTOBUF, metric_body, span

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.alerts.conftest import Stack


def test_a_stack_as_it_should_be_has_nothing_to_be_done(stack: Callable[..., Stack]) -> None:
    """With every alert on and calls that are priced and attributed, no point fails."""
    made = stack()
    made.call(usd=0.5, copies=30, feature="chat", team="search")
    made.run()
    lines = {one.check: one.said for one in examine(Doctor(made).case())}

    assert set(lines) == set(CHECKS)
    assert [name for name, said in lines.items() if said.state == "fail"] == []
    assert {name for name, said in lines.items() if said.state == "unknown"} == {
        "server",  # the recorded one was built without a version
        "metric",  # no application counts
        "routes",  # nothing is sent unless asked for
        "bill",  # no account is named
    }


def test_every_check_says_what_it_is_for() -> None:
    """The page about the checklist is made of these sentences."""
    for one in CHECKS.values():
        assert (one.look.__doc__ or "").strip().endswith("."), one.id


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("v0.90.3", "ok"),
        ("v0.92.0", "ok"),
        ("v0.40.0", "warn"),
        ("v1.0.0", "warn"),
        ("", "unknown"),
    ],
)
def test_a_version_that_nobody_tried_is_a_warning(
    doctor: Callable[..., Doctor], monkeypatch: pytest.MonkeyPatch, version: str, state: str
) -> None:
    """Older and newer ones may answer otherwise."""
    one = doctor()
    config = one.client.get_config().model_copy(update={"version": version})
    monkeypatch.setattr(one.client, "get_config", lambda: config)

    assert one.says("server").state == state


def test_retention_is_what_the_stack_says(doctor: Callable[..., Doctor]) -> None:
    """A stream that was changed by hand, or is gone, is told with both numbers."""
    one = doctor(**CAPTURING)
    assert one.says("retention").state == "ok"
    one.stack.http.put(
        "/api/default/streams/llm_calls/settings?type=traces", json={"data_retention": 1000}
    )
    one.stack.http.delete("/api/default/streams/llm_quarantine?type=logs")

    said = one.says("retention")

    assert said.state == "fail"
    assert "llm_calls keeps 1000, the stack says 400" in said.evidence
    assert "llm_quarantine is not there" in said.evidence


def test_streams_that_settings_add_are_looked_at_too(doctor: Callable[..., Doctor]) -> None:
    """Totals and the days of the bill are kept for years, and only they are left of a month."""
    one = doctor(history=True, **BILLED)
    assert one.says("retention").state == "ok"
    for stream in ("llm_rollup", "llm_billing_daily"):
        one.stack.http.delete(f"/api/default/streams/{stream}?type=logs")

    said = one.says("retention").evidence

    assert said == "llm_rollup is not there; llm_billing_daily is not there"


@pytest.mark.parametrize(("days", "state"), [(32, "ok"), (31, "warn")])
def test_less_than_a_month_of_calls_is_a_warning(
    doctor: Callable[..., Doctor], days: int, state: str
) -> None:
    """Budgets and statements of a month would be about a part of it."""
    said = doctor(retention={"llm_days": days}).says("retention")
    assert (said.state, f"{days} days" in said.evidence) == (state, True)


def test_a_clock_that_is_ahead_is_found(doctor: Callable[..., Doctor]) -> None:
    """The newest call began after now."""
    one = doctor()
    assert one.says("clock").state == "unknown"
    one.stack.call(usd=0.1)
    assert one.says("clock").state == "ok"
    one.stack.call(at=NOON + 10 * MINUTE, usd=0.1)
    said = one.says("clock")
    assert said.state == "fail"
    assert "599 seconds from now" in said.evidence


def test_no_call_is_a_failure_and_leaves_the_others_open(doctor: Callable[..., Doctor]) -> None:
    """Without calls nothing can be said of their prices."""
    one = doctor()
    assert one.says("calls").state == "fail"
    for name in ("priced", "usage", "attribution"):
        assert one.says(name).state == "unknown"
    one.stack.call(usd=0.1, copies=2)
    assert one.says("calls") == Said("ok", "2 calls in the last day")


def test_calls_without_a_price_are_told_by_model(doctor: Callable[..., Doctor]) -> None:
    """A few are a warning, many a failure; what is sent twice counts once."""
    one = doctor()
    sent = one.stack.call(usd=0.1, copies=98)
    one.stack.send(*sent)
    assert one.says("priced").state == "ok"
    one.stack.call(usd=0.1, gen_ai__response__model="gpt-9", gen_ai__request__model="gpt-9")
    assert one.says("priced").state == "warn"
    one.stack.call(
        usd=0.1, copies=9, gen_ai__response__model="gpt-9", gen_ai__request__model="gpt-9"
    )
    said = one.says("priced")
    assert said.state == "fail"
    assert said.evidence == "10 of 108 calls have no price: gpt-9"


def test_services_without_usage_are_named(doctor: Callable[..., Doctor]) -> None:
    """One that streams without asking for it costs nothing on paper."""
    one = doctor()
    one.stack.call(usd=0.1, copies=10)
    assert one.says("usage").state == "ok"
    none: dict[str, Any] = {
        "gen_ai__usage__input_tokens": None,
        "gen_ai__usage__output_tokens": None,
    }
    one.stack.call(copies=3, service="bot", **none)
    said = one.says("usage")
    assert (said.state, said.evidence) == ("fail", "calls without usage: bot 3 of 3")


def counted(doctor: Doctor, usd: float, environment: str | None = None) -> None:
    """Send what the application `shop` counted by noon, as it is exported."""
    resource = {"service.name": "shop"}
    resource |= {"deployment.environment.name": environment} if environment else {}
    point = {"sum": usd, "count": "1", "bucketCounts": ["1"], "explicitBounds": []}
    point |= {"startTimeUnixNano": str((NOON - HOUR) * 1000), "timeUnixNano": str(NOON * 1000)}
    data = {"dataPoints": [point], "aggregationTemporality": 2}
    answer = doctor.stack.http.post(
        "/api/default/v1/metrics",
        content=metric_body("gen_ai.usage.cost_usd", resource, histogram=data),
        headers=PROTOBUF,
    )
    assert answer.content == b""


def test_what_was_counted_is_compared_within_the_stacks_environment(
    doctor: Callable[..., Doctor],
) -> None:
    """All environments of an organization send to one stream of metrics."""
    one = doctor()
    one.stack.call(usd=2)
    counted(one, 50, "staging")
    said = one.says("metric")
    assert (said.state, "environment 'prod'" in said.evidence) == ("unknown", True)
    counted(one, 2, "prod")
    assert one.says("metric") == Said("ok", "1 services counted what is stored")
    counted(one, 3)
    said = one.says("metric")
    assert (said.state, said.evidence) == ("fail", "shop counted 5.00 USD, 2.00 are stored")


def test_a_metric_that_names_no_environment_is_everybodys(doctor: Callable[..., Doctor]) -> None:
    """As of an application of its own: the column is not there, and is not asked for."""
    one = doctor()
    one.stack.call(usd=2)
    counted(one, 2)
    assert one.says("metric").state == "ok"


def test_spend_without_an_owner_is_a_warning(doctor: Callable[..., Doctor]) -> None:
    """By its share of the spend, not of the calls."""
    one = doctor()
    one.stack.call(usd=10, feature="chat", team="search")
    assert one.says("attribution").state == "ok"
    one.stack.call(usd=1, feature="chat")
    said = one.says("attribution")
    assert said.state == "warn"
    assert "9.1% of spend has no team, 0.0% of spend has no feature" in said.evidence


def test_rows_in_quarantine_are_a_failure(doctor: Callable[..., Doctor]) -> None:
    """They are counted nowhere else."""
    one = doctor()
    assert one.says("unfinished").state == "ok"
    one.stack.now = NOON
    one.stack.http.post("/api/default/llm_quarantine/_json", json=[{"service_name": "bot"}])
    said = one.says("unfinished")
    assert (said.state, said.evidence) == ("fail", "1 rows in llm_quarantine in the last day")


def test_a_call_that_two_spans_report_is_told_with_the_setting(
    doctor: Callable[..., Doctor],
) -> None:
    """Two instrumentations beside each other, of which the stack leaves none out."""
    one = doctor(repeats=[])
    one.stack.now = NOON
    assert one.says("counted-once").state == "ok"
    genai = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 10,
    }
    openinference = {
        "openinference.span.kind": "LLM",
        "llm.provider": "openai",
        "llm.model_name": "gpt-4o",
        "llm.token_count.prompt": 100,
        "llm.token_count.completion": 10,
    }
    one.stack.send(
        span("chat gpt-4o", NOON - MINUTE, genai),
        span("ChatCompletion", NOON - MINUTE + 1000, openinference),
    )
    said = one.says("counted-once")
    assert said.state == "fail"
    assert said.next == "add to `repeats`: - {dialect: openinference, services: [shop]}"


def test_a_service_whose_calls_are_overlooked_is_named(doctor: Callable[..., Doctor]) -> None:
    """Spans about models in the stream of other spans, and no call beside them."""
    one = doctor()
    assert one.says("overlooked").state == "ok"
    wrapped = {"gen_ai.usage.cost_usd": 0.01, "feature": "chat", "gen_ai.request.model": "gpt-4o"}
    one.stack.now = NOON
    one.stack.send(span("work", NOON - MINUTE, wrapped, kind=1), service="bot")

    said = one.says("overlooked")

    assert (said.state, said.evidence) == ("fail", "spans about models, and no call: bot (1 spans)")
    one.stack.call(usd=0.1, service="bot")
    assert one.says("overlooked").state == "ok"


def test_alerts_that_are_absent_or_off_are_named(stack: Callable[..., Stack]) -> None:
    """An alert that somebody switched off by hand, or that was never made."""
    made = stack()
    one = Doctor(made)
    assert one.says("alerts").state == "ok"
    path = f"/api/v2/default/alerts/{made.alerts['cost_anomaly']}"
    made.http.put(path, json={**made.http.get(path).json(), "enabled": False})
    assert "switched off: cost_anomaly" in one.says("alerts").evidence
    made.http.delete(path)
    said = one.says("alerts")
    assert (said.state, "not on the server: cost_anomaly" in said.evidence) == ("fail", True)


def test_a_stack_without_routes_or_without_its_alerts_is_a_failure(
    doctor: Callable[..., Doctor],
) -> None:
    """Nobody would be told."""
    one = doctor()
    one.settings = Settings(environment="prod")
    assert one.says("alerts").state == "fail"
    assert one.says("routes").state == "fail"
    off = {"alerts": {"cost_anomaly": {"enabled": False}}}
    one.settings = Settings.from_mapping({"environment": "prod", **ROUTES, **off})
    assert one.says("alerts").state == "fail"


def test_a_scheduler_that_stands_still_is_found(doctor: Callable[..., Doctor]) -> None:
    """Within twice the frequency is in time; later is not, and never is never."""
    one = doctor("daily_budget", "rate_limit")
    one.stack.run(NOON)
    assert one.says("scheduler").state == "ok"
    said = one.says("scheduler", later=timedelta(minutes=11))
    assert said.state == "fail"
    assert "daily_budget (11 minutes ago)" in said.evidence


def test_without_alerts_on_the_server_the_scheduler_is_unknown(
    doctor: Callable[..., Doctor],
) -> None:
    """There is nothing that it could have looked at."""
    one = doctor("daily_budget")
    one.stack.http.delete(f"/api/v2/default/alerts/{one.stack.alerts['daily_budget']}")
    assert one.says("scheduler").state == "unknown"


def test_a_test_notification_goes_to_every_route(stack: Callable[..., Stack]) -> None:
    """Only when it is asked for."""
    made = stack()
    one = Doctor(made)
    assert one.says("routes").state == "unknown"
    assert made.told() == []

    said = one.says("routes", send=True)

    assert (said.state, "4 routes" in said.evidence) == ("ok", True)
    assert all(made.server.outbox.sent)
    reached = {sent.destination for sent in made.server.outbox.sent}
    assert reached >= {f"llm_cost_{name}" for name in ROUTES["routes"]}


def test_a_route_without_a_destination_is_told(doctor: Callable[..., Doctor]) -> None:
    """A new route that was not provisioned yet."""
    one = doctor()
    more = {**ROUTES["routes"], "desk": {"kind": "webhook", "secret": "desk_url"}}
    one.settings = Settings.from_mapping({"environment": "prod", "routes": more})
    said = one.says("routes")
    assert (said.state, "desk" in said.evidence) == ("fail", True)


def test_a_destination_without_an_alert_is_told(doctor: Callable[..., Doctor]) -> None:
    """It is there and nothing goes to it."""
    one = doctor("heartbeat")  # which the pager does not take
    said = one.says("routes", send=True)
    assert said.state == "fail"
    assert "llm_cost_pager" in said.evidence


def test_prices_that_nobody_reviewed_are_a_warning(doctor: Callable[..., Doctor]) -> None:
    """From the day on by which it should have been done."""
    one = doctor()
    assert one.says("prices").state == "ok"
    said = one.says("prices", later=timedelta(days=365))
    assert (said.state, "overdue" in said.evidence) == ("warn", True)


def test_totals_are_the_sum_of_the_calls(doctor: Callable[..., Doctor]) -> None:
    """Yesterday was added up, and rightly."""
    one = doctor(history=True)
    yesterday = NOON - DAY
    one.stack.call(at=yesterday, usd=1, copies=3)
    said = one.says("rollup")
    assert (said.state, "was not added up" in said.evidence) == ("fail", True)
    day = (NOW - timedelta(days=1)).date()
    list(roll_up(one.client, one.settings, [day], NOW))
    assert one.says("rollup") == Said("ok", "2026-11-23: 3.00 USD on both sides")
    row: dict[str, Any] = {
        "period": "day",
        "period_start": NOON - 36 * HOUR,
        "llm_calls": 1,
        "cost_usd": 9.0,
    }
    more = {"environment": "elsewhere", "computed_at": NOON, "_timestamp": NOON}
    one.stack.http.post("/api/default/llm_rollup/_json", json=[{**row, **more}])
    said = one.says("rollup")
    assert said.state == "fail"
    assert "12.00 USD in the totals, 3.00 in the calls" in said.evidence


def test_a_bill_that_nobody_compared_is_told(doctor: Callable[..., Doctor]) -> None:
    """Within 35 days, for each provider of the stack."""
    assert doctor().says("bill").state == "unknown"


def test_a_bill_that_was_compared_is_fine(doctor: Callable[..., Doctor]) -> None:
    """Until it is older than that."""
    one = doctor(**BILLED)
    said = one.says("bill")
    assert (said.state, "openai" in said.next) == ("fail", True)
    row = {"provider": "openai", "computed_at": NOON - DAY, "_timestamp": NOON - DAY}
    one.stack.now = NOON - DAY
    one.stack.http.post("/api/default/llm_billing_daily/_json", json=[{**row, "scope": "prod"}])
    one.stack.now = NOON
    assert one.says("bill").state == "ok"


def test_what_a_server_refuses_is_unknown_and_the_others_are_looked_at(
    doctor: Callable[..., Doctor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One refusal is one line."""
    one = doctor()
    one.stack.now = NOON

    def refuse(*_: Any, **__: Any) -> Any:
        raise ApiError(403, "not allowed", request="POST /x")

    monkeypatch.setattr(one.client, "search", refuse)
    lines = {line.check: line.said for line in examine(one.case())}
    assert lines["calls"].state == "unknown"
    assert "not allowed" in lines["calls"].evidence
    assert lines["retention"].state == "ok"


def test_a_server_that_does_not_answer_ends_it(
    doctor: Callable[..., Doctor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of twenty times "unknown" would hide the reason."""
    one = doctor()

    def nobody(*_: Any, **__: Any) -> Any:
        raise TransportError("nobody answers")

    monkeypatch.setattr(one.client, "get_config", nobody)
    with pytest.raises(TransportError):
        list(examine(one.case()))


def test_another_pipeline_s_columns_are_not_judged(doctor: Callable[..., Doctor]) -> None:
    """A stack that reads somebody's stream has no columns of ours."""
    one = doctor()
    one.settings = Settings.from_mapping(
        {"environment": "prod", "profile": "llm", "stream": "default", **ROUTES}
    )
    for name in ("calls", "priced", "metric", "retention", "counted-once"):
        assert one.says(name).state == "unknown"


def test_only_what_is_otherwise_is_told_again() -> None:
    """Who watches hears of a change once."""
    before = [Line("a", Said("ok", "x")), Line("b", Said("fail", "y"))]
    after = [Line("a", Said("fail", "z")), Line("b", Said("fail", "w"))]

    assert changed(before, after) == after[:1]
    assert changed(after, after) == []
