"""Names of streams and columns, and nested values as columns."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.local.naming import column_name, flatten, stream_name, to_json_text

SCALARS = st.booleans() | st.integers() | st.text(max_size=5)
NESTED = st.dictionaries(
    st.text(min_size=1, max_size=4),
    st.recursive(
        SCALARS | st.none(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=5,
)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("My-LLM.Stream", "my_llm_stream"),
        ("a::b", "a::b"),
        ("llm calls!!", "llm_calls_"),
        ("llm_calls", "llm_calls"),
    ],
)
def test_a_stream_is_kept_under_a_plain_name(name: str, kept: str) -> None:
    """Runs of other characters become one underscore."""
    assert stream_name(name) == kept


@pytest.mark.parametrize(
    ("key", "column"),
    [
        ("gen_ai.request.model", "gen_ai_request_model"),
        ("Upper.Case", "upper_case"),
        ("a--b", "a__b"),
        ("ü", "_"),
    ],
)
def test_a_key_becomes_a_plain_column(key: str, column: str) -> None:
    """Each other character becomes an underscore."""
    assert column_name(key) == column


def test_objects_become_columns_down_to_three_levels() -> None:
    """Deeper ones are text."""
    assert flatten({"nested": {"a": {"b": {"c": {"d": 1}}}}, "x": {"y": 2}}) == {
        "nested_a_b": '{"c":{"d":1}}',
        "x_y": 2,
    }


def test_without_a_level_everything_becomes_columns() -> None:
    """Attributes of spans are flattened as deep as they go."""
    assert flatten({"a": {"b": {"c": {"d": {"e": 1}}}}}, level=0) == {"a_b_c_d_e": 1}


def test_lists_are_text_and_nulls_are_nothing() -> None:
    """At every depth."""
    assert flatten({"a": [1, {"b": None}], "c": None, "d": {"e": None, "f": ["x"]}}) == {
        "a": '[1,{"b":null}]',
        "d_f": '["x"]',
    }


def test_text_may_have_its_keys_sorted() -> None:
    """As in log records."""
    assert flatten({"a": [{"z": 1, "b": 2}]}, sort_keys=True) == {"a": '[{"b":2,"z":1}]'}


@given(NESTED)
def test_columns_hold_plain_values_only(value: dict[str, Any]) -> None:
    """Nothing nested is left, and flattening again changes nothing."""
    columns = flatten(value)

    assert all(isinstance(item, str | int | bool) for item in columns.values())
    assert flatten(columns) == columns


@given(NESTED)
def test_json_text_has_no_blanks_and_reads_back(value: dict[str, Any]) -> None:
    """The server writes it that way."""
    assert json.loads(to_json_text(value)) == value
