"""SQL text falls into tokens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.sql_engine.tokens import tokenize


def _texts(statement: str) -> list[str]:
    return [token.text for token in tokenize(statement)]


def test_words_numbers_and_marks_are_told_apart() -> None:
    """Operators of two characters stay together."""
    assert _texts("a>=1.5::DOUBLE||b<>c") == [
        "a",
        ">=",
        "1.5",
        "::",
        "DOUBLE",
        "||",
        "b",
        "<>",
        "c",
    ]


def test_comments_and_blanks_are_left_out() -> None:
    """A comment is no part of a statement, whatever it holds."""
    assert _texts("SELECT 1 -- FROM 'x\n/* ( */ + 2") == ["SELECT", "1", "+", "2"]


def test_quotes_inside_quotes_do_not_end_them() -> None:
    """A doubled quote is a quote."""
    assert _texts("""'it''s' "a""b" """) == ["'it''s'", '"a""b"']


def test_parentheses_count_as_outside_of_themselves() -> None:
    """Depth is what encloses a token."""
    depths = [(token.text, token.depth) for token in tokenize("f(a, (b))")]

    assert depths == [
        ("f", 0),
        ("(", 0),
        ("a", 1),
        (",", 1),
        ("(", 1),
        ("b", 2),
        (")", 1),
        (")", 0),
    ]


def test_bare_names_fold_and_quoted_ones_do_not() -> None:
    """The engine folds what is not quoted."""
    assert [token.name for token in tokenize("Feature \"Feature\" 'x' 1")] == [
        "feature",
        "Feature",
        "",
        "",
    ]


def test_a_quoted_word_is_no_keyword() -> None:
    """A column may be called "from"."""
    assert [token.keyword for token in tokenize('from "from"')] == ["FROM", ""]


@given(st.text())
def test_tokens_are_pieces_of_the_text(statement: str) -> None:
    """Offsets point at the text, in order, whatever it is."""
    tokens = tokenize(statement)

    assert all(statement[token.start : token.end] == token.text for token in tokens)
    assert [token.start for token in tokens] == sorted(token.start for token in tokens)
