"""Answers of real rows are shown when they cannot hold who somebody is or what somebody wrote."""

from __future__ import annotations

import pytest

from llmcost_infra.catalog import load_dashboard, render_dashboard
from llmcost_infra.errors import ApiError, PartialAnswer
from llmcost_infra.first_run.panels import all_selected
from llmcost_infra.review.notes import words_of
from llmcost_infra.review.showable import withheld
from llmcost_infra.settings import Settings

SETTINGS = Settings.from_mapping(
    {"environment": "prod", "history": True, "billing": [{"provider": "openai", "account": "a"}]}
)
CALLS = 'FROM "llm_calls"'


def panels() -> dict[str, str]:
    """Return the statement of each shipped panel by its id, every variable on "all"."""
    found: dict[str, str] = {}
    for name in ("llm_cost", "llm_cost_details"):
        board = render_dashboard(load_dashboard(name), SETTINGS)
        for tab in board["tabs"].values():
            for panel_id, panel in tab["panels"].items():
                if panel.get("query"):
                    found[panel_id] = all_selected(panel["query"], board["variables"])
    return found


def test_of_the_shipped_panels_those_about_people_are_withheld() -> None:
    """Whatever selects a user or a prompt; totals by model, team or month stay."""
    kept_back = {name for name, sql in panels().items() if withheld(sql)}
    assert {
        "cost_by_user",
        "expensive_calls",
        "users",
        "cost_per_user",
        "cost_by_prompt",
    } <= kept_back
    assert not kept_back & {"total_cost", "cost_by_model", "cost_by_team", "months"}


@pytest.mark.parametrize(
    ("select", "why"),
    [
        ("SELECT llmcost_user AS model", "it selects llmcost_user"),
        ("SELECT MAX(llmcost_user) AS llmcost_model", "it selects llmcost_user"),
        ("SELECT CONCAT(llmcost_model, service_name) AS model", "it selects service_name"),
        ("SELECT *", "it selects *"),
        ("SELECT gen_ai_input_messages AS gen_ai_input_messages", "it selects gen_ai"),
        ("SELECT COUNT(DISTINCT llmcost_user) AS users", "it selects llmcost_user"),
        ("SELECT trace_id AS feature, llmcost_cost_usd AS cost", "it shows single calls"),
        ("SELECT llmcost_model AS model, COUNT(*) AS n", ""),
        ("SELECT COUNT(DISTINCT trace_id) AS traces", ""),
    ],
)
def test_what_is_selected_from_a_stream_decides(select: str, why: str) -> None:
    """Under whatever name, and in whatever function; what is not known is withheld."""
    assert withheld(f"{select} {CALLS}").startswith(why)
    assert bool(withheld(f"{select} {CALLS}")) is bool(why)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT model, n FROM ({}) AS t",
        "WITH t AS ({}) SELECT model FROM t",
        'SELECT llmcost_model AS model FROM "llm_calls" UNION ALL SELECT model FROM ({}) AS t',
    ],
)
def test_an_inner_select_cannot_hide_a_user(statement: str) -> None:
    """The outer one may call it what it likes."""
    inner = 'SELECT llmcost_user AS model, COUNT(*) AS n FROM "llm_calls" GROUP BY llmcost_user'
    assert withheld(statement.format(inner)) == "it selects llmcost_user"


def test_what_is_filtered_by_is_in_no_answer() -> None:
    """A condition on a user leaves the total without him."""
    assert withheld(f"SELECT COUNT(*) AS n {CALLS} WHERE llmcost_user IS NOT NULL") == ""


def test_a_statement_that_cannot_be_read_is_withheld() -> None:
    """Nobody can say what its answer would hold."""
    assert withheld("SELECT FROM WHERE (") == "its statement cannot be read"


def test_words_of_a_server_come_without_values() -> None:
    """A failed cast quotes what a client wrote."""
    refused = ApiError(400, "Cannot cast string 'my secret' to Int64", request="POST /_search")
    assert "my secret" not in words_of(refused)
    assert "Cannot cast string" in words_of(refused)
    partial = PartialAnswer(200, "Cannot cast string 'my secret'", request="POST /_search")
    assert words_of(partial) == "the server answers with a part of the rows only"
