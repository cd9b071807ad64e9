"""Functions that the server adds to SQL."""

from __future__ import annotations

import pyarrow as pa
import pytest

from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import MemoryStreams, query

STREAMS = MemoryStreams(
    {
        "lines": pa.table(
            {"_timestamp": pa.array([1, 2, 3, 4]), "line": ["Error: 429", "error", "fine", None]}
        )
    }
)


@pytest.mark.parametrize(
    ("condition", "times"),
    [
        ("str_match(line, 'Error')", [1]),
        ("match_field(line, 'fine')", [3]),
        ("str_match_ignore_case(line, 'ERROR')", [1, 2]),
        ("match_field_ignore_case(line, 'FINE')", [3]),
        ("re_match(line, '^[Ee]rror')", [1, 2]),
        ("re_not_match(line, '4..$')", [2, 3]),
        ("str_match(line, '4..')", []),
    ],
)
def test_text_is_matched(condition: str, times: list[int]) -> None:
    """Plain patterns are plain, regular ones regular, and a null matches nothing."""
    answer = query(
        "SELECT _timestamp FROM lines WHERE ? ORDER BY _timestamp".replace("?", condition),
        STREAMS,
        TimeRange(0, 9),
    )

    assert [row["_timestamp"] for row in answer.rows] == times
