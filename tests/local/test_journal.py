"""What the journal acknowledged is there after a crash, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.local.journal import Journal, Record

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RECORDS: list[Record] = [("a/traces/x", b"one"), ("b/logs/y", b""), ("c", bytes(range(256)))]


def _written(path: Path, records: list[Record]) -> bytes:
    journal = Journal(path)
    journal.append(records)
    journal.close()
    return path.read_bytes()


def _recovered(path: Path) -> list[Record]:
    journal, records = Journal.recover(path)
    journal.close()
    return records


def test_records_come_back_in_order(tmp_path: Path) -> None:
    """Keys and payloads are kept byte by byte."""
    _written(tmp_path / "1.journal", RECORDS)

    assert _recovered(tmp_path / "1.journal") == RECORDS


def test_a_journal_that_is_not_there_is_empty(tmp_path: Path) -> None:
    """The first start has none."""
    assert _recovered(tmp_path / "1.journal") == []


def test_writing_goes_on_after_recovery(tmp_path: Path) -> None:
    """The same file takes the next records."""
    _written(tmp_path / "1.journal", RECORDS[:1])
    journal, _ = Journal.recover(tmp_path / "1.journal")

    journal.append(RECORDS[1:])
    journal.close()

    assert _recovered(tmp_path / "1.journal") == RECORDS


@given(cut=st.integers(min_value=0), flipped=st.integers(0, 7))
def test_whatever_a_crash_leaves_whole_records_survive(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flipped: int
) -> None:
    """A cut or torn tail costs only records that were not complete, and it is removed."""
    path = tmp_path_factory.mktemp("journal") / "1.journal"
    whole = _written(path, RECORDS[:2])
    content = _written(path, RECORDS[2:])
    end = len(whole) + cut % (len(content) - len(whole))
    torn = bytearray(content[:end])
    if end > len(whole):
        torn[-1] ^= 1 << flipped
    path.write_bytes(torn)

    assert _recovered(path) == RECORDS[:2]
    assert path.stat().st_size == len(whole)


def test_its_size_is_what_was_written(tmp_path: Path) -> None:
    """The size decides when rows move to Parquet."""
    content = _written(tmp_path / "1.journal", RECORDS)
    journal, _ = Journal.recover(tmp_path / "1.journal")

    assert journal.size == len(content)
    journal.close()
