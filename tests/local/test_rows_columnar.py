"""Rows as columns, and stored columns as their declared types."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.local.columnar import cast_column, to_batch
from llmcost_infra.sql_engine.sql import CastFault

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text()


def _kinds(*values: Any) -> str:
    rows = [{"_timestamp": at, "v": value} for at, value in enumerate(values)]
    return to_batch(rows).columns.get("v", "")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", None], "Utf8"),
        ([1, 2], "Int64"),
        ([1.5, 2.0], "Float64"),
        ([True, False], "Boolean"),
        ([1, 2.5], "Float64"),
        ([1, "a"], "Utf8"),
        ([True, 1], "Utf8"),
        ([2**63], "UInt64"),
        ([2**64], "Float64"),
        ([-1, 2**63], "Float64"),
        ([None, None], ""),
    ],
)
def test_a_column_has_the_narrowest_type_that_holds_it(values: list[Any], kind: str) -> None:
    """A column of nulls is no column."""
    assert _kinds(*values) == kind


def test_span_times_are_unsigned() -> None:
    """Nanoseconds of start and end are, as the server declares them."""
    batch = to_batch([{"_timestamp": 1, "start_time": 1000, "end_time": 2000, "duration": 1}])

    assert batch.columns == {
        "_timestamp": "Int64",
        "duration": "Int64",
        "end_time": "UInt64",
        "start_time": "UInt64",
    }


def test_a_row_that_lacks_a_column_has_a_null_there() -> None:
    """Rows of one request differ."""
    batch = to_batch([{"_timestamp": 2, "a": "x"}, {"_timestamp": 1, "b": 3}])

    assert batch.record_batch({}).to_pylist() == [
        {"_timestamp": 2, "a": "x", "b": None},
        {"_timestamp": 1, "a": None, "b": 3},
    ]
    assert batch.earliest == 1


@pytest.mark.parametrize(
    ("values", "kind", "stored"),
    [
        ([1, 2], "Float64", [1.0, 2.0]),
        ([1, True, None], "Utf8", ["1", "true", None]),
        (["7", "x"], "Int64", [7, None]),
        (["true", "maybe", 1], "Boolean", [True, None, None]),
    ],
)
def test_values_are_stored_as_the_stream_keeps_them(
    values: list[Any], kind: str, stored: list[Any]
) -> None:
    """What has no such form is stored as null."""
    batch = to_batch([{"_timestamp": 1, "v": value} for value in values])

    assert batch.record_batch({"v": kind}).column("v").to_pylist() == stored


@given(st.lists(st.fixed_dictionaries({"_timestamp": st.just(1), "v": SCALARS}), min_size=1))
def test_any_rows_become_columns(rows: list[dict[str, Any]]) -> None:
    """Nothing that JSON holds is refused, and every value has a place."""
    batch = to_batch(rows).record_batch({})

    assert batch.num_rows == len(rows)
    if "v" in batch.schema.names:
        nulls = sum(row["v"] is None for row in rows)
        assert batch.column("v").null_count == nulls


@pytest.mark.parametrize(
    ("column", "kind", "read"),
    [
        (pa.array(["0.5", None]), "Float64", [0.5, None]),
        (pa.array([1, 2]), "Float64", [1.0, 2.0]),
        (pa.array([1.9]), "Int64", [1]),
        (pa.array([True, None]), "Utf8", ["true", None]),
        (pa.array([0.5]), "Utf8", ["0.5"]),
        (pa.array(["true"]), "Boolean", [True]),
        (pa.array(["x"]), "Utf8", ["x"]),
    ],
)
def test_a_stored_column_is_read_as_declared(column: Any, kind: str, read: list[Any]) -> None:
    """Text that is a number is one."""
    assert cast_column(column, kind).to_pylist() == read


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        (["7", "7.9"], "Int64", "Cannot cast string '7.9' to value of Int64 type"),
        (["n/a", "x"], "Float64", "Cannot cast string 'n/a' to value of Float64 type"),
        (["maybe"], "Boolean", "Cannot cast string 'maybe' to value of Boolean type"),
    ],
)
def test_the_first_misfit_is_named(values: list[str], kind: str, words: str) -> None:
    """In the server's words."""
    with pytest.raises(CastFault) as caught:
        cast_column(pa.array(values), kind)

    assert str(caught.value) == words
