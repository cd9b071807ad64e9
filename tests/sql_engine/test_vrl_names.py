"""Which columns a function names."""

from __future__ import annotations

import pytest

from llmcost_infra.sql_engine.vrl_names import Reach, reach, without_carried


def _reach(*columns: str, replaces: bool = False, whole: bool = False) -> Reach:
    return Reach(frozenset(columns), replaces, whole)


@pytest.mark.parametrize(
    ("source", "reached"),
    [
        (".a = .b\n.", _reach("a", "b")),
        (".a.deep[0] = 1\n.", _reach("a", "deep")),
        ('."a b" = 1\n.', _reach("a b")),
        ("x = 1.5\n.a = x\n.", _reach("a")),
        ("# .c\n.a = \".d\" + r'.e'\n.", _reach("a")),
        ("x = 1\n.", _reach()),
        ("x = 1\n.\n\n", _reach()),
        ('. = {"a": .b}\n.', _reach("b", replaces=True)),
        ('# first\nx = .a\n. = {"a": x}\n.', _reach("a", replaces=True)),
        ('. = {"a": .b}\n. = compact(.)\n.', _reach("b", replaces=True)),
    ],
)
def test_names_after_a_dot_are_columns(source: str, reached: Reach) -> None:
    """Texts, comments and numbers hold none."""
    assert reach(source) == reached


@pytest.mark.parametrize(
    "source",
    [
        ". = null\n.",
        "x = .\n.",
        '.a = get!(., ["b"])\n.',
        'if true { . = {"a": 1} }\n.',
        ". = filter(.) -> |_k, _v| { true }\n.",
        '. |= {"a": 1}\n.',
        'x = .\n. = {"a": x}\n.',
        ". = unnest!(.events)\n.",
        ".[0] = 1\n.",
        '."a\\"b" = 1\n.',
    ],
)
def test_what_touches_the_whole_row_gets_the_whole_row(source: str) -> None:
    """When in doubt, everything crosses."""
    assert reach(source).whole


@pytest.mark.parametrize(
    ("source", "text", "names"),
    [
        ('. = {"a": .a, "b": 1, "c": .c}\n.', '. = { "b": 1, }\n.', {"a", "c"}),
        ('. = {\n  "a": .a,\n  "b": .b\n}\n', ". = {\n  \n  \n}\n", {"a", "b"}),
        ('.b = 1\n. = {"a": .a, "b": .b}\n.', '.b = 1\n. = { "b": .b}\n.', {"a"}),
    ],
)
def test_columns_that_are_only_handed_on(source: str, text: str, names: set[str]) -> None:
    """They are cut out of the text; what the function works on stays."""
    assert without_carried(source) == (text, frozenset(names))


@pytest.mark.parametrize(
    "source",
    [
        ".a = .a\n.",
        '. = {"a": .b}\n.',
        '. = {"a": .a.deep}\n.',
        '. = {"a": 1, "a": .a}\n.',
        '. = {"a": .a + 1}\n.',
        '. = {"b": {"a": .a}}\n.',
        '. = {"a": .a}\n.a = 1\n.',
        '. = {"a": .a}\n. = compact(.)\n.',
        'if true { . = {"a": .a} }\n.',
        'if .b == 1 { return {} }\n. = {"a": .a}\n.',
        '. = {"a": .a',
    ],
)
def test_whatever_else_happens_to_a_column_is_left_to_the_function(source: str) -> None:
    """When in doubt, nothing is cut out."""
    assert without_carried(source) == (source, frozenset[str]())
