"""Alerts: what never or always fires is told before; what server and UI add is nothing."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.openobserve.kinds.alert import AlertKind
from llmcost_infra.openobserve.kinds.alert_body import fold_alert, unfold_alert

if TYPE_CHECKING:
    from collections.abc import Callable

KIND = AlertKind()
SQL = {"type": "sql", "sql": "SELECT feature, COUNT(*) AS n FROM llm GROUP BY feature"}
HAVING = {"column": "cost", "operator": ">=", "value": 0}
CUSTOM = {"type": "custom", "aggregation": {"function": "sum", "having": HAVING}}
PROMQL = {"type": "promql", "promql": "up", "promql_condition": {**HAVING, "value": 1.5}}
CONDITION = {"filterType": "condition", "column": "a", "operator": "=", "value": ""}
GROUP = {"filterType": "group", "logicalOperator": "AND", "conditions": [CONDITION]}
TREE = {"and": [{"column": "a", "operator": "=", "value": 1}, {"not": {"or": [HAVING]}}]}
EMPTY = {"filterType": "group", "logicalOperator": "AND", "conditions": []}
TRIGGER = {"period": 60}
ALERT: dict[str, Any] = {
    "name": "budget",
    "stream_name": "llm",
    "stream_type": "traces",
    "query_condition": SQL,
    "trigger_condition": TRIGGER,
    "destinations": ["channel"],
}
FULL: dict[str, Any] = {
    **ALERT,
    "query_condition": {
        **SQL,
        "vrl_function": "#ResultArray#\n. = array!(.)[0]",
        "multi_time_range": [{"offSet": "1d"}],
    },
    "trigger_condition": {
        "period": 60,
        "cron": "0 0 9 * * MON-FRI",
        "timezone": "Europe/Berlin",
        "operator": ">",
        "threshold": 3,
        "silence": 30,
        "align_time": False,
        "tolerance_in_secs": 5,
    },
    "destinations": ["channel", "page"],
    "folder": "7530734417803739136",
    "description": "Spend over budget, see runbook 3",
    "enabled": False,
    "template": "text",
    "context_attributes": {"limit_usd": "500"},
    "row_template": '{"feature": "{feature}"}',
    "row_template_type": "Json",
    "tz_offset": -120,
    "deduplication": {"fingerprint_fields": ["feature"], "time_window_minutes": 5},
}
REALTIME = {
    **ALERT,
    "alert_type": "realtime",
    "query_condition": {"type": "custom", "conditions": GROUP},
    "trigger_condition": {"silence": 10},
}


def told(change: dict[str, Any], base: dict[str, Any] = ALERT) -> dict[str, str]:
    """Return the problems of an alert by path."""
    return {one.path: one.message for one in KIND.problems({**base, **change})}


def triggered(**change: Any) -> dict[str, Any]:
    """Return a schedule with a change."""
    return {"trigger_condition": {**TRIGGER, **change}}


EVERY = pytest.mark.parametrize(
    "inputs",
    [
        ALERT,
        FULL,
        REALTIME,
        {**ALERT, "query_condition": CUSTOM},
        {**ALERT, "query_condition": {"type": "custom", "conditions": GROUP}},
        {**ALERT, "query_condition": {"type": "custom", "conditions": TREE}},
        {**ALERT, "query_condition": {"type": "custom"}},
        {**ALERT, "query_condition": PROMQL},
        {**ALERT, "deduplication": {}},
        {**ALERT, "deduplication": {"grouping": {"enabled": True, "send_strategy": "all"}}},
    ],
)


@EVERY
def test_what_is_fine_goes_to_the_server_and_back(inputs: dict[str, Any]) -> None:
    """Without problems, with and without defaults; what was sent means what was asked for."""
    filled = KIND.defaults(inputs)
    assert KIND.problems(inputs) == KIND.problems(filled) == []
    canonical = KIND.canonical(inputs)
    assert KIND.canonical(filled) == KIND.canonical(canonical) == canonical
    back = unfold_alert(fold_alert(inputs))
    assert {**back, **({"folder": inputs["folder"]} if "folder" in inputs else {})} == canonical


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (
            triggered(threshold=0),
            "trigger_condition.threshold",
            "must be at least 1: without a row",
        ),
        (triggered(threshold=-1), "trigger_condition.threshold", "at least 1, not -1"),
        (triggered(threshold=1.5), "trigger_condition.threshold", "whole number"),
        (triggered(threshold="1"), "trigger_condition.threshold", "must be a number"),
        (triggered(cron="*/5 * * * *"), "trigger_condition.cron", "has 5 fields"),
        (triggered(cron="* */5 * * * *"), "trigger_condition.cron", "write 0 */5 * * * *"),
        (triggered(cron="*/9 */5 * * * *"), "trigger_condition.cron", "must not start with *"),
        (triggered(cron="0 0 9 * * mon;fri"), "trigger_condition.cron", "'mon;fri' is no field"),
        (triggered(cron=" "), "trigger_condition.cron", "must not be empty"),
        (
            triggered(cron="0 0 9 * * *", frequency=5),
            "trigger_condition.frequency",
            "cron says when already",
        ),
        (triggered(timezone="UTC"), "trigger_condition.timezone", "for cron only"),
        (
            triggered(cron="0 0 9 * * *", timezone="+02:00"),
            "trigger_condition.timezone",
            "like UTC or Europe/Berlin",
        ),
        (
            triggered(cron="0 0 9 * * *", timezone=""),
            "trigger_condition.timezone",
            "must not be empty",
        ),
        (triggered(operator="contains"), "trigger_condition.operator", "valid are !="),
        (triggered(period=0), "trigger_condition.period", "at least 1"),
        (triggered(frequency=0), "trigger_condition.frequency", "at least 1"),
        (triggered(silence=-1), "trigger_condition.silence", "at least 0"),
        (triggered(freqency=1), "trigger_condition.freqency", "did you mean frequency?"),
        ({"trigger_condition": {}}, "trigger_condition.period", "is missing"),
        ({"trigger_condition": []}, "trigger_condition", "must be a map"),
        ({"description": 'the "budget"'}, "description", "must not contain a quote"),
        ({"description": "a\\b"}, "description", "must not contain a backslash"),
        ({"description": "a\nb"}, "description", "must not contain a line break"),
        ({"description": 5}, "description", "must be text"),
        ({"destinations": []}, "destinations", "must name at least one AlertDestination"),
        ({"destinations": ["a", "a"]}, "destinations", "more than once"),
        ({"destinations": "a"}, "destinations", "must be a list"),
        ({"alert_type": "anomaly_detection"}, "alert_type", "needs an Enterprise build"),
        ({"alert_type": "real"}, "alert_type", "did you mean realtime?"),
        ({"anomaly_config": {"query_mode": "filters"}}, "anomaly_config", "multi_time_range"),
        ({"anomaly_config": None}, "anomaly_config", "needs an Enterprise build"),
        ({"context_attributes": {"a": 5}}, "context_attributes", "a must be text"),
        ({"context_attributes": {" a": "b"}}, "context_attributes", "without spaces around it"),
        ({"context_attributes": {"": "b"}}, "context_attributes", "the server drops it"),
        ({"stream_type": "trace"}, "stream_type", "did you mean traces?"),
        ({"tz_offset": 900}, "tz_offset", "at most 840"),
        ({"row_template_type": "json"}, "row_template_type", "did you mean Json?"),
        ({"deduplication": {"fingerprint": []}}, "deduplication.fingerprint", "fingerprint_fields"),
        (
            {"deduplication": {"grouping": {"send_strategy": "some"}}},
            "deduplication.grouping.send_strategy",
            "valid are all",
        ),
        ({"enabled": "yes"}, "enabled", "true or false"),
    ],
)
def test_problems_of_alerts(change: dict[str, Any], path: str, words: str) -> None:
    """What the server would refuse, rewrite or never fire is told at its path, with the way out."""
    assert words in told(change)[path]


def test_no_destination_at_all_is_told_like_an_empty_list() -> None:
    """Leaving them out is the same mistake."""
    alert = {key: value for key, value in ALERT.items() if key != "destinations"}
    assert "must name at least one" in told({}, alert)["destinations"]


@pytest.mark.parametrize(
    ("query", "path", "words"),
    [
        ({}, "type", "is missing"),
        ({"type": "sq"}, "type", "did you mean sql?"),
        ({"type": ["sql"]}, "type", "must be text"),
        ({"type": "sql"}, "sql", "is missing, as type is sql"),
        ({"type": "sql", "sql": "select  * from x"}, "sql", "must not select *"),
        ({"type": "sql", "sql": " "}, "sql", "must not be empty"),
        ({**SQL, "aggregation": {}}, "aggregation", "is for type custom, and type is sql"),
        ({**PROMQL, "sql": "SELECT 1"}, "sql", "is for type sql, and type is promql"),
        ({**PROMQL, "vrl_function": "."}, "vrl_function", "is for type custom or sql"),
        ({"type": "promql", "promql": "up"}, "promql_condition", "is missing"),
        (
            {**PROMQL, "promql_condition": {**HAVING, "value": "1"}},
            "promql_condition.value",
            "must be a number",
        ),
        ({"type": "custom", "aggregation": {}}, "aggregation.function", "is missing"),
        (
            {"type": "custom", "aggregation": {"function": "mean", "having": HAVING}},
            "aggregation.function",
            "did you mean median?",
        ),
        (
            {"type": "custom", "aggregation": {"function": "sum", "having": {"column": "a"}}},
            "aggregation.having.value",
            "is missing",
        ),
        ({"type": "custom", "conditions": {"a": 1}}, "conditions", "must be a group"),
        ({"type": "custom", "conditions": EMPTY}, "conditions.conditions", "must not be empty"),
        (
            {**SQL, "multi_time_range": [{"offSet": "day"}]},
            "multi_time_range[0].offSet",
            "e.g. 1d",
        ),
        ({**SQL, "multi_time_range": [{"offset": "1d"}]}, "multi_time_range[0].offset", "offSet"),
    ],
)
def test_problems_of_queries(query: dict[str, Any], path: str, words: str) -> None:
    """Each type of query has its own keys, and needs them."""
    assert words in told({"query_condition": query})[f"query_condition.{path}"]


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"query_condition": SQL}, "query_condition.type", "must be custom"),
        ({"query_condition": CUSTOM}, "query_condition.aggregation", "means nothing"),
        (triggered(silence=1), "trigger_condition.period", "means nothing to a realtime alert"),
    ],
)
def test_problems_of_realtime_alerts(change: dict[str, Any], path: str, words: str) -> None:
    """A realtime alert looks at one row as it comes: there is nothing to count or to plan."""
    assert words in told(change, REALTIME)[path]


def test_nothing_is_said_about_parts_that_are_not_known_yet() -> None:
    """Inside of queries and schedules too, a value may come from another resource."""
    assert told({"query_condition": {"type": None}}) == {}
    assert told({"query_condition": {"type": "sql", "sql": None}}) == {}
    assert told({"destinations": [None]}) == {}
    assert told(triggered(period=None, threshold=None, cron=None)) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"destinations": ["a", "b"]}, {"destinations": ["b", "a"]}),
        ({"owner": "a@example.com"}, {"owner": "b@example.com"}),
        ({"row_template": " {feature}\n"}, {"row_template": "{feature}"}),
        ({"row_template_type": "String"}, {"row_template": ""}),
        (triggered(frequency=1, threshold=1, operator=">=", align_time=True), triggered()),
        (triggered(cron="0 0 9 * * *", timezone="UTC"), triggered(cron="0 0 9 * * *")),
        ({"tz_offset": 0, "alert_type": "scheduled", "folder": "default"}, {}),
        (
            {"query_condition": {**SQL, "vrl_function": ". = []"}},
            {"query_condition": {**SQL, "vrl_function": "\n. = [] \r\n .\n"}},
        ),
        ({"query_condition": {**SQL, "vrl_function": "."}}, {}),
        (
            {"query_condition": {"type": "custom", "conditions": EMPTY}},
            {"query_condition": {"type": "custom", "conditions": {"and": []}}},
        ),
    ],
)
def test_what_means_the_same_is_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Order, defaults, white space, and who owns an alert make no difference."""
    assert KIND.canonical({**ALERT, **one}) == KIND.canonical({**ALERT, **other})


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"stream_name": "other"},
        {"folder": "other"},
        {"enabled": False},
        {"description": "d"},
        {"template": "t"},
        {"destinations": ["other"]},
        {"deduplication": {}},
        {"context_attributes": {"a": "b"}},
        {"tz_offset": 60},
        triggered(threshold=2),
        triggered(operator="="),
        triggered(frequency=2),
        triggered(cron="0 0 9 * * *"),
        triggered(align_time=False),
        {"query_condition": {**SQL, "vrl_function": ".a = 1"}},
    ],
)
def test_what_means_something_else_differs(change: dict[str, Any]) -> None:
    """A change of meaning is a difference, and it reaches the server."""
    assert KIND.canonical({**ALERT, **change}) != KIND.canonical(ALERT)
    if "folder" not in change:
        assert fold_alert({**ALERT, **change}) != fold_alert(ALERT)


def test_an_alert_saved_unchanged_in_the_ui_is_the_same() -> None:
    """The UI adds an empty group of conditions and the time zone of the browser."""
    body = fold_alert(ALERT)
    body["query_condition"] = {
        **dict.fromkeys(("aggregation", "promql", "promql_condition", "vrl_function")),
        **body["query_condition"],
        "conditions": {"version": 2, "conditions": EMPTY},
    }
    body["trigger_condition"] = {**body["trigger_condition"], "timezone": "UTC", "cron": ""}
    server = {"id": "1", "org_id": "default", "last_triggered_at": 7, "last_edited_by": "b"}
    assert unfold_alert({**body, **server, "updated_at": 9}) == KIND.canonical(ALERT)


def test_a_custom_query_loses_what_the_ui_left_of_an_earlier_type() -> None:
    """The server looks at what belongs to the type only."""
    body = fold_alert({**ALERT, "query_condition": CUSTOM})
    body["query_condition"]["sql"] = "SELECT 1"
    assert unfold_alert(body)["query_condition"] == CUSTOM


@given(st.text(alphabet=".a= \n#ä€", max_size=12))
def test_functions_are_encoded_so_that_everybody_reads_them(text: str) -> None:
    """There is no padding to disagree about, the text ends as the server wants it, and returns."""
    alert = {**ALERT, "query_condition": {**SQL, "vrl_function": f"x{text}"}}
    encoded = fold_alert(alert)["query_condition"]["vrl_function"]
    assert not set(encoded) & set("+/=")
    assert base64.urlsafe_b64decode(encoded).decode().endswith("\n.")
    assert unfold_alert(fold_alert(alert)) == KIND.canonical(alert)


@pytest.mark.parametrize("padding", ["", "=", "."])
def test_a_function_of_the_ui_is_read(padding: str) -> None:
    """The UI pads base64 with dots."""
    encoded = base64.urlsafe_b64encode(b". = []\n.").decode().rstrip("=") + padding
    body = {**fold_alert(ALERT), "query_condition": {**SQL, "vrl_function": encoded}}
    assert unfold_alert(body)["query_condition"]["vrl_function"] == ". = []\n."


def test_recorded_alerts_are_what_was_sent(
    recorded: Callable[[str], list[dict[str, Any]]],
) -> None:
    """What a real server answers for an alert means what it was sent."""
    exchanges = recorded("07-alerts")
    sent = {
        one["response"]["body"]["id"]: one["request"]["json"]
        for one in exchanges
        if one["request"]["method"] == "POST" and one["response"]["status"] == 200
    }
    assert len(sent) == 7
    shown = [one for one in exchanges if one["what"] == "get" and one["response"]["status"] == 200]
    assert len(shown) == 1
    for exchange in shown:
        body = exchange["response"]["body"]
        assert unfold_alert(body) == unfold_alert(sent[body["id"]])


def test_recorded_alerts_are_judged_as_the_server_did(
    recorded: Callable[[str], list[dict[str, Any]]],
) -> None:
    """What a real server refused for its form is refused here; what needs the server is not."""
    seen: dict[str, bool] = {}
    for exchange in recorded("07-alerts"):
        body = exchange["request"].get("json", {})
        if exchange["request"]["method"] != "POST" or "anomaly_config" in body:
            continue
        trigger = {
            key: v for key, v in body["trigger_condition"].items() if key != "frequency_type"
        }
        ours = {key: v for key, v in body.items() if key not in {"id", "is_real_time"}}
        query = body["query_condition"]
        if query.get("vrl_function"):
            query = {**query, "vrl_function": "."}
        inputs = {**ours, "trigger_condition": trigger, "query_condition": query}
        seen[exchange["what"]] = KIND.problems(inputs) == []
    refused = {what for what, fine in seen.items() if not fine}
    assert refused == {"no destination", "name with a space", "select star", "period missing"}
    assert len(seen) == 17
