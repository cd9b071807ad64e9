"""Alerts are declared, checked at their lines, and rendered for one stack."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.catalog import load_alert, load_alerts, load_notification, render_alert
from llmcost_infra.catalog.alerts import shown
from llmcost_infra.columns import BILLING, QUARANTINED, ROLLUP, STORED
from llmcost_infra.declarations import InvalidDeclaration, names
from llmcost_infra.errors import DeclarationError
from llmcost_infra.openobserve.kinds.alert import AlertKind
from llmcost_infra.profiles import ATTRIBUTED, PROFILES
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import DeclaredStreams, query

if TYPE_CHECKING:
    from pathlib import Path

YAML = {
    "title": "Own",
    "description": "Something is wrong.",
    "reason": "Somebody has to know.",
    "owner": "me",
    "severity": "warn",
    "runbook": "Look.",
    "window_minutes": "60",
    "frequency_minutes": "5",
    "silence_minutes": "60",
    "limits": "{limit_usd: {value: '1.5'}}",
    "text": "'{model} cost ${cost}'",
    "expected_firings_per_30d": "1",
}
SQL = """\
SELECT {{ found_at() }}, model, cost
FROM (
  SELECT model, SUM(cost_usd) AS cost
  FROM {{ calls('model', 'cost_usd') }}
  GROUP BY model
) AS costs
WHERE cost > {{ limit('limit_usd') }}
"""
DAY = TimeRange(0, 86_400_000_000)
# Every limit that settings may hold, so that no alert is left out.
EVERYTHING: dict[str, Any] = {
    "environment": "prod",
    "budget": {
        "monthly_usd": "900",
        "no_team_daily_usd": "5",
        "team_daily_usd": {"search": "5"},
        "feature_daily_usd": {"chat": "7.5"},
    },
    "billing": [{"provider": "openai", "account": "org-acme"}],
}
# What only a stack has that fills its stream itself.
OWN = {"history": True}


@dataclass(frozen=True)
class Project:
    """A project with an alert of its own."""

    path: Path

    def declare(self, sql: str = SQL, /, **changed: str | None) -> None:
        """Write the alert, with some keys changed or left out."""
        keys = {key: value for key, value in {**YAML, **changed}.items() if value is not None}
        text = "".join(f"{key}: {value}\n" for key, value in keys.items())
        (self.path / "alerts" / "sql").mkdir(parents=True, exist_ok=True)
        (self.path / "alerts" / "own.yaml").write_text(text)
        (self.path / "alerts" / "sql" / "own.sql.j2").write_text(textwrap.dedent(sql))

    def problems(self) -> list[str]:
        """Return what is wrong with the alert, with paths from its folder."""
        with pytest.raises(InvalidDeclaration) as caught:
            load_alert("own", self.path)
        folder = f"{self.path}/alerts/"
        return [str(problem).removeprefix(folder) for problem in caught.value.problems]

    def rendered(self, **settings: Any) -> list[dict[str, Any]]:
        """Return the inputs of the alert's copies for a stack."""
        stack = Settings.from_mapping({"environment": "test", **settings})
        return [one.inputs for one in render_alert(load_alert("own", self.path), stack)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with a right alert."""
    made = Project(tmp_path)
    made.declare()
    return made


def test_an_alert_becomes_the_inputs_of_its_resource(project: Project) -> None:
    """At least one row, a period that reaches back to the starts of calls, rows as JSON."""
    (inputs,) = project.rendered(prefix="t_")
    assert inputs["name"] == "t_own"
    assert (inputs["stream_type"], inputs["stream_name"]) == ("traces", "t_llm_calls")
    assert inputs["trigger_condition"] == {
        "period": 60 + 60 + 5,
        "frequency": 5,
        "silence": 60,
        "operator": ">=",
        "threshold": 1,
    }
    assert inputs["query_condition"]["sql"].endswith("WHERE cost > 1.5")
    assert inputs["row_template_type"] == "Json"
    assert json.loads(inputs["row_template"]) == {"type": "text", "text": "{model} cost ${cost}\n"}
    assert inputs["context_attributes"] == {
        "environment": "test",
        "incident": "test/t_own|me",
        "owner": "me",
        "pagerduty_severity": "warning",
        "runbook": "Look.",
        "severity": "warn",
        "title": "Own",
    }


@pytest.mark.parametrize("key", sorted(YAML.keys() - {"limits"}))
def test_nothing_may_be_left_out(project: Project, key: str) -> None:
    """An alert without an owner or a runbook line is nobody's."""
    project.declare(**{key: None})
    assert project.problems() == [f"own.yaml:1: {key}: is missing"]


@pytest.mark.parametrize("key", ["title", "description", "owner", "runbook", "text"])
@pytest.mark.parametrize("text", ['a "word"', "a\\b", "a\nb"])
def test_texts_hold_nothing_that_breaks_json(project: Project, key: str, text: str) -> None:
    """The server puts a description into JSON as it is."""
    project.declare(**{key: json.dumps(text)})
    (problem,) = project.problems()
    line = list(YAML).index(key) + 1
    assert problem.startswith(f"own.yaml:{line}: {key}: is not valid here\n  write one line")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("severity", "urgent", "severity: 'urgent' is not valid here"),
        ("window_minutes", "0", "window_minutes: input should be greater than or equal to 1"),
        ("limits", "{limit_usd: {value: '-1'}}", "limits.limit_usd.value: is not valid here"),
        ("limits", "{limit_usd: {value: 1.5}}", "limits.limit_usd.value: write text, in quotes"),
        ("limits", "{limit_usd: {}}", "limits.limit_usd.value: a limit has a value or a setting"),
        ("limits", "{limit_usd: {setting: budget.day}}", "limits.limit_usd.setting: 'budget.day'"),
        (
            "limits",
            "{limit_usd: {setting: budget.team_daily_usd}}",
            "limits.limit_usd: this setting has many limits",
        ),
        ("limits", "{limit_usd: {value: '1'}, b: {value: '2'}}", "limits.b: own.sql.j2 uses no"),
        ("text", "'{mode} cost'", "text: no row has 'mode'\n  did you mean 'model'?"),
        ("text", "'{item} cost'", "text: no row has 'item'"),
        ("each", "{values: []}", "each.values: each has a setting or values"),
        ("drawn", "{value: cots, name: C}", "drawn.value: no row has 'cots'"),
        (
            "drawn",
            "{value: cost, name: C, limit: limit}",
            "drawn.limit: 'limit' is neither a limit nor a column",
        ),
        (
            "drawn",
            "{value: cost, name: C, looser: {usd: '0'}}",
            "drawn.looser.usd: there is no limit 'usd'",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_line(
    project: Project, key: str, value: str, said: str
) -> None:
    """A reviewer finds the place without searching."""
    project.declare(**{key: value})
    (problem,) = project.problems()
    line = list(dict.fromkeys([*YAML, key])).index(key) + 1
    assert problem.startswith(f"own.yaml:{line}: {said}")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (SQL.replace("limit('limit_usd')", "limit('limit')"), "7: there is no limit 'limit'"),
        (SQL.replace("'cost_usd'", "'cost'"), "4: there is no logical column 'cost'"),
        (SQL.replace("GROUP BY", "WHERE a = ${who} GROUP BY"), "5: an alert has no variable 'who'"),
        (SQL.replace("{{ found_at() }}, ", ""), "1: own.sql.j2 returns no utc_date"),
        (SQL.replace("cost > {{ limit('limit_usd') }}", "1 = 1)"), "7: a parenthesis closes"),
        (SQL.replace("SELECT model, SUM", "SELECT * FROM x, SUM"), "3: an alert may not select *"),
        (SQL.replace("> {{ limit", "> {{ item + limit"), "7: 'item' is undefined"),
    ],
)
def test_what_is_wrong_with_the_sql_is_told_at_its_line(
    project: Project, sql: str, said: str
) -> None:
    """An alert that fails on the server is silent for ever: it must not get there."""
    project.declare(sql)
    assert project.problems()[0].startswith(f"sql/own.sql.j2:{said}")


def test_an_alert_that_finds_nothing_to_say_is_refused(project: Project) -> None:
    """The day alone tells nobody anything."""
    project.declare(
        "SELECT {{ found_at() }} FROM {{ calls('model') }} WHERE 1 > {{ limit('limit_usd') }}",
        text="'it happened'",
    )
    (problem,) = project.problems()
    assert "own.sql.j2 returns nothing but utc_date" in problem


def test_an_alert_without_sql_is_refused(project: Project) -> None:
    """The SQL has the name of the alert."""
    (project.path / "alerts" / "sql" / "own.sql.j2").unlink()
    (problem,) = project.problems()
    assert problem.startswith("own.yaml:1: there is no sql/own.sql.j2")


def test_all_problems_of_all_alerts_are_told_at_once(project: Project) -> None:
    """A second broken alert does not wait for the first to be mended."""
    project.declare(severity="urgent")
    (project.path / "alerts" / "other.yaml").write_text("title: Other\n")
    with pytest.raises(InvalidDeclaration) as caught:
        load_alerts(project.path)
    assert {problem.path.name for problem in caught.value.problems} == {"own.yaml", "other.yaml"}  # type: ignore[union-attr] # they are paths


def test_a_window_longer_than_rows_are_kept_is_refused(project: Project) -> None:
    """It would look at less than it says."""
    project.declare(window_minutes=str(3 * 24 * 60))
    with pytest.raises(DeclarationError, match=r"own.yaml:7: window_m"):
        project.rendered(retention={"llm_days": 2})
    assert project.rendered(retention={"llm_days": 3})
    # How long a stream of somebody else keeps its rows is not known.
    assert project.rendered(retention={"llm_days": 2}, profile="llm", stream="default")


BY_TEAM = {
    "each": "{setting: budget.team_daily_usd}",
    "limits": "{limit_usd: {setting: budget.team_daily_usd}}",
}
WHOSE = SQL.replace("WHERE", "WHERE model = {{ item }} AND")


def test_there_is_an_alert_for_each_team_with_a_limit(project: Project) -> None:
    """Each has its own silence; none without limits."""
    project.declare(WHOSE, **BY_TEAM)
    limits = {"search": "5", "O'Brien": "7.25", "o_brien": "8"}
    made = project.rendered(budget={"team_daily_usd": limits})
    assert [one["name"] for one in made] == ["own_o_brien_e6e62496", "own_o_brien", "own_search"]
    assert made[0]["query_condition"]["sql"].endswith("model = 'O''Brien' AND cost > 7.25")
    assert made[0]["context_attributes"]["incident"].endswith("|O'Brien")
    assert project.rendered() == []


def test_a_copy_by_a_value_stays_its_owners(project: Project) -> None:
    """Half of a budget is no team."""
    project.declare(WHOSE, each="{values: ['50', '80']}", text="'past {item} % of ${limit_usd}'")
    first, second = project.rendered()
    assert (first["name"], second["name"]) == ("own_50", "own_80")
    assert first["context_attributes"]["incident"] == "test/own_50|me"
    assert json.loads(second["row_template"])["text"] == "past 80 % of $1.50\n"


def test_a_limit_that_a_stack_does_not_set_leaves_the_alert_out(project: Project) -> None:
    """There is nothing to compare with."""
    project.declare(limits="{limit_usd: {setting: budget.monthly_usd}}")
    assert project.rendered() == []
    (made,) = project.rendered(budget={"monthly_usd": "900.10"})
    assert made["query_condition"]["sql"].endswith("cost > 900.10")


@pytest.mark.parametrize(
    ("name", "amount", "words"),
    [("limit_usd", "5", "5.00"), ("limit_usd", "0.125", "0.12"), ("times", "3.0", "3")],
)
def test_a_limit_reads_as_people_write_it(name: str, amount: str, words: str) -> None:
    """Dollars have cents."""
    assert shown(name, Decimal(amount)) == words


def _streams(profile: str, settings: Settings) -> DeclaredStreams:
    """Return the streams of a stack on a fresh server, with what is declared and no more."""
    types = {"utf8": "Utf8", "int64": "Int64", "uint64": "UInt64", "float64": "Float64"}
    own = {name: types.get(kind, "Boolean") for name, kind in STORED.items()}
    names = settings.streams
    written = {names.billing: BILLING, names.rollup: ROLLUP, names.quarantine: QUARANTINED}
    logs = {
        stream: {name: types[kind] for name, kind in columns.items()}
        for stream, columns in written.items()
    }
    if profile == "pipeline":
        return DeclaredStreams({settings.streams.calls: own} | logs)
    columns = {name: kind for name, kind in own.items() if not name.startswith("llmcost_")}
    columns |= {name: types[kind] for name, kind in PROFILES[profile].declares.items()}
    attributed = [one for name in ATTRIBUTED for one in getattr(settings.attribution, name)]
    read = {settings.streams.calls: columns | dict.fromkeys(attributed, "Utf8")}
    return DeclaredStreams(read | logs)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", names("alerts"))
def test_every_shipped_alert_runs_on_a_fresh_server(name: str, profile: str) -> None:
    """With every profile: the server runs it on declared columns, and the provider takes it."""
    own = OWN if profile == "pipeline" else {"stream": "default"}
    settings = Settings.from_mapping({**EVERYTHING, "profile": profile, **own})
    kind = AlertKind()
    made = render_alert(load_alert(name), settings)
    assert made or (profile != "pipeline" and name in {"unfinished_rows", "rollup_differs"})
    for one in made:
        answer = query(one.inputs["query_condition"]["sql"], _streams(profile, settings), DAY)
        assert not answer.fault
        assert "utc_date" in {field.name for field in answer.fields}
        inputs = {**one.inputs, "destinations": ["d"], "organization": "default"}
        assert kind.problems(kind.defaults(inputs)) == []


@pytest.mark.parametrize("route", ["slack", "teams", "pagerduty", "webhook", "email"])
def test_every_kind_of_route_has_its_words(route: str) -> None:
    """They say what was found, for whom, and what to do."""
    text = load_notification(route)
    for name in ("title", "environment", "alert_description", "runbook", "owner", "utc_date"):
        assert f"{{{name}}}" in text
    assert "{rows" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": "{rows}",\n "b": "{alert_nam}"}', "2: nothing fills in {alert_nam}"),
        ('{"a": "{rows}"', "1: is not JSON"),
        ('{"a": 1,\n "b": ["found: {rows}"]}', "2: rows stand inside a text"),
    ],
)
def test_words_that_would_not_arrive_are_refused(tmp_path: Path, text: str, said: str) -> None:
    """A receiver drops what it cannot read."""
    path = tmp_path / "alerts" / "notifications" / "webhook.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(InvalidDeclaration) as caught:
        load_notification("webhook", tmp_path)
    assert str(caught.value.problems[0]).startswith(f"{path}:{said}")


SCREEN = """
SELECT at_s FROM looks CROSS JOIN {{ calls('cost_usd') }} WHERE cost_usd > {{ limit('limit_usd') }}
"""


def test_a_screen_is_filled_as_the_statement_beside_it(project: Project) -> None:
    """Streams, columns and limits of a stack are read back from what it registers."""
    (project.path / "alerts" / "sql" / "own.screen.sql.j2").write_text(SCREEN)
    spec = load_alert("own", project.path)
    (inputs,) = project.rendered(prefix="t_")

    choices = spec.statements["pipeline"].choices(inputs["query_condition"]["sql"])

    assert choices is not None
    screen = spec.screens["pipeline"].chosen(choices)
    assert 'FROM "t_llm_calls"' in screen
    assert screen.endswith("cost_usd > 1.5")


def test_a_statement_of_another_text_has_no_choices(project: Project) -> None:
    """A screen speaks for its own statement, and for no changed one."""
    (inputs,) = project.rendered()
    sql = inputs["query_condition"]["sql"]

    assert load_alert("own", project.path).statements["pipeline"].choices(sql + " OR TRUE") is None


def test_a_screen_of_somebody_else_is_left_alone(project: Project) -> None:
    """Who writes an alert of a shipped name anew does not inherit the shipped screen."""
    for end in ("yaml", "sql.j2"):
        folder = project.path / "alerts" / ("sql" if end == "sql.j2" else "")
        (folder / f"own.{end}").rename(folder / f"cost_anomaly.{end}")

    assert load_alert("cost_anomaly").screens
    assert load_alert("cost_anomaly", project.path).screens == {}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT at_s, 1 AS one FROM looks", "1: a screen returns at_s and nothing else"),
        ("SELECT at_s + 1 FROM looks", "1: the output"),
        ("\nSELECT {{ limit('usd') }} AS at_s FROM looks", "2: there is no limit 'usd'"),
    ],
)
def test_a_wrong_screen_is_told_with_its_line(project: Project, sql: str, said: str) -> None:
    """Mistakes in a screen are found when the alert is read."""
    path = project.path / "alerts" / "sql" / "own.screen.sql.j2"
    path.write_text(sql)

    with pytest.raises(DeclarationError) as caught:
        load_alert("own", project.path)

    assert str(caught.value).startswith(f"{path}:{said}")
