r"""A stack's own patterns of what is removed from texts: small, anchored, safe to run."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.vrl import compile_error

EXAMPLE = r"  like '\bEMP-[0-9]{6}\b'"


def read(**patterns: str) -> dict[str, str]:
    """Return patterns of a stack as its function has them."""
    content = {"patterns": patterns}
    chosen = Settings.from_mapping({"environment": "dev", "content": content})
    return chosen.content.as_rust()


@pytest.mark.parametrize(
    "pattern",
    [
        r"\bEMP-\d{6}\b",
        r"\b(?:JIRA|OPS)-[0-9]+\b",
        r"\bcustomer (no|id)\.? ?[0-9]{4,8}\b",
        r"\b客户\w{2,}\b",
        r"\bA[^a-z]B\b",
        r"\bpath\\to\[x\]\b",
    ],
)
def test_what_is_anchored_and_small_is_taken(pattern: str) -> None:
    """Ends of words are those of ASCII in the function, so that scripts without spaces work."""
    (rust,) = read(own=pattern).values()

    assert rust == rf"(?-u:\b){pattern[2:-2]}(?-u:\b)"
    assert compile_error(f"x = match(\"\", r'{rust}')\n.") is None


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("EMP-[0-9]{6}", "is not anchored"),
        (r"\bEMP", "is not anchored"),
        (r"\b\b", "is not anchored"),
        (r"\bEMP\\b", "holds a quote, a sign"),
        (r"\bit's\b", "holds a quote, a sign"),
        ("\\bEMP\n\\b", "holds a quote, a sign"),
        (r"\bEMP(?=-)\b", r"may hold \d"),
        (r"\b(?i)emp\b", r"may hold \d"),
        (r"\b(a)\1\b", r"may hold \d"),
        (r"\bEMP\Wx\b", r"may hold \d"),
        (r"\bEMP\<\b", r"may hold \d"),
        (r"\bEMP(ab){9}\b", "repeats a group by number"),
        (r"\bEMP(a+)+{2}\b", "repeats a group by number"),
        (r"\bEMP[0-9]++\b", "repeats a group by number"),
        (r"\bEMP{x}\b", "repeats a group by number"),
        (r"\bE[a-z]{100}[0-9]{100}\b", "repeats too often"),
        (r"\bE(MP\b", "is no pattern"),
        (r"\bE[a-z[b]]\b", r"may hold \d"),
        (r"\bE[a-z&&b]\b", "is no pattern"),
        (r"\b\w+\b", "finds 'the'"),
        (r"\b\d{1,20}\b", "finds '1'"),
        (r"\b.*\b", "finds 'the'"),
        (rf"\b{'x' * 200}\b", "at most 200"),
    ],
)
def test_what_is_not_is_refused_with_an_example(pattern: str, said: str) -> None:
    """Before anything is sent: a pattern that does not compile would stop every function."""
    with pytest.raises(InvalidDeclaration) as refused:
        read(own=pattern)

    first, *hint = str(refused.value).removeprefix("llmcost:settings: ").splitlines()
    assert re.match(rf"content\.patterns\.own: .*{re.escape(said)}", first)
    assert hint == [EXAMPLE] or said.startswith("at most")


@settings(max_examples=300)
@example(r"[\w-]")
@example("[]x]")
@example("x|")
@given(st.text(r"abE19-_ .*+?()[]{}^$|\\,:&~dwsb#/", min_size=1, max_size=12))
def test_what_is_taken_compiles_in_the_function(inner: str) -> None:
    """Whatever somebody writes: it is refused here, or the server can run it."""
    try:
        (rust,) = read(own=rf"\b{inner}\b").values()
    except InvalidDeclaration:
        return

    assert compile_error(f"x = match(\"\", r'{rust}')\n.") is None


@pytest.mark.parametrize("word", ["Employee", "a b", "", "x]", "1st"])
def test_the_word_that_stays_is_a_plain_one(word: str) -> None:
    """It stands between brackets in the text."""
    with pytest.raises(InvalidDeclaration):
        read(**{word: r"\bEMP-\d{6}\b"})


def test_there_are_only_so_many() -> None:
    """Each runs on every captured text."""
    read(**{f"p{index}": r"\bEMP-\d{6}\b" for index in range(20)})
    with pytest.raises(InvalidDeclaration, match="20"):
        read(**{f"p{index}": r"\bEMP-\d{6}\b" for index in range(21)})
