"""What is wrong with a dashboard is said at its line, all at once, before anything is sent."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.catalog import load_dashboard
from llmcost_infra.columns import LOGICAL
from llmcost_infra.errors import DeclarationError

if TYPE_CHECKING:
    from tests.catalog.conftest import Project

COST = "SELECT SUM(cost_usd) AS cost, COUNT(*) AS n\nFROM {{ calls('cost_usd') }}\n"
TILE = """
    cost:
      order: 10
      type: metric
      title: Cost
      width: 48
      y_axis: {cost: Cost}
      config: {unit: currency-dollar, decimals: 2}
"""
PANEL = textwrap.indent(textwrap.dedent(TILE).partition("cost:\n")[2], " " * 6)
VARIABLES = """
    variables:
      team: {order: 10, label: Team, column: team}
"""


def test_a_good_dashboard_has_no_problems(project: Project) -> None:
    """The tile that the other tests break is right as it stands."""
    project.sql("cost", COST)
    project.declare_panels(TILE)
    assert load_dashboard("own", project.path).name == "own"


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        (
            "cost: Cost}",
            "cots: Cost}",
            (
                "own.yaml:13: tabs.main.panels.cost.y_axis.cots: "
                "cost.sql.j2 returns no column 'cots'\n"
                "  did you mean 'cost'?"
            ),
        ),
        (
            "decimals: 2",
            "decimals: 0",
            (
                "own.yaml:14: tabs.main.panels.cost.config.decimals: "
                "currency-dollar with 0 decimals "
                "shows small amounts of a metric as 0\n  write decimals: 2 or more"
            ),
        ),
        (
            "width: 48",
            "width: 200",
            "own.yaml:12: tabs.main.panels.cost.width: input should be less than or equal to 192",
        ),
        (
            "width: 48",
            "widht: 48",
            (
                "own.yaml:8: tabs.main.panels.cost.width: is missing\n"
                "own.yaml:12: tabs.main.panels.cost.widht: unknown key\n  did you mean 'width'?"
            ),
        ),
        (
            "type: metric",
            "type: metrik",
            (
                "own.yaml:10: tabs.main.panels.cost.type: 'metrik' is not valid here\n"
                "  did you mean 'metric'?"
            ),
        ),
        (
            "type: metric",
            "type: stacked",
            (
                "own.yaml:8: tabs.main.panels.cost.x_axis: stacked takes exactly one, found 0\n"
                "own.yaml:8: tabs.main.panels.cost.breakdown: stacked takes exactly one, found 0\n"
                "own.yaml:14: tabs.main.panels.cost.config.decimals: "
                "currency-dollar with 2 decimals "
                "shows small amounts of a stacked as 0\n  write decimals: 4 or more"
            ),
        ),
        (
            "unit: currency-dollar",
            "unit: curency-dollar",
            (
                "own.yaml:14: tabs.main.panels.cost.config.unit: "
                "'curency-dollar' is not valid here\n"
                "  did you mean 'currency-dollar'?"
            ),
        ),
        (
            "title: Cost",
            "title: Cost\n      title: Again",
            "own.yaml:12: the key 'title' stands twice\n  first on line 11",
        ),
        (
            "title: Cost",
            "title: Cost\n      sql: costs",
            (
                "own.yaml:12: tabs.main.panels.cost.sql: there is no sql/costs.sql.j2\n"
                "  did you mean 'cost'?"
            ),
        ),
    ],
)
def test_a_mistake_in_the_yaml_is_at_its_line(
    project: Project, right: str, wrong: str, problem: str
) -> None:
    """Misspelt keys, wrong values and empty promises: file, line, key and the way out."""
    project.sql("cost", COST)
    project.declare_panels(TILE.replace(right, wrong))
    assert "\n".join(project.problems()) == problem


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (
            "SELECT\n  SUM(cost_usd) AS cost\nFROM {{ calls('cost_usb') }}\n",
            "sql/cost.sql.j2:3: there is no logical column 'cost_usb'\n  did you mean 'cost_usd'?",
        ),
        (
            "SELECT\n  {{ buckets() }} AS cost\nFROM {{ calls() }}\n",
            "sql/cost.sql.j2:2: 'buckets' is undefined\n  did you mean 'bucket'?",
        ),
        (
            "{% if not dark %}\nSELECT 1 AS cost\n{% endif %}\n",
            (
                "sql/cost.sql.j2:1: 'dark' is undefined\n  valid: age, all_calls, billing, bucket, "
                "calls, closed_rollups, counted, environment, found_at, owner_of_feature, rollup, "
                "tool_shares, tools, total, unfinished, usd"
            ),
        ),
        ("SELECT\n{{ calls( }}\n", "sql/cost.sql.j2:2: unexpected '}', expected ')'"),
        (
            "\nSELECT {{ 1 / 0 }} AS cost\nFROM {{ calls() }}\n",
            "sql/cost.sql.j2:2: division by zero",
        ),
        (
            "SELECT\n  1 AS a,\n  SUM(cost_usd) total\nFROM s",
            "sql/cost.sql.j2:3: the output 'SUM () total' has no name: write AS and a name",
        ),
        (
            "SELECT\n  1 AS cost,\n  histogram(x) AS _timestamp\nFROM s",
            "sql/cost.sql.j2:3: nothing may be called _timestamp: write AS ts",
        ),
        (
            "SELECT\n  1 AS a,\n  {{ bucket() }} starting\nFROM s",
            (
                "sql/cost.sql.j2:3: the output 'histogram () starting' has no name: "
                "write AS and a name"
            ),
        ),
        (
            "SELECT\n  1 AS a\n{% include 'rest' %}\n",
            "sql/cost.sql.j2:3: there is no template 'rest'",
        ),
        (
            "{% include 'broken.sql.j2' %}\n",
            "sql/broken.sql.j2:2: Encountered unknown tag 'endfor'.",
        ),
        (
            "SELECT 1 AS cost\n-- why\nFROM s",
            "sql/cost.sql.j2:2: write comments as {# … #}: they are not sent",
        ),
        (
            "SELECT 1 AS cost\nFROM s\nWHERE t IN (${team})",
            "sql/cost.sql.j2:3: the dashboard declares no variable 'team'\n  none is valid here",
        ),
    ],
)
def test_a_mistake_in_the_sql_is_at_its_line(project: Project, template: str, problem: str) -> None:
    """A template that cannot be rendered, read or answered names the line of its own file."""
    project.sql("cost", template)
    project.sql("broken", "SELECT 1 AS cost\n{% endfor %}\n")
    project.declare_panels(TILE)
    assert "\n".join(project.problems()) == problem


def test_an_error_inside_a_macro_is_at_the_line_that_called_it(project: Project) -> None:
    """The author sees their own line, not ours."""
    project.sql("cost", "SELECT COUNT(*) AS cost\nFROM {{ tools('toool') }}\n")
    project.declare_panels(TILE)
    assert project.problems() == [
        "sql/cost.sql.j2:2: there is no logical column 'toool'\n  did you mean 'tool'?"
    ]


def test_what_must_differ_is_compared(project: Project) -> None:
    """Orders among siblings, panel ids and tab names: the second one names the first."""
    project.sql("cost", COST)
    project.sql("spend", COST)
    tab = "    order: 10\n    name: Same\n    panels:\n"
    project.declare(
        f"title: Own\ndefault_time_range: 24h\ntabs:\n  first:\n{tab}"
        f"      cost:\n{PANEL}      spend:\n{PANEL}  second:\n{tab}      cost:\n{PANEL}"
    )
    at = "tabs.second"
    assert project.problems() == [
        f"own.yaml:23: {at}.order: this order stands twice\n  first in tabs.first.order, line 5",
        f"own.yaml:24: {at}.name: this name stands twice\n  first in tabs.first.name, line 6",
        (
            "own.yaml:16: tabs.first.panels.spend.order: this order stands twice\n"
            "  first in tabs.first.panels.cost.order, line 9"
        ),
        (
            f"own.yaml:26: {at}.panels.cost: this panel id stands twice\n"
            "  first in tabs.first.panels.cost, line 8"
        ),
    ]


def test_a_variable_over_an_unknown_column_is_named(project: Project) -> None:
    """A choice must be of something that calls have."""
    project.sql("cost", COST)
    project.declare_panels(TILE, VARIABLES.replace("column: team", "column: teem"))
    assert project.problems() == [
        (
            "own.yaml:5: variables.team.column: there is no logical column 'teem'\n"
            "  did you mean 'team'?"
        )
    ]


def test_a_variable_that_nothing_reads_is_named(project: Project) -> None:
    """People would choose and nothing would change."""
    project.sql("cost", "SELECT COUNT(*) AS cost\nFROM somewhere\n")
    project.declare_panels(TILE, VARIABLES)
    assert project.problems() == ["own.yaml:5: variables.team: no panel uses this variable"]


def test_two_variables_in_one_place_are_named(project: Project) -> None:
    """Their order would be the server's choice."""
    project.sql("cost", COST)
    second = "  user: {order: 10, label: User, column: user}\n"
    project.declare_panels(TILE, VARIABLES + "    " + second)
    assert project.problems() == [
        (
            "own.yaml:6: variables.user.order: this order stands twice\n"
            "  first in variables.team.order, line 5"
        )
    ]


def test_an_undeclared_variable_names_the_nearest(project: Project) -> None:
    """A misspelt variable would reach the server as text."""
    project.sql("cost", COST + "WHERE 'x' IN (${taem})\n")
    project.declare_panels(TILE, VARIABLES)
    assert project.problems() == [
        "sql/cost.sql.j2:3: the dashboard declares no variable 'taem'\n  did you mean 'team'?"
    ]


def test_problems_of_all_files_come_at_once(project: Project) -> None:
    """Two broken panels are told together, in the order of the dashboard."""
    project.sql("cost", COST.replace("'cost_usd'", "'cost'"))
    project.sql("spend", COST)
    second = TILE.replace("cost:", "spend:", 1).replace("order: 10", "order: 20")
    project.declare_panels(TILE + second.replace("{cost:", "{spend:"))
    assert [problem.partition(": ")[0] for problem in project.problems()] == [
        "sql/cost.sql.j2:2",
        "own.yaml:21",
    ]


def test_a_dashboard_that_is_not_there_names_the_nearest(project: Project) -> None:
    """Shipped dashboards are suggested as well as a project's own."""
    with pytest.raises(DeclarationError, match=r"no declaration 'llm_costs'") as caught:
        load_dashboard("llm_costs", project.path)
    assert caught.value.hint == "did you mean 'llm_cost'?"


def test_hints_list_logical_columns() -> None:
    """Names of the suggestions above are logical columns."""
    assert {"cost_usd", "team", "tool", "user"} <= set(LOGICAL)
