"""Which columns a function names."""

from __future__ import annotations

import pytest

from llmcost_infra.sql_engine.vrl_names import Reach, reach


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
