"""The verdict on every panel of a first run."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import ApiError, LlmCostError
from llmcost_infra.first_run.panels import PanelAnswer, ask_panels

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = dict[str, Any]


def dashboard(**panel: Any) -> dict[str, Any]:
    """A dashboard of one panel."""
    shape = {
        "order": 10,
        "type": "metric",
        "title": "Total LLM Cost ($)",
        "query": "SELECT SUM(cost_usd) AS total_cost FROM calls",
        "stream_type": "traces",
        "y_axis": [{"alias": "total_cost"}],
        "config": {"unit": "currency-dollar", "decimals": 2},
    }
    return {"tabs": {"overview": {"order": 10, "name": "Overview", "panels": {"p": shape | panel}}}}


def ask(board: dict[str, Any], rows: Sequence[Row], **truth: str) -> PanelAnswer:
    """The answer of the only panel."""
    exact = {name: Decimal(value) for name, value in truth.items()}
    (answer,) = ask_panels(board, lambda _sql, _type: rows, exact)
    return answer


def test_a_panel_that_shows_the_truth_is_good() -> None:
    """Equal to the sent traffic: as sent, with the figure in the panel's unit."""
    answer = ask(dashboard(), [{"total_cost": 1234.567}], total_cost="1234.567")
    assert answer == PanelAnswer(
        "Overview", "Total LLM Cost ($)", 1, "$1,234.57", "as sent", good=True
    )


def test_the_rows_of_a_chart_are_added_up() -> None:
    """Buckets and slices add up to the total."""
    rows = [{"total_cost": 1.5}, {"total_cost": 2.25}]
    assert ask(dashboard(), rows, total_cost="3.75").good


def test_a_cent_of_difference_is_told() -> None:
    """A panel that is a cent off fails, and both figures are named."""
    answer = ask(dashboard(), [{"total_cost": 10.01}], total_cost="10.00")
    assert not answer.good
    assert answer.verdict == "total_cost is 10.010000, not 10.000000"


def test_a_figure_that_only_rounds_to_the_truth_is_told() -> None:
    """Half a cent does not pass as equal."""
    assert not ask(dashboard(), [{"total_cost": 10.004}], total_cost="10.00").good


def test_without_a_known_truth_a_panel_just_answers() -> None:
    """A panel of the user's own is only asked to return rows."""
    answer = ask(dashboard(), [{"total_cost": 3}])
    assert (answer.verdict, answer.good) == ("answers", True)


def test_no_rows_is_no_data() -> None:
    """An empty panel is never good."""
    answer = ask(dashboard(), [])
    assert (answer.rows, answer.verdict, answer.good) == (0, "no data", False)


def test_a_column_of_nulls_is_named() -> None:
    """The UI draws nothing for a column that is null everywhere."""
    answer = ask(dashboard(), [{"total_cost": None}])
    assert (answer.verdict, answer.good) == ("no value in total_cost", False)


def test_an_alias_that_no_row_has_is_named() -> None:
    """A misspelt alias answers rows and shows nothing."""
    answer = ask(dashboard(y_axis=[{"alias": "totl"}]), [{"total_cost": 1}])
    assert answer.verdict == "no value in totl"


def test_a_refused_statement_is_told_and_the_others_go_on() -> None:
    """One broken panel does not hide the rest."""
    board = dashboard()
    panels = board["tabs"]["overview"]["panels"]
    panels["q"] = panels["p"] | {"order": 5, "title": "First", "query": "SELECT broken"}

    def search(sql: str, _stream_type: str) -> list[Row]:
        if "broken" in sql:
            raise ApiError(400, "Search SQL execute error", request="POST /_search")
        return [{"total_cost": 1}]

    first, second = ask_panels(board, search, {})
    assert (first.panel, first.good) == ("First", False)
    assert "Search SQL execute error" in first.verdict
    assert second.good


def test_variables_are_sent_as_the_ui_sends_all() -> None:
    """Nothing chosen means the server's word for all, quoted where several may be chosen."""
    board = dashboard(query="WHERE team IN (${team}) AND model = '${model}'")
    board["variables"] = {"team": {"multi_select": True}, "model": {}}
    seen: list[str] = []

    def search(sql: str, _stream_type: str) -> list[Row]:
        seen.append(sql)
        return [{"total_cost": 1}]

    list(ask_panels(board, search, {}))
    assert seen == ["WHERE team IN ('_o2_all_') AND model = '_o2_all_'"]


def test_an_undeclared_variable_is_an_error() -> None:
    """A name that nobody declared would stay in the SQL as it is."""
    with pytest.raises(LlmCostError, match="'nobody'"):
        ask(dashboard(query="WHERE a IN (${nobody})"), [])


def test_a_text_panel_has_nothing_to_ask() -> None:
    """Markdown has no SQL."""
    board = dashboard(type="markdown", query="", y_axis=[])
    assert list(ask_panels(board, lambda _sql, _type: [], {})) == []


@pytest.mark.parametrize(
    ("value", "config", "shown"),
    [
        (0.00123, {"unit": "currency-dollar", "decimals": 4}, "$0.0012"),
        (1234567, {"unit": "numbers"}, "1,234,567"),
        (2.5, {}, "2.50"),
    ],
)
def test_the_headline_has_the_panels_unit(value: float, config: Row, shown: str) -> None:
    """Dollars with the panel's decimals, counts without any."""
    assert ask(dashboard(config=config), [{"total_cost": value}]).headline == shown
