"""Each rule finds what it is for, and nothing in what is right."""

from __future__ import annotations

import re

import pytest

from llmcost_infra.check.finding import Finding
from llmcost_infra.check.registry import RULES, rule
from llmcost_infra.check.stack import StackView
from tests.check.cases import CASES


def test_every_rule_has_a_case_for_both_ways() -> None:
    """A rule without a case that it must find and one that it must not is not merged."""
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_it_finds_what_is_wrong(name: str) -> None:
    """The wrong case breaks the rule, and the finding says in words what is wrong."""
    found = list(RULES[name].find(StackView(CASES[name].wrong)))
    assert found
    assert all(one.message and not one.message.endswith(".") for one in found)


@pytest.mark.parametrize("name", RULES)
def test_it_finds_nothing_in_what_is_right(name: str) -> None:
    """The right case breaks no rule at all that is an error, this one least of all."""
    view = StackView(CASES[name].right)
    assert list(RULES[name].find(view)) == []


@pytest.mark.parametrize("name", RULES)
def test_its_documentation_says_why_what_is_wrong_and_what_is_right(name: str) -> None:
    """The docstring is the entry of the page: a sentence, then a wrong and a right example."""
    doc = RULES[name].doc
    assert re.match(r"[A-Z].+\.\n", doc)
    assert re.search(r"\nWrong::\n\n    .+\n\nRight::\n\n    ", doc, re.DOTALL)


def test_two_rules_cannot_share_an_id() -> None:
    """A comment that allows one would allow the other as well."""
    with pytest.raises(ValueError, match="two rules are called 'sql-plan'"):
        rule("sql-plan")(RULES["sql-plan"].find)


def test_a_finding_is_json_with_stable_keys() -> None:
    """A script may count on the keys; a finding about a whole file has no line."""
    told = Finding("a.yaml", 0, "sql-plan", "error", "said", stacks=("dev",)).as_json()
    assert told == {
        "path": "a.yaml",
        "line": None,
        "rule": "sql-plan",
        "severity": "error",
        "message": "said",
        "hint": "",
        "declaration": "",
        "stacks": ["dev"],
    }
