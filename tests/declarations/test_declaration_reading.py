"""YAML is read as JSON with comments, and every key knows its line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.declarations import InvalidDeclaration, read
from llmcost_infra.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Declared = Callable[[str], Path]

# Control characters and odd line ends are no text that somebody writes into a declaration.
WRITTEN = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | WRITTEN,
    lambda below: st.lists(below) | st.dictionaries(WRITTEN, below),
    max_leaves=12,
)


@given(JSON)
def test_json_reads_as_itself(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    """Whatever JSON says, a declaration of that text says."""
    path = tmp_path_factory.mktemp("json") / "some.yaml"
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    assert read(path).data == value


@given(st.dictionaries(st.text("abc123.-~", min_size=1), st.text("abc123.-~ \n"), min_size=1))
def test_quoted_text_stays_text(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, str]
) -> None:
    """Text that somebody quoted is never read as a number, a boolean or null."""
    path = tmp_path_factory.mktemp("text") / "some.yaml"
    path.write_text(yaml.safe_dump(value, default_style='"'), encoding="utf-8")
    assert read(path).data == value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("2026-11-24", "2026-11-24"),
        ("12:30:00", "12:30:00"),
        ("0x10", "0x10"),
        ("010", "010"),
        ("1_000", "1_000"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-12", -12),
        ("1.50", 1.5),
        ("1e-7", 1e-7),
        ('"12"', "12"),
        ("'true'", "true"),
    ],
)
def test_plain_scalars_mean_what_json_means(declared: Declared, written: str, meant: Any) -> None:
    """No word turns into a boolean, a date or a number that JSON would not read so."""
    found = read(declared(f"value: {written}\n")).data["value"]
    assert found == meant
    assert type(found) is type(meant)


def test_keys_are_text(declared: Declared) -> None:
    """A key that looks like a number or a boolean is still a word."""
    assert read(declared("10: a\ntrue: b\n")).data == {"10": "a", "true": "b"}


def test_every_key_and_item_knows_its_line(declared: Declared) -> None:
    """Lines are those of the file, comments and blank lines included."""
    document = read(declared("# why\n\na:\n  b: 1\nc:\n  - x\n  - d: 2\n"))
    assert document.lines == {
        (): 1,
        ("a",): 3,
        ("a", "b"): 4,
        ("c",): 5,
        ("c", 0): 6,
        ("c", 1): 7,
        ("c", 1, "d"): 7,
    }


def test_a_key_that_is_not_there_has_the_line_above_it(declared: Declared) -> None:
    """A missing key is reported where it would stand."""
    document = read(declared("a:\n  b: 1\n"))
    assert document.line(("a", "missing", "below")) == 1
    assert document.line(("elsewhere",)) == 1


def test_a_problem_names_path_line_and_key(declared: Declared) -> None:
    """An error can be clicked on."""
    path = declared("a:\n  b: 1\n")
    assert str(read(path).problem(("a", "b"), "is wrong", "write 2")) == (
        f"{path}:2: a.b: is wrong\n  write 2"
    )
    assert str(read(path).problem((), "is wrong")) == f"{path}:1: is wrong"


def test_a_tab_is_told_as_a_tab(declared: Declared) -> None:
    """YAML indents with spaces, and its own words do not say so; an editor shows both alike."""
    with pytest.raises(InvalidDeclaration) as caught:
        read(declared("a:\n  b: 1\n\tc: 2\n"))
    assert (caught.value.line, caught.value.hint) == (3, "indent with spaces; this line has a tab")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "is empty"),
        ("# only a comment\n", 1, "is empty"),
        ("a: 1\nb: [1\nc: 2\n", 3, "is not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "is not YAML"),
        ("a: \x07\n", None, "is not YAML"),
        ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands twice"),
        ("a: &x 1\nb: *x\n", 2, "aliases are not read"),
        ("a: &x [*x]\n", 1, "aliases are not read"),
        ("a: 1\nb: !!python/none x\n", 2, "the tag tag:yaml.org,2002:python/none is not read"),
        ("a: !secret x\n", 1, "the tag !secret is not read"),
        ("? [1, 2]\n: x\n", 1, "a key must be a word"),
    ],
)
def test_what_is_not_a_declaration_is_refused_at_its_line(
    declared: Declared, text: str, line: int | None, said: str
) -> None:
    """Nothing surprising is read into a file: it is refused where it stands."""
    with pytest.raises(InvalidDeclaration) as caught:
        read(declared(text))
    assert said in caught.value.message
    assert caught.value.line == line


def test_a_key_that_stands_twice_names_the_first(declared: Declared) -> None:
    """Both places are named, so that the reader can choose."""
    with pytest.raises(InvalidDeclaration) as caught:
        read(declared("a:\n  b: 1\n  c: 2\n  b: 3\n"))
    assert caught.value.hint == "first on line 2"


def test_all_problems_of_a_file_come_at_once(declared: Declared) -> None:
    """A reader corrects a file once, not once a problem."""
    path = declared("a: 1\na: 2\nb: &x 3\nc: *x\n")
    with pytest.raises(InvalidDeclaration) as caught:
        read(path)
    assert [problem.line for problem in caught.value.problems] == [2, 4]
    assert str(caught.value) == (
        f"{path}:2: the key 'a' stands twice\n  first on line 1\n"
        f"{path}:4: aliases are not read\n  write the value out where it is used"
    )
    assert caught.value.exit_code == ExitCode.USAGE


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file and a file of bytes are errors about that file, not tracebacks."""
    with pytest.raises(InvalidDeclaration, match="cannot be read: No such file"):
        read(tmp_path / "missing.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(InvalidDeclaration, match="is not UTF-8 text"):
        read(tmp_path / "bytes.yaml")
