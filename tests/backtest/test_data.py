"""Rows from files: what is read, and what is said about what cannot be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmcost_infra.backtest import needed_columns, read_rows
from llmcost_infra.errors import DeclarationError, LlmCostError
from tests.backtest.conftest import NOON, call

if TYPE_CHECKING:
    from pathlib import Path

    from tests.backtest.conftest import Rules

COLUMNS = ["_timestamp", "end_time", "trace_id", "llmcost_cost_usd", "llmcost_feature"]


def _ndjson(folder: Path, *lines: Any) -> Path:
    path = folder / "rows.ndjson"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts))
    return path


def test_a_statement_needs_the_columns_of_its_stream_only(rules: Rules) -> None:
    """What a statement calls its own results is no column."""
    needed = needed_columns([rules["daily_budget"].sql])

    assert {"_timestamp", "trace_id", "end_time", "llmcost_cost_usd"} <= set(needed)
    assert not {"spent", "llm_calls", "cost_usd", "started_at"} & set(needed)


def test_rows_of_both_formats_are_the_same_and_sorted(tmp_path: Path) -> None:
    """NDJSON or Parquet, in whatever order."""
    rows = [call(NOON, llmcost_cost_usd=2.0), call(NOON - 5, llmcost_cost_usd=1)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")

    parquet = read_rows(tmp_path / "rows.parquet", COLUMNS)
    ndjson = read_rows(_ndjson(tmp_path, *rows), COLUMNS)

    assert parquet.batch.equals(ndjson.batch)
    assert ndjson.batch.column("llmcost_cost_usd").to_pylist() == [1.0, 2.0]
    assert ndjson.span == (NOON - 1_000_005, NOON - 1_000_000)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "is not JSON"),
        ("[1]", "is not a row"),
        ({**call(NOON), "llmcost_cost_usd": "12"}, 'llmcost_cost_usd is "12", which is no Float64'),
        ({**call(NOON), "llmcost_feature": 7}, "llmcost_feature is 7, which is no Utf8"),
        ({**call(NOON), "end_time": True}, "end_time is true, which is no UInt64"),
    ],
)
def test_a_broken_row_is_told_with_its_line(tmp_path: Path, line: Any, said: str) -> None:
    """Among half a million rows nobody finds it without."""
    path = _ndjson(tmp_path, call(NOON), line, call(NOON))

    with pytest.raises(DeclarationError) as refused:
        read_rows(path, COLUMNS)

    assert str(refused.value).startswith(f"{path}:2: {said}")


def test_a_row_without_a_time_is_told_with_its_line(tmp_path: Path) -> None:
    """It would lie in no window."""
    timeless = {key: value for key, value in call(NOON).items() if key != "_timestamp"}

    with pytest.raises(DeclarationError, match=":2: the row has no _timestamp"):
        read_rows(_ndjson(tmp_path, call(NOON), timeless), COLUMNS)


def test_a_missing_column_that_every_row_has_is_an_error(tmp_path: Path) -> None:
    """The file holds something else than rows of that stream."""
    rows = [{key: value for key, value in call(NOON).items() if key != "end_time"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")

    with pytest.raises(DeclarationError, match="the rows have no column end_time"):
        read_rows(tmp_path / "rows.parquet", COLUMNS)


def test_a_column_that_may_be_null_is_unknown_where_no_row_has_it(tmp_path: Path) -> None:
    """An export leaves nulls out; it is told, not guessed."""
    rows = read_rows(_ndjson(tmp_path, call(NOON)), COLUMNS)

    assert rows.absent == ("llmcost_cost_usd",)
    assert rows.batch.column("llmcost_cost_usd").to_pylist() == [None]


def test_a_file_without_rows_or_none_at_all_is_told(tmp_path: Path) -> None:
    """Neither is a history in which nothing happened."""
    pq.write_table(pa.Table.from_pylist([call(NOON)]).slice(0, 0), tmp_path / "rows.parquet")

    with pytest.raises(LlmCostError, match="holds no rows"):
        read_rows(tmp_path / "rows.parquet", COLUMNS)
    with pytest.raises(DeclarationError, match="there is no such file"):
        read_rows(tmp_path / "other.parquet", COLUMNS)


def test_what_is_no_parquet_is_told(tmp_path: Path) -> None:
    """In the reader's words, with the file."""
    (tmp_path / "rows.parquet").write_text("rows")

    with pytest.raises(DeclarationError, match=r"rows\.parquet: "):
        read_rows(tmp_path / "rows.parquet", COLUMNS)
