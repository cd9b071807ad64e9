"""VRL functions, run row by row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vrl_python import VRLRuntime

from llmcost_infra.errors import EngineError
from llmcost_infra.sql_engine.vrl import FunctionFault, Program, compile_error, program

ROW = {"a": "x", "b": 2, "c": 1.5, "d": True, "nested": {"deep": [1, 2]}}
PROGRAMS = [
    ".",
    ".new = 1\n.",
    '.a = upcase(to_string(.a) ?? "")\n.',
    "del(.a)\n.",
    "del(.missing)\n.",
    ".b = null\n.",
    ".copy = .a\ndel(.a)\n.",
    "if exists(.d) { .seen = true } else { .seen = false }\n.",
    '. = {"kept": .a, "none": .missing}\n.',
    'name = .a\n. = {"kept": name}\n.extra = .kept\n.',
    '. = {"a": .a, "missing": .missing, "b": .b}\n.',
    '# one a line\n. = {\n  "a": .a,\n  "nested": .nested,\n  "c": 1,\n  "d": .d\n}\n',
    '.b = 3\n. = {"a": .a, "b": .b}\n.',
    '. = {"a": .a, "b": .b}\n.b = 3\n.',
    '. = {"a": 1, "a": .a, "b": {"c": .c}}\n.',
    '. = {"nested": .nested.deep, "b": .b + 1 ?? 0}\n.',
    'if .b == 2 { return {"gone": 1} }\n. = {"a": .a}\n.',
    'x = .\n. = {"a": .a, "all": x}\n.',
    'if .b == 2 { . = {"replaced": .a} }\n.',
    ".nested.deep[0] = 9\n.",
    ".nested.other = .a\n.",
    "for_each(object!(.)) -> |k, v| { .keys = push(array(.keys) ?? [], k) }\n.",
    '. = filter(.) -> |k, _v| { k != "a" }\n.',
    '# .a is a comment\n.note = "a .b in text"\n.',
    '."a" = "quoted"\n.',
    "x = .c + 1.5 ?? 0.0\n.sum = x\n.",
    'merged = merge(., {"m": 1})\n. = merged\n.',
]


@pytest.mark.parametrize("source", PROGRAMS)
def test_fewer_columns_in_make_no_difference(source: str) -> None:
    """A function that gets only what it names does what it does with everything."""
    assert Program(source).run(ROW) == VRLRuntime().execute(source, ROW).processed_event


@given(
    source=st.sampled_from(PROGRAMS[:12]),
    row=st.dictionaries(
        st.sampled_from(["a", "b", "c", "d", "e", "new"]),
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    ),
)
def test_whatever_the_row(source: str, row: dict[str, Any]) -> None:
    """Also where columns are missing, null or of another type."""
    try:
        expected = VRLRuntime().execute(source, row).processed_event
    except RuntimeError:
        with pytest.raises(FunctionFault):
            Program(source).run(row)
    else:
        assert Program(source).run(row) == expected


def test_the_row_itself_stays_as_it_is() -> None:
    """Two branches of a pipeline get the same row."""
    row = dict(ROW)

    Program("del(.a)\n.b = 3\n.").run(row)

    assert row == ROW


def test_types_survive() -> None:
    """A whole double stays a double, a large integer keeps its digits."""
    made = Program(".f = 2.0\n.i = .big\n.n = null\n.").run({"big": 1_795_466_939_854_528_256})

    assert made == {"f": 2.0, "i": made["big"], "big": 1_795_466_939_854_528_256, "n": None}
    assert type(made["f"]) is float


@pytest.mark.parametrize("source", [". = null\n.", ". = [1]\n.", '. = "text"\n.'])
def test_a_row_may_become_something_else(source: str) -> None:
    """The caller decides what that means."""
    assert not isinstance(Program(source).run(ROW), dict)


@pytest.mark.parametrize("source", [".x = to_int!(.a)\n.", "abort", ".x = to_int!(.a)\n.y = 1\n."])
def test_a_function_that_stops_says_so(source: str) -> None:
    """The server lets the original row through."""
    with pytest.raises(FunctionFault):
        Program(source).run(ROW)


def test_the_fault_carries_the_words_of_vrl() -> None:
    """They name the function and the value."""
    with pytest.raises(FunctionFault, match='function call error for "to_int"'):
        Program(".x = to_int!(.a)\n.").run(ROW)


def test_what_does_not_compile_is_refused_with_the_diagnostic() -> None:
    """Line, column and help come from the compiler, on the text as it was written."""
    source = ".ok = 1\n.x = to_int(.a)\n."

    with pytest.raises(EngineError, match="unhandled fallible assignment") as caught:
        Program(source)

    assert ":2:6" in caught.value.message
    assert caught.value.message == compile_error(source)


def test_what_compiles_has_no_diagnostic() -> None:
    """Checking alone costs no run."""
    assert compile_error(".x = 1\n.") is None


def test_a_text_is_compiled_once() -> None:
    """A large price table takes its time to compile."""
    assert program(".x = 1\n.") is program(".x = 1\n.")


@pytest.mark.parametrize(
    ("source", "result"),
    [
        (
            ".mail = redact(\"mail bob@example.com\", filters: [r'[a-z]+@[a-z.]+'])\n.",
            "mail [REDACTED]",
        ),
        ('.mail = encode_base16(hmac("a", "key"))\n.', None),
        ('.mail = sha2("a")\n.', None),
    ],
)
def test_functions_that_pipelines_rely_on_exist(source: str, result: str | None) -> None:
    """Redaction and hashing are there, as on the server."""
    made = Program(source).run({})["mail"]

    assert made == result if result else len(made) == 64
