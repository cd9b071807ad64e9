"""A check of several stacks: one finding a mistake, at its line, whatever else is broken."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from llmcost_infra.check.gathering import Gathering
from llmcost_infra.check.running import check, findings_of
from llmcost_infra.errors import DeclarationError, ProgramError
from llmcost_infra.openobserve.kinds.base import Problem
from llmcost_infra.program import Program
from llmcost_infra.program.project import stack_names
from llmcost_infra.resources import Source
from tests.check.cases import CASES

CHECKOUT = Path(__file__).parents[2]


def test_the_repository_is_clean_in_every_stack() -> None:
    """What we ship breaks none of our own rules, warnings included."""
    report = check(CHECKOUT, stack_names(CHECKOUT), today=date(2026, 11, 28))
    assert report.findings == ()
    assert len(report.stacks) >= 4


def test_the_same_mistake_in_two_stacks_is_told_once(tmp_path: Path) -> None:
    """With the names of the stacks that have it."""
    wrong = CASES["sql-plan"].wrong
    [found] = findings_of(tmp_path, {"dev": wrong, "prod": wrong})
    assert found.stacks == ("dev", "prod")
    assert (found.path, found.line) == (str(tmp_path / "__main__.py"), 3)
    assert "did you mean 'llmcost_cost_usd'?" in found.hint


def test_a_stack_that_fails_is_a_finding_beside_the_others(tmp_path: Path) -> None:
    """A wrong declaration has its line; a program that raised names the stack's file."""
    found = findings_of(
        tmp_path,
        {
            "dev": CASES["sql-plan"].wrong,
            "prod": DeclarationError("is wrong", path="a.yaml", line=4, hint="mend it"),
            "staging": ProgramError("The program raised."),
        },
    )
    told = {one.rule: (Path(one.path).name, one.line, one.stacks) for one in found}
    assert told == {
        "sql-plan": ("__main__.py", 3, ("dev",)),
        "declaration": ("a.yaml", 4, ("prod",)),
        "program": ("Pulumi.staging.yaml", 0, ("staging",)),
    }


CONFIGURED = """\
config:
  openobserve:user: ci@example.com
  openobserve:url: {url}
  openobserve:password: {{secure: v1:abc}}
"""


@pytest.mark.parametrize(
    ("url", "said", "hint"),
    [
        ("localhost:5080", "has no scheme", "write https:// or http:// before it"),
        ("observe.example.com", "has no scheme", "write https:// or http:// before it"),
        ("https://me:hunter22@observe.example.com", "carries a user or a password", "put them"),
        ("hunter22:hunter22@observe.example.com", "carries a user or a password", "put them"),
        ("https://observe.example.com/web/?key=hunter22", "is the address of a page", "write what"),
        ('"  "', "is no address of a server", "write it with scheme and host"),
        ("https://observe.example.com/base/", "", ""),
        ("{secure: v1:abc}", "", ""),
        ('""', "", ""),
    ],
)
def test_an_address_of_a_server_is_looked_at_where_it_stands(
    tmp_path: Path, url: str, said: str, hint: str
) -> None:
    """Before the engine starts, without what it carries; a secret one is the provider's to see."""
    (tmp_path / "Pulumi.yaml").write_text("name: acme\nruntime: python\n")
    (tmp_path / "__main__.py").touch()
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(CONFIGURED.format(url=url))
    gathering = Gathering(tmp_path)

    gathering.configured("dev")

    told = [(one.path, one.line, one.message, one.hint) for one in gathering.findings([])]
    assert [one[:2] for one in told] == [(str(file), 3)] * bool(said)
    assert all(f"openobserve:url: {said}" in one[2] and hint in one[3] for one in told)
    assert "hunter22" not in str(told)


def test_what_the_preview_would_refuse_is_found(tmp_path: Path) -> None:
    """The rules of a kind are not written a second time: their problems are findings."""
    right = CASES["sql-plan"].right
    broken = replace(right.resources[0], problems=(Problem("name", "must not be empty"),))
    [found] = findings_of(tmp_path, {"dev": Program("shop", "dev", (broken,), ())})
    assert (found.rule, found.message) == ("body", "Stream llm_calls: name: must not be empty")


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    """Return a project with a dashboard of its own and its statement."""
    shutil.copytree(CHECKOUT / "dashboards", tmp_path / "dashboards")
    return tmp_path


def test_a_finding_in_a_statement_is_at_its_line_in_the_template(declared: Path) -> None:
    """Not at the line of the program that read it; the declaration is named beside it."""
    template = declared / "dashboards/sql/total_cost.sql.j2"
    lines = template.read_text().splitlines()
    template.write_text("\n".join([*lines, "WHERE nowhere = 1", ""]))
    [stream, dashboard] = CASES["sql-plan"].wrong.resources
    panel = dashboard.inputs["tabs"]["t"]["panels"]["p"]
    panel = {**panel, "query": 'SELECT COUNT(*) AS n FROM "llm_calls" WHERE nowhere = 1'}
    tabs = {"overview": {"order": 1, "name": "T", "panels": {"total_cost": panel}}}
    moved = replace(
        dashboard,
        inputs={**dashboard.inputs, "tabs": tabs},
        source=Source("dashboards/llm_cost.yaml"),
    )
    [found] = findings_of(declared, {"dev": Program("shop", "dev", (stream, moved), ())})
    assert (found.path, found.line) == (str(template), len(lines) + 1)
    assert found.declaration == str(declared / "dashboards/llm_cost.yaml")


def test_a_mistake_in_a_function_is_at_its_line_in_the_template(tmp_path: Path) -> None:
    """Whatever stands before it when the template is rendered."""
    shutil.copytree(CHECKOUT / "pipelines", tmp_path / "pipelines")
    template = tmp_path / "pipelines/quarantine.vrl.j2"
    lines = template.read_text().splitlines()
    template.write_text("\n".join([*lines, ".a = strng(.b)", ""]))
    wrong = replace(
        CASES["function-syntax"].wrong.resources[-1],
        type="openobserve:index:Function",
        inputs={"name": "quarantine", "function": "\n\n.a = strng(.b)\n."},
        source=Source("pipelines/quarantine.vrl.j2"),
    )
    [found] = findings_of(tmp_path, {"dev": Program("shop", "dev", (wrong,), ())})
    assert (found.rule, found.path, found.line) == (
        "function-syntax",
        str(template),
        len(lines) + 1,
    )


def test_prices_past_their_review_are_warnings() -> None:
    """A date that passes makes no check of an unchanged project fail."""
    report = check(CHECKOUT, (), today=date(2036, 1, 1))
    assert report.findings
    assert {(one.rule, one.severity) for one in report.findings} == {("price-review", "warning")}
    assert report.errors == 0
    assert all(Path(one.path).is_file() for one in report.findings)
