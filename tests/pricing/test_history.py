"""Price history is appended to and never edited: calls of the past keep their price."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import price_history
import pytest

from llmcost_infra.pricing import load_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llmcost_infra.pricing import PriceTable

OLD, NEW = "acme/one@2025-01-01", "acme/one@2025-06-01"
NEWER = """\
  - from: 2026-01-01
    source: a newer price list
    verified: 2026-01-02
    review_by: 2026-04-01
    per_mtok: {input: "0.01"}
- id: acme/voice
"""


def test_no_released_row_was_edited(table: PriceTable) -> None:
    """Every row and id of the last release is still there and says what it said."""
    released = json.loads(price_history.RECORD.read_text(encoding="utf-8"))

    assert len(released["rows"]) > 300
    assert price_history.edits(released, table) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"8.00"', '"8.01"', [f"the row {OLD} was edited"]),
        ('priority: {input: "3.00"', 'priority: {input: "3.01"', [f"the row {NEW} was edited"]),
        ("over_input_tokens: 5000", "over_input_tokens: 5001", [f"the row {NEW} was edited"]),
        ('{eu: "1.10"}', '{eu: "1.20"}', ["the row acme/voice@2025-01-01 was edited"]),
        ("  - from: 2025-06-01", "  - from: 2025-06-02", [f"the row {NEW} was removed"]),
        ("'^vectors$'", "'^vectors-2$'", ["the id vectors of acme/vectors belongs to nobody now"]),
        ("source: a price list", "source: the price list", []),
        ("review_by: 2025-04-01", "review_by: 2025-05-01", []),
        ('"2.00"', '"2.0"', []),
        ("'^vectors$'", "'^vectors(-2)?$'", []),
        ("- id: acme/voice\n", NEWER, []),
    ],
)  # fmt: skip
def test_an_edit_is_told_by_name_and_an_addition_passes(
    project: Callable[[str], Path], acme_yaml: str, old: str, new: str, said: list[str]
) -> None:
    """Rates, dates, limits, regions and ids of a released row are final; all else may change."""
    assert old in acme_yaml
    released = price_history.snapshot(load_table(project(acme_yaml)))

    table = load_table(project(acme_yaml.replace(old, new, 1)))

    assert price_history.edits(released, table) == said


def test_recording_adds_and_refuses_to_forget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A release writes what is new beside what was, and nothing when something old was changed."""
    record = tmp_path / "released.json"
    monkeypatch.setattr(price_history, "RECORD", record)

    assert price_history.main() == 0
    whole = json.loads(record.read_text(encoding="utf-8"))
    whole["rows"].pop("openai/gpt-4o@2024-10-01")
    record.write_text(json.dumps(whole), encoding="utf-8")
    assert price_history.main() == 0
    assert "openai/gpt-4o@2024-10-01" in record.read_text(encoding="utf-8")

    whole["rows"]["openai/gpt-0@2024-10-01"] = "123"
    record.write_text(json.dumps(whole), encoding="utf-8")
    assert price_history.main() == 1
    assert "the row openai/gpt-0@2024-10-01 was removed" in capsys.readouterr().err
    assert json.loads(record.read_text(encoding="utf-8")) == whole
