"""Cases of single rules that lie between plainly wrong and plainly right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.check.registry import RULES
from llmcost_infra.check.stack import StackView
from tests.check.cases import alert, chart, panel, pipeline, program

if TYPE_CHECKING:
    from llmcost_infra.program import Program

MODELS = [{"alias": "model"}]
TWO = [{"alias": "n"}, {"alias": "cost"}]
MODEL = "SELECT llmcost_model AS model, SUM(llmcost_cost_usd) AS cost, COUNT(*) AS n"


def said(rule: str, made_by: Program) -> list[str]:
    """Return what a rule says."""
    return [one.message for one in RULES[rule].find(StackView(made_by))]


@pytest.mark.parametrize(
    ("where", "hidden"),
    [
        ("", ["model", "cost"]),
        ("WHERE llmcost_model IS NOT NULL", ["cost"]),
        ("WHERE NOT llmcost_model IS NULL AND llmcost_cost_usd IS NOT NULL", []),
        ("WHERE llmcost_model IS NULL", ["model", "cost"]),
    ],
)
def test_where_may_leave_nulls_out(where: str, hidden: list[str]) -> None:
    """What the outermost WHERE leaves out cannot be on an axis."""
    sql = f'{MODEL} FROM "llm_calls" {where} GROUP BY llmcost_model'
    found = said("panel-null", panel(sql, type="bar", x_axis=MODELS, y_axis=TWO))
    assert [one.split("'")[1] for one in found] == hidden


def test_a_table_may_hold_nulls() -> None:
    """It shows the row with an empty cell."""
    sql = f'{MODEL} FROM "llm_calls" GROUP BY llmcost_model'
    assert said("panel-null", panel(sql, type="table", x_axis=MODELS, y_axis=TWO)) == []


@pytest.mark.parametrize(
    ("config", "wrong"),
    [
        ({"unit": "custom"}, True),
        ({"unit": "custom", "decimals": 0}, False),
        ({"unit": "currency-euro", "decimals": 0}, True),
        ({"unit": "currency-euro"}, False),
    ],
)
def test_decimals_are_held_to_the_unit_and_the_type(config: dict[str, Any], *, wrong: bool) -> None:
    """Two are the server's own choice: right for money, wrong for what is counted."""
    sql = 'SELECT COUNT(*) AS n FROM "llm_calls"'
    assert bool(said("panel-decimals", chart(sql, "n", config=config))) is wrong


def sql_alert(condition: str, text: str) -> Program:
    """Return an alert on a sum, with the text of a row."""
    sql = ['SELECT SUM(llmcost_cost_usd) AS cost, 5 AS most FROM "llm_calls"', condition]
    return alert(row_template=text, query_condition={"type": "sql", "sql": "\n".join(sql)})


@pytest.mark.parametrize(
    ("condition", "text", "wrong"),
    [
        ("HAVING SUM(llmcost_cost_usd) > 5", "{cost}", True),
        ("HAVING SUM(llmcost_cost_usd) > 5", "{cost} of 5 USD", False),
        ("HAVING SUM(llmcost_cost_usd) > 5", "{cost} of {most}", False),
        ("HAVING COUNT(llmcost_model) > COUNT(llmcost_cost_usd)", "{cost}", False),
        ("HAVING COUNT(llmcost_model) > COUNT(llmcost_cost_usd)", "something", True),
    ],
)
def test_a_text_says_the_number_that_a_statement_compares_with(
    condition: str, text: str, *, wrong: bool
) -> None:
    """Or what it was compared with; where no number is written, what was found is enough."""
    assert bool(said("alert-limit-text", sql_alert(condition, text))) is wrong


@pytest.mark.parametrize(
    ("selected", "meant"),
    [
        ("llm_calls", "did you mean 'calls'?"),
        ("costs", "did you mean 'cost'?"),
        ("nowhere", "declare it in fields of the Stream, or name another column"),
    ],
)
def test_a_column_is_sought_where_the_statement_looks_for_it(selected: str, meant: str) -> None:
    """What a subquery returns is in reach, and columns of the stream that it leaves out are not."""
    sql = (
        "SELECT {} FROM "
        '(SELECT SUM(llmcost_cost_usd) AS cost, COUNT(*) AS calls FROM "llm_calls") AS spend'
    )
    view = StackView(panel(sql.format(selected)))
    [found] = RULES["sql-plan"].find(view)
    assert (found.word, found.hint) == (selected, meant)


@pytest.mark.parametrize(
    ("program_text", "told"),
    [
        (
            "# a\n.b = strng(.x)\n.",
            (".b = strng(.x)", "call to undefined function", 'did you mean "string"?'),
        ),
        ('.a = = "new"\n.', ('.a = = "new"', "syntax error", "unexpected syntax token")),
        (
            "# a\n" * 9 + ".b = downcase(.x)\n.c = downcase(.x)\n.",
            (".b = downcase(.x)", "unhandled fallible assignment", ".b, err = downcase(.x)"),
        ),
        (". = {\n", ("", "syntax error", "unexpected end of program")),
    ],
)
def test_a_function_is_told_with_its_line_and_the_compilers_advice(
    program_text: str, told: tuple[str, str, str]
) -> None:
    """Without the drawing that the compiler makes of it."""
    [found] = RULES["function-syntax"].find(StackView(program(*pipeline(program_text))))
    word, said_, advice = told
    assert found.word == word
    assert said_ in found.message
    assert advice in found.hint
    assert not re.search(r"[│┌^]|https", found.message + found.hint)


BUILT = (
    'if x {\n  . = {\n    "state": .state\n  }\n  .state = "done"\n} else {\n  .state = "new"\n}\n.'
)


def test_rows_may_be_built_in_the_branch_that_alone_leads_on() -> None:
    """The value that the condition asks for is given only where the row was built."""
    assert said("pipeline-allow-list", program(*pipeline(BUILT, conditions=("done",)))) == []
    twice = BUILT.replace('"new"', '"done"')
    assert said("pipeline-allow-list", program(*pipeline(twice, conditions=("done",))))
    assert said("pipeline-allow-list", program(*pipeline(BUILT, conditions=("new",))))


def test_a_function_that_cannot_stop_marks_every_row() -> None:
    """Both values of a choice lead somewhere, or a row is lost."""
    chosen = '.state = if exists(.a) { "done" } else { "new" }\n.'
    assert said("pipeline-row-lost", program(*pipeline(chosen, conditions=("done", "new")))) == []
    [lost] = said("pipeline-row-lost", program(*pipeline(chosen, conditions=("done",))))
    assert "state new" in lost
