"""What a project declares itself is planned with every column profile, whichever it uses."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from llmcost_infra.check.gathering import Gathering
from llmcost_infra.check.profiles import other_profiles
from llmcost_infra.check.running import check
from llmcost_infra.check.stack import StackView
from llmcost_infra.profiles import PROFILES
from llmcost_infra.resources import Source
from tests.check.cases import CASES, alert, program

CHECKOUT = Path(__file__).parents[2]


def test_all_that_we_ship_is_planned_with_every_other_profile() -> None:
    """Every panel with a statement and every alert, on the columns that the profile declares."""
    views = {name: StackView(program) for name, program in other_profiles(CHECKOUT)}
    assert {*views, "pipeline"} == set(PROFILES)
    for view in views.values():
        assert len(view.statements) > 50
        assert all(one.analysis.plan for one in view.statements)


def test_a_project_without_declarations_of_its_own_costs_nothing(tmp_path: Path) -> None:
    """The shipped ones are held to this in our own tests."""
    assert list(other_profiles(tmp_path)) == []


def test_a_statement_that_fails_with_another_profile_only_is_a_warning(tmp_path: Path) -> None:
    """It blocks nobody who does not use that profile; the line is that of the template."""
    shutil.copytree(CHECKOUT / "alerts", tmp_path / "alerts")
    template = tmp_path / "alerts/sql/heartbeat.sql.j2"
    statement = template.read_text()
    template.write_text(statement.replace("WHERE ", "WHERE llmcost_dialect = 'x' AND ", 1))
    assert template.read_text() != statement
    report = check(tmp_path, ())
    told = [one for one in report.findings if one.rule == "sql-plan"]
    assert {one.severity for one in told} == {"warning"}
    assert {Path(one.path).name for one in told} == {"heartbeat.sql.j2"}
    assert {one.message.partition(":")[0] for one in told} == {
        f"with profile {name}" for name in PROFILES if name != "pipeline"
    }


def test_what_a_stack_has_as_well_is_told_of_the_stack_alone(tmp_path: Path) -> None:
    """One mistake is one finding, and not one more for each profile."""
    shutil.copytree(CHECKOUT / "alerts", tmp_path / "alerts")
    template = tmp_path / "alerts/sql/heartbeat.sql.j2"
    template.write_text(template.read_text().replace("WHERE ", "WHERE nowhere AND ", 1))
    wrong = replace(
        CASES["sql-plan"].wrong.resources[-1],
        type="openobserve:index:Alert",
        inputs={
            **alert().resources[-1].inputs,
            "query_condition": {
                "type": "sql",
                "sql": 'SELECT COUNT(*) AS n FROM "llm_calls" WHERE nowhere',
            },
        },
        source=Source("alerts/heartbeat.yaml"),
    )
    gathering = Gathering(tmp_path)
    for profile, other in other_profiles(tmp_path):
        gathering.with_profile(profile, other)
    gathering.registered("dev", gathering.view(program(wrong)))
    told = [one for one in gathering.findings(()) if one.rule == "sql-plan"]
    assert [(one.severity, one.stacks) for one in told] == [("error", ("dev",))]


def test_what_cannot_be_loaded_is_left_to_the_programs(tmp_path: Path) -> None:
    """The program of a stack says what is wrong with it, and where."""
    (tmp_path / "alerts").mkdir()
    (tmp_path / "alerts/heartbeat.yaml").write_text("title: x\n")
    assert list(other_profiles(tmp_path)) == []
