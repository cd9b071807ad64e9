"""Templates of alerts know when each row of the price table is to be reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from llmcost_infra.catalog.price_reviews import review_by
from llmcost_infra.pricing import load_table
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import MemoryStreams, query

if TYPE_CHECKING:
    from pathlib import Path

MODEL = """\
- id: openai/{model}
  match: '^{model}$'
  rates:
  - from: 2024-10-01
    source: https://example.com/pricing
    verified: 2025-12-31
    review_by: {day}
    per_mtok: {{input: "2.50", output: "10.00"}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose OpenAI prices have three dates of review."""
    (tmp_path / "pricing").mkdir()
    dates = {"a": "2026-01-01", "b": "2026-02-02", "c": "2026-02-02", "it-s": "2026-03-03"}
    models = "".join(MODEL.format(model=model, day=day) for model, day in dates.items())
    (tmp_path / "pricing" / "openai.yaml").write_text(f"provider: openai\nmodels:\n{models}")
    return tmp_path


def test_every_row_has_its_date(project: Path) -> None:
    """Whether it is named in the statement, or has the date that most rows have."""
    table = load_table(project)
    rows = [row for models in table.providers.values() for model in models for row in model.rows]
    known = [{"_timestamp": 1, "row_id": row.id} for row in rows]
    streams = MemoryStreams({"t": pa.Table.from_pylist(known)})
    sql = f"SELECT row_id, {review_by(project)('row_id')} AS day FROM t ORDER BY row_id"  # noqa: S608 - no user's words

    found = query(sql, streams, TimeRange(0, 2)).rows

    assert {row["row_id"]: str(row["day"])[:10] for row in found} == {
        row.id: str(row.review_by) for row in rows
    }


def test_rows_that_are_reviewed_together_make_a_short_statement(project: Path) -> None:
    """Hundreds of rows with one date are not named."""
    named, _, usual = review_by(project)("x").partition(" ELSE ")
    assert named == (
        "CAST(CASE WHEN x IN ('openai/a@2024-10-01') THEN '2026-01-01'"
        " WHEN x IN ('openai/b@2024-10-01', 'openai/c@2024-10-01') THEN '2026-02-02'"
        " WHEN x IN ('openai/it-s@2024-10-01') THEN '2026-03-03'"
    )
    (model, *_) = load_table().providers["anthropic"]
    assert usual == f"'{model.rows[0].review_by}' END AS DATE)"
