"""Arrow values as JSON values."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.rows import json_rows, within


def _written(array: Any) -> list[dict[str, Any]]:
    return json_rows([pa.record_batch([array], names=["v"])])


@pytest.mark.parametrize(
    ("array", "value"),
    [
        (pa.array([2.0]), 2.0),
        (pa.array([7], pa.uint64()), 7),
        (pa.array([True]), True),
        (pa.array(["x"]), "x"),
        (
            pa.array(
                [dt.datetime(2026, 11, 23, 20, 45, tzinfo=dt.UTC).replace(tzinfo=None)],
                pa.timestamp("us"),
            ),
            "2026-11-23T20:45:00",
        ),
        (
            pa.array([dt.datetime(2026, 1, 2, tzinfo=dt.UTC)], pa.timestamp("us", "UTC")),
            "2026-01-02T00:00:00",
        ),
        (pa.array([dt.date(2026, 11, 23)]), "2026-11-23"),
        (pa.array([Decimal("1.50")]), "1.50"),
        (pa.array([["a", None]]), ["a", None]),
        (pa.array([{"a": 1}]), {"a": 1}),
    ],
)
def test_every_type_has_a_json_form(array: Any, value: Any) -> None:
    """A whole double stays a double."""
    (row,) = _written(array)

    assert row == {"v": value}
    assert type(row["v"]) is type(value)


@pytest.mark.parametrize("array", [pa.array([None], pa.int64()), pa.array([float("nan")])])
def test_a_null_is_left_out(array: Any) -> None:
    """What is no number is none as well: JSON has no word for it."""
    assert _written(array) == [{}]


def test_minus_zero_keeps_its_sign() -> None:
    """The server's sum of no costs is minus zero."""
    assert json.dumps(_written(pa.array([-0.0]))) == '[{"v": -0.0}]'


@given(st.lists(st.integers(0, 100)), st.integers(0, 100), st.integers(0, 100))
def test_rows_of_a_range_are_those_from_start_to_before_end(
    times: list[int], start: int, end: int
) -> None:
    """Also when the range is empty."""
    table = pa.table({"_timestamp": pa.array(times, pa.int64())})

    kept = within(table, TimeRange(start, end)).column(0).to_pylist()

    assert kept == [time for time in times if start <= time < end]
