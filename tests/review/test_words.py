"""How a difference is said."""

from __future__ import annotations

from typing import Any

import pytest

from llmcost_infra.program import Program
from llmcost_infra.review.changes import merged
from llmcost_infra.review.finding import Finding, Subject
from llmcost_infra.review.objects import object_findings, program_findings
from llmcost_infra.review.texts import line_diff, sql_words
from tests.review.bodies import registered

PANEL: dict[str, Any] = {
    "title": "Cost by Model", "type": "pie", "order": 20, "width": 64, "query": "SELECT 1 AS cost",
}  # fmt: skip
OTHER: dict[str, Any] = {**PANEL, "title": "Cost", "order": 10}
SQL = "SELECT SUM(cost_usd) AS spent\nFROM calls\nWHERE spent > 500"
ALERT: dict[str, Any] = {
    "name": "daily_budget", "stream_name": "llm_calls", "stream_type": "traces",
    "destinations": ["chat"], "query_condition": {"type": "sql", "sql": SQL},
    "trigger_condition": {"period": 10, "frequency": 5}, "row_template": "limit $500.00",
    "context_attributes": {"severity": "warn"},
}  # fmt: skip


def dashboard(**panels: dict[str, Any]) -> dict[str, Any]:
    """A dashboard with one tab."""
    return {
        "title": "LLM Cost",
        "tabs": {"overview": {"name": "Overview", "order": 1, "panels": panels}},
    }


def said(kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[str]:
    """What the review says, with whom it says it of."""
    old, new = (None if one is None else registered(kind, "one", one) for one in (before, after))
    return [
        f"{' · '.join(' '.join(part) for part in one.subject.parts[-2:])}: {one.sentence}"
        for one in object_findings(old, new)
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": "Cost"}, "title Cost by Model → Cost"),
        ({"type": "bar"}, "chart pie → bar"),
        ({"query": "SELECT 1 AS cost, 2 AS calls"}, "SQL changed (adds calls)"),
        ({"query": "SELECT 2 AS cost"}, "SQL changed (1 → 2)"),
        ({"query": "SELECT 1\nAS cost"}, "SQL changed (only its lines are broken differently)"),
        ({"config": {"unit": "percent"}}, 'cost_by_model config set to {"unit": "percent"}'),
        ({"y_axis": [{"label": "Cost", "alias": "c"}]}, "y axis set to Cost"),
        ({"width": 96}, "wider by 32"),
        ({"order": 5}, "moved left by 64"),
        ({"order": 21}, None),
    ],
)  # fmt: skip
def test_a_panel_says_what_is_different(change: dict[str, Any], sentence: str | None) -> None:
    """Each property of a panel has its words; an order number that moves nothing has none."""
    before = dashboard(cost=OTHER, cost_by_model=PANEL)
    after = dashboard(cost=OTHER, cost_by_model={**PANEL, **change})

    own = [one for one in said("Dashboard", before, after) if "panel Cost" in one]

    expected = [] if sentence is None else [sentence.replace("cost_by_model", "cost by model")]
    assert [one.split(": ", 1)[1] for one in own][: len(expected) or None] == expected


def test_what_gives_way_is_told_once_for_the_tab() -> None:
    """Panels that only move because another one grew are one finding together."""
    panels = {name: {**PANEL, "title": name, "order": n} for n, name in enumerate("abcd", 1)}
    wide = {**panels, "a": {**panels["a"], "width": 192}}

    assert said("Dashboard", dashboard(**panels), dashboard(**wide)) == [
        "tab Overview · panel a: wider by 128",
        "dashboard LLM Cost · tab Overview: b, c, d give way",
    ]


def test_an_item_of_a_list_that_both_sides_have_says_its_values() -> None:
    """A line at another height is told with both, beside lines that come and go."""
    line, new = {"name": "Budget", "value": "20"}, {"name": "Goal", "value": "5"}
    lines = ([line, {"name": "Old"}], [{**line, "value": "30"}, new])
    before, after = (dashboard(a={**PANEL, "config": {"mark_line": one}}) for one in lines)

    [found] = said("Dashboard", before, after)
    assert found.endswith(": config mark line: Budget, value 20 → 30; adds Goal; removes Old")


def test_a_new_panel_is_added_and_not_compared() -> None:
    """A panel that is on one side only is one finding, with its SQL."""
    assert said("Dashboard", dashboard(a=OTHER), dashboard(a=OTHER, b=PANEL)) == [
        "tab Overview · panel Cost by Model: added (pie)"
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {
                "query_condition": {"type": "sql", "sql": SQL.replace("500", "400")},
                "row_template": "limit $400.00",
            },
            "limit 500 → 400",
        ),
        ({"destinations": ["chat", "oncall"]}, "route adds oncall"),
        ({"context_attributes": {"severity": "page"}}, "severity warn → page"),
        ({"trigger_condition": {"period": 20, "frequency": 5}}, "looks back 10 → 20 min"),
        ({"row_template": "limit reached"}, "text of the message changed"),
        ({"enabled": False}, "enabled set to no"),
    ],
)
def test_an_alert_says_what_is_different(change: dict[str, Any], sentence: str) -> None:
    """Limit, route, severity, schedule and text have their words, and a limit is said once."""
    assert said("Alert", ALERT, {**ALERT, **change}) == [f"alert daily budget: {sentence}"]


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (30, 7, "retention 30 → 7 days: deletes about 23 days"),
        (7, 30, "retention 7 → 30 days"),
        (None, 7, "retention the server's own → 7 days: deletes all above 7 days"),
        (7, None, "retention 7 → the server's own days"),
    ],
)
def test_a_shorter_retention_says_what_it_deletes(
    before: int | None, after: int | None, sentence: str
) -> None:
    """Rows that a change would delete are named; a longer retention deletes none."""
    body = {"name": "llm_content", "stream_type": "traces"}
    old, new = ({**body, "data_retention": one} if one else body for one in (before, after))

    assert said("Stream", old, new) == [f"stream llm_content: {sentence}"]


def test_a_new_object_says_what_comes_with_it() -> None:
    """An alert tells what it waits for, how often and whom it tells; a dashboard its tabs."""
    alert = {**ALERT, "description": "Too dear.", "destinations": ["chat", "oncall"]}
    patient = {**alert, "trigger_condition": {"period": 10, "frequency": 5, "threshold": 3}}

    assert facts("Alert", alert) == ["Too dear", "asked every 5 min", "warn to chat, oncall"]
    assert "asked every 5 min, fires from 3 rows on" in facts("Alert", patient)
    assert facts("Dashboard", dashboard(a=PANEL, b=OTHER)) == ["2 panels on 1 tab, Overview (2)"]


def test_the_same_new_object_of_two_stacks_is_told_once() -> None:
    """What differs in a fact alone is told with the stacks; what one does not have is left out."""
    subject = Subject("one", (("alert", "one"),))
    facts = {
        "dev": (("condition", "too dear"), ("route", "warn to mail")),
        "prod": (("condition", "too dear"), ("route", "warn to chat"), ("expected", "once")),
    }
    found = {
        stack: [Finding(subject, "added", "added", (), facts=own)] for stack, own in facts.items()
    }

    [change] = merged(found, {}, {"one": ["dev", "prod"]})

    told = "added: too dear; warn to mail (dev); warn to chat (prod); once (prod)"
    assert (change.finding.sentence, change.stacks) == (told, ("dev", "prod"))


def facts(kind: str, inputs: dict[str, Any]) -> list[str]:
    """What is said of a new object."""
    program = Program("project", "dev", (registered(kind, "one", inputs),), ())
    [found] = program_findings(Program("project", "dev", (), ()), program)
    return [words for _, words in found.facts]


def test_an_object_on_one_side_is_added_or_removed() -> None:
    """A whole object is one finding."""
    assert said("Alert", None, ALERT) == ["alert daily budget: added"]
    assert said("Alert", ALERT, None) == ["alert daily budget: removed"]


def test_a_function_counts_its_lines() -> None:
    """A program is told by its lines, and the diff shows them."""
    before, after = ({"name": "f", "function": text} for text in ("a = 1\n.", "a = 2\nb = 3\n."))

    assert said("Function", before, after) == ["function f: VRL changed (2 lines added, 1 removed)"]


def test_a_diff_shows_what_is_around_a_change() -> None:
    """Two lines of context stand around each change, and a mark for what is left out."""
    before = "\n".join("abcdefghijkl")

    assert line_diff(before, before.replace("a", "A").replace("l", "L")) == (
        "-a", "+A", " b", " c", " …", " j", " k", "-l", "+L",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("SELECT a\nFROM b\nWHERE c > 5", "SELECT a, d\nFROM b\nWHERE c > 6", "5 → 6; adds d"),
        ("SELECT a FROM b", "SELECT SUM(a) FROM b", "the same columns in another expression"),
        ("SELECT a, b FROM c", "SELECT a FROM c", "leaves out b"),
        ("SELECT x", "SELECT llmcost_cache_read_tokens", "adds cache read tokens; leaves out x"),
    ],
)
def test_another_statement_in_a_few_words(before: str, after: str, words: str) -> None:
    """Columns that come and go are named as a person says them, numbers with both values."""
    assert sql_words(before, after) == words
