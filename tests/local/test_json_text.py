"""The slow walk over a JSON text: where values stand, and what is wrong with a broken one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.local.json_text import JsonText, SyntaxFault, path_text, position

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON_VALUES, st.sampled_from([None, 2]))
def test_every_span_holds_the_value_of_its_path(value: object, indent: int | None) -> None:
    """Cutting the text at a span and parsing the piece gives the value found along the path."""
    text = json.dumps(value, indent=indent)

    for path, (start, end) in JsonText(text).walk().items():
        found = value
        for step in path:
            found = found[step]  # type: ignore[index]  # the path fits the value
        assert json.loads(text[start:end]) == found


@given(JSON_VALUES)
def test_a_text_cut_short_is_told_to_end_too_early(value: object) -> None:
    """Every proper prefix of an object or list is refused as ending too early."""
    text = json.dumps({"k": value})

    for length in range(1, len(text)):
        with pytest.raises(SyntaxFault):
            JsonText(text[:length]).walk()


@pytest.mark.parametrize(
    ("text", "words", "where"),
    [
        ('{"name":', "EOF while parsing a value", "line 1 column 8"),
        ("{", "EOF while parsing an object", "line 1 column 1"),
        ("[1,", "EOF while parsing a value", "line 1 column 3"),
        ('{"a":1,}', "trailing comma", "line 1 column 8"),
        ("[1,]", "trailing comma", "line 1 column 4"),
        ('{"a" 1}', "expected `:`", "line 1 column 6"),
        ("{1:2}", "key must be a string", "line 1 column 2"),
        ("[1 2]", "expected `,` or `]`", "line 1 column 4"),
        ('{"a":1 "b":2}', "expected `,` or `}`", "line 1 column 8"),
        ("nul", "expected value", "line 1 column 1"),
        ("{} {}", "trailing characters", "line 1 column 4"),
        ('{\n "a": x}', "expected value", "line 2 column 7"),
    ],
)
def test_a_broken_text_is_named_as_the_server_names_it(text: str, words: str, where: str) -> None:
    """Words and place of the parser."""
    with pytest.raises(SyntaxFault) as fault:
        JsonText(text).walk()

    assert fault.value.words == words
    assert position(text, fault.value.offset) == where


def test_columns_count_bytes() -> None:
    """A letter of two bytes moves the column by two."""
    assert position("ä\nöü", 4) == "line 2 column 4"


def test_paths_are_written_with_dots_and_brackets() -> None:
    """As the server writes them."""
    assert path_text(("tabs", 0, "panels", 1, "id")) == "tabs[0].panels[1].id"
