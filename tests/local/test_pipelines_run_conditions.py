"""Which rows pass a condition."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.local.conditions_run import compile_condition

Node = dict[str, Any]


def _comparison(column: str, operator: str, value: Any, **more: Any) -> Node:
    return {"column": column, "operator": operator, "value": value, **more}


def _item(column: str, value: Any, joined: str = "AND") -> Node:
    return {"filterType": "condition", "logicalOperator": joined} | _comparison(column, "=", value)


def _group(*items: Node, joined: str = "AND") -> Node:
    return {"filterType": "group", "logicalOperator": joined, "conditions": list(items)}


def _passes(row: dict[str, Any], operator: str, value: Any, **more: Any) -> bool:
    test = compile_condition({"conditions": _comparison("v", operator, value, **more)})
    return test(row)


@pytest.mark.parametrize(
    ("have", "operator", "value"),
    [
        (True, "=", True),
        (True, "=", "true"),
        (False, "=", "false"),
        (False, "!=", True),
        ("done", "=", "done"),
        ("done", "!=", "new"),
        ("7", "=", 7),
        ("true", "=", True),
        (7, "=", "7"),
        (7.5, ">", 7),
        (7, ">=", "7"),
        (6, "<", 7),
        (7, "<=", 7.0),
        ("gpt-4o", "contains", "4o"),
        ("gpt-4o", "not_contains", "claude"),
    ],
)
def test_a_row_passes(have: Any, operator: str, value: Any) -> None:
    """The value of the condition is read as the type of the column."""
    assert _passes({"v": have}, operator, value)


@pytest.mark.parametrize(
    ("have", "operator", "value"),
    [
        (False, "=", True),
        (True, "=", "yes"),
        ("done", "=", "Done"),
        (7, "=", "seven"),
        (7, ">", None),
        ([1], "=", 1),
        (7, "contains", "7"),
    ],
)
def test_a_row_does_not_pass(have: Any, operator: str, value: Any) -> None:
    """What cannot be compared is not equal."""
    assert not _passes({"v": have}, operator, value)


@given(
    operator=st.sampled_from(["=", "!=", ">", ">=", "<", "<=", "contains", "not_contains"]),
    value=st.none() | st.booleans() | st.integers() | st.text(),
)
def test_a_row_without_the_column_passes_nothing(operator: str, value: Any) -> None:
    """Neither `=` nor `!=`: such a row goes to no branch, without a word."""
    assert not _passes({}, operator, value)
    assert not _passes({"v": None}, operator, value)


def test_case_can_be_ignored() -> None:
    """On both sides."""
    assert _passes({"v": "GPT-4o"}, "=", "gpt-4O", ignore_case=True)


def test_the_items_of_a_group_are_joined_by_their_own_words() -> None:
    """AND binds before OR."""
    test = compile_condition(
        {
            "version": 2,
            "conditions": _group(
                _item("a", "1"), _item("b", "1", "AND"), _item("c", "1", "OR"), _item("d", "1")
            ),
        }
    )

    assert test({"a": "1", "b": "1"})
    assert test({"c": "1", "d": "1"})
    assert not test({"a": "1", "c": "1"})


def test_groups_may_hold_groups() -> None:
    """As deep as one likes."""
    inner = _group(_item("b", "1"), _item("c", "1", "OR"))
    test = compile_condition({"version": 2, "conditions": _group(_item("a", "1"), inner)})

    assert test({"a": "1", "c": "1"})
    assert not test({"a": "1"})


def test_trees_of_the_first_kind_work_too() -> None:
    """Lists, `and`, `or` and `not`."""
    one, other = _comparison("a", "=", "1"), _comparison("b", "=", "1")

    assert compile_condition({"conditions": [one, other]})({"a": "1", "b": "1"})
    assert compile_condition({"conditions": {"or": [one, other]}})({"b": "1"})
    assert not compile_condition({"conditions": {"and": [one, other]}})({"b": "1"})
    assert compile_condition({"conditions": {"not": one}})({"a": "2"})
