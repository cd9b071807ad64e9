"""Patterns name model ids: anchored, finite, comparable."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.pricing.pattern import Claims, Pattern, PatternError

IDS = st.text("abgpt4o0158-.", max_size=12)


@pytest.mark.parametrize(
    ("text", "fits", "fails"),
    [
        ("^gpt-4o$", ["gpt-4o"], ["gpt-4o-mini", "xgpt-4o", "gpt-4o\n", ""]),
        (r"^gpt-4\.1$", ["gpt-4.1"], ["gpt-4x1"]),
        ("^a(-b|-c)?$", ["a", "a-b", "a-c"], ["a-", "a-b-c"]),
        (
            r"^o1(-\d{4}-\d{2})?$",
            ["o1", "o1-2024-12"],
            ["o1-2024", "o1-2024-1\N{FULLWIDTH DIGIT TWO}"],
        ),
        ("^x-2[34]$", ["x-23", "x-24"], ["x-2", "x-25"]),
        ("^m(1|2(a|b)){2}$", ["m11", "m12a", "m2b2a"], ["m1", "m111"]),
    ],
)
def test_a_pattern_fits_whole_ids(text: str, fits: list[str], fails: list[str]) -> None:
    """A pattern fits the ids of its language and nothing before, after or beside them."""
    pattern = Pattern(text)

    assert [one for one in fits if not pattern.matches(one)] == []
    assert [one for one in fails if pattern.matches(one)] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gpt-4o", "not anchored"),
        ("^gpt-4o", "not anchored"),
        ("^gpt.*$", "may not hold '.'"),
        ("^a+$", r"may not hold '\+'"),
        ("^(a$", r"lacks a \)"),
        ("^a)$", r"a \) too many"),
        (r"^\w$", r"lacks a \."),
        ("^[a-c]$", "only letters and digits"),
        ("^[]$", "only letters and digits"),
        ("^[ab$", "only letters and digits"),
        ("^(?a)$", r"may not hold '\?'"),
        ("^é{2}$", "may not hold"),
        ("^?$", r"may not hold '\?'"),
        ("^(a|b){9}$", "more than 200 shapes"),
        ("^é$", "may not hold"),
        ("^[é]$", "only letters and digits"),
    ],
)
def test_a_pattern_of_another_language_is_refused(text: str, said: str) -> None:
    """What could match without end, or differ between engines, is no pattern."""
    with pytest.raises(PatternError, match=said):
        Pattern(text)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("^a$", "^b$", None),
        ("^a(-b)?$", "^a-b$", "a-b"),
        (r"^a-\d{2}$", "^a-12$", "a-12"),
        ("^a-12$", r"^a-\d{2}$", "a-12"),
        (r"^a-\d{2}$", "^a-[12]3$", "a-13"),
        (r"^a-\d{2}$", r"^a-\d{3}$", None),
        (r"^a-\d$", "^a-[xy]$", None),
    ],
)
def test_two_patterns_tell_an_id_that_they_share(one: str, other: str, common: str | None) -> None:
    """Patterns are compared by their languages, not by samples of ids."""
    claims = Claims()

    assert claims.claim("one", Pattern(one)) == {}
    assert claims.claim("other", Pattern(other)) == ({"one": common} if common else {})


def test_every_owner_of_a_claimed_id_is_told() -> None:
    """A pattern that reaches into two others is told both, each with one id."""
    claims = Claims()
    claims.claim("first", Pattern("^a-1$"))
    claims.claim("second", Pattern(r"^a-[23]\d$"))

    assert claims.claim("third", Pattern(r"^a-(1|\d{2})$")) == {"first": "a-1", "second": "a-20"}


@given(IDS)
def test_literals_and_the_regular_expression_agree(model: str) -> None:
    """An id is a literal of a pattern without open forms exactly when the pattern fits it."""
    pattern = Pattern(r"^(gpt-4o?|o1)(-(08|5\.1))?$")

    assert (model in pattern.literals) == pattern.matches(model)
    assert pattern.open_forms == ()


@given(IDS)
def test_python_and_the_text_agree(model: str) -> None:
    """The text means to Python's own engine what it means to the pattern."""
    pattern = Pattern(r"^gpt-[45](-\d{4})?(a|b)?$")

    assert pattern.matches(model) == bool(re.fullmatch(pattern.text[1:-1], model, re.ASCII))


@pytest.mark.parametrize("model", ["a" * 10_000, "abcd-" + "1" * 10_000, ""])
def test_an_id_of_another_length_is_not_looked_at(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No regular expression ever sees an id that is longer than the pattern's longest one."""
    pattern = Pattern(r"^(a|ab)(c|bcd)(d)?(-\d{8})?$")
    monkeypatch.setattr(Pattern, "_regex", None)

    assert not pattern.matches(model)
