"""Plain values and rules: one spelling of JSON, and words that say what to write."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.openobserve.kinds.base import Problem
from llmcost_infra.openobserve.kinds.rules import (
    Rule,
    boolean,
    check,
    entries,
    items,
    mapping,
    maps,
    nearest,
    non_empty,
    number,
    one_of,
    text,
    texts,
    trimmed,
    whole,
)
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def nulls(value: Any) -> int:
    """Count nulls in objects."""
    if isinstance(value, dict):
        return sum((inner is None) + nulls(inner) for inner in value.values())
    return sum(map(nulls, value)) if isinstance(value, list) else 0


@given(JSON)
def test_plain_twice_is_plain_once(value: Any) -> None:
    """The normal form of a normal form is itself, and holds no null in an object."""
    once = plain(value)
    assert plain(once) == once
    assert nulls(once) == 0


@given(JSON)
def test_plain_means_the_same(value: Any) -> None:
    """Nothing but nulls is lost, and numbers keep their value."""
    if nulls(value) == 0:
        assert plain(value) == value


def test_whole_floats_become_integers() -> None:
    """The server echoes 2 as 2.0; both are 2, and true stays true."""
    assert repr(plain({"a": 2.0, "b": [1.0, True, 0.5, None]})) == (
        "{'a': 2, 'b': [1, True, 0.5, None]}"
    )


def test_defaults_and_empty_values_are_dropped() -> None:
    """Absent, empty and default are the same; false is not 0, and a kept key stays."""
    values = {"a": 1, "b": "", "c": [], "d": {}, "e": False, "f": 0, "g": "", "h": 1}
    kept = without_defaults(values, {"a": 1, "e": 0, "h": True}, frozenset({"g"}))
    assert kept == {"e": False, "f": 0, "g": "", "h": 1}


def test_an_empty_value_with_another_default_stays() -> None:
    """Where absent means something else, empty has to be said."""
    assert without_defaults({"label": ""}, {"label": "cost"}) == {"label": ""}


@pytest.mark.parametrize(
    ("rule", "good", "bad", "words"),
    [
        (text, "", 5, "must be text, not a number"),
        (text, "x", True, "must be text, not true"),
        (text, "x", False, "must be text, not false"),
        (text, "x", {}, "must be text, not a map"),
        (text, "x", [], "must be text, not a list"),
        (non_empty, "x", " ", "must not be empty"),
        (non_empty, "x", 1, "must be text, not a number"),
        (trimmed, "a b", " a", "must not start or end with spaces"),
        (trimmed, "a", "", "must not be empty"),
        (boolean, False, "false", "must be true or false, not text"),
        (number, 1.5, True, "must be a number, not true"),
        (number, 0, "1", "must be a number, not text"),
        (whole(0), 0, -1, "must be at least 0, not -1"),
        (whole(0), 2.0, 2.5, "must be a whole number, not 2.5"),
        (whole(0, 9), 9, 10, "must be at most 9, not 10"),
        (whole(0), 1, "1", "must be a number, not text"),
        (one_of("logs", "traces"), "logs", "trace", "'trace' is not known; did you mean traces?"),
        (one_of("logs", "traces"), "logs", "z", "'z' is not known; valid are logs, traces"),
        (one_of("logs"), "logs", 1, "must be text, not a number"),
        (mapping, {"a": {}, "b": None}, [], "must be a map, not a list"),
        (mapping, {}, {"a": 1}, "a must be a map, not a number"),
        (texts, ["a", None, "b"], ["a", 1], "each item must be text, not a number"),
        (texts, [], "a", "must be a list, not text"),
        (texts, ["a"], ["a", "a"], "a is there more than once"),
    ],
)
def test_a_rule_says_what_to_write(rule: Rule, good: object, bad: object, words: str) -> None:
    """A good value passes; a bad one gets words that name what is wrong and what is right."""
    assert rule(good) is None
    assert rule(bad) == words


def test_check_finds_everything_at_once() -> None:
    """Unknown keys, missing keys and wrong values are all told, with their paths."""
    rules: dict[str, Rule] = {"name": text, "order": number, "type": text}
    found = check({"nam": "x", "order": "1", "type": None}, rules, {"name", "type"}, "tabs.a")
    assert found == [
        Problem("tabs.a.nam", "unknown key; did you mean name?"),
        Problem("tabs.a.name", "is missing"),
        Problem("tabs.a.order", "must be a number, not text"),
    ]


def test_nearest_without_anything_valid() -> None:
    """Where nothing is valid, the hint does not list nothing."""
    assert nearest("x", ()) == "there is none"


def test_what_is_not_known_yet_is_left_out() -> None:
    """Unknown entries are skipped, and what is no map or list has none."""
    assert entries({"a": {"b": 1}, "c": None, "d": 1}) == {"a": {"b": 1}}
    assert items([1, None]) == [1]
    assert maps([{"a": 1}, None, 2]) == [{"a": 1}]
    assert (entries(None), items(None), maps(None)) == ({}, [], [])
