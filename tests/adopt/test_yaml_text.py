"""What is written as YAML is read back as it was, whatever is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.adopt.yaml_text import yaml_text
from llmcost_infra.declarations import read

if TYPE_CHECKING:
    from pathlib import Path

# YAML has no way to write half of a surrogate pair, and JSON from a server holds none.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "null", "~", "true", "no", "1", "-0", "1e5", "0x1F", "1_000", "2026-11-28", "a: b", "- x",
     "# x", " x", "x ", "\n", "a\n", "a\n\n", " a\nb", "a \nb", "\ta", "'", '"', "!x", "&a", "*a",
     "a\r\nb", "\x85", "\u2028x", "{x}", "%", "@", "|", ">", "=", "<<"]
)  # fmt: skip
NUMBERS = st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file to write to and to read from."""
    return tmp_path_factory.mktemp("yaml") / "x.yaml"


@given(value=st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_it_is_read_back(scratch: Path, value: dict[str, Any]) -> None:
    """Writing and reading changes neither a text nor the type of anything."""
    scratch.write_bytes(yaml_text(value).encode())
    found = read(scratch).data
    assert found == value
    assert repr_of(found) == repr_of(value)


def repr_of(value: Any) -> Any:
    """Return a value in which 1, 1.0 and True differ, whatever the order of keys."""
    if isinstance(value, dict):
        return {key: repr_of(inner) for key, inner in value.items()}
    return [repr_of(item) for item in value] if isinstance(value, list) else repr(value)


def test_a_person_reads_it() -> None:
    """What matters comes first, things with an order come in it, and texts are blocks."""
    value = {
        "tabs": {"two": {"order": 20, "name": "2"}, "one": {"order": 10, "name": "One"}},
        "template": "a\nb\n",
        "stream_name": "calls",
        "destinations": ["oncall"],
        "name": "budget",
    }
    assert yaml_text(value) == (
        "name: budget\n"
        "stream_name: calls\n"
        "tabs:\n"
        "  one:\n"
        "    name: One\n"
        "    order: 10\n"
        "  two:\n"
        '    name: "2"\n'
        "    order: 20\n"
        "template: |\n"
        "  a\n"
        "  b\n"
        "destinations:\n"
        "  - oncall\n"
    )
