"""How ingest teaches a stream its columns, by itself and without HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.local.objects import Objects
from llmcost_infra.local.responses import Refusal
from llmcost_infra.local.rows import RowStore, StreamKey
from llmcost_infra.local.streams import Streams, column_type

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = StreamKey("default", "traces", "calls")
NOW = 1_000_000
KINDS = ["Utf8", "Int64", "UInt64", "Float64", "Boolean"]
COLUMNS = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(KINDS), min_size=1)


def _open(folder: Path) -> Streams:
    folder.mkdir(exist_ok=True)
    return Streams(Objects(folder / "objects.sqlite"), RowStore(folder / "rows"), lambda: NOW)


def _close(streams: Streams) -> None:
    streams._objects.close()
    streams._rows.close()


@pytest.fixture
def streams(tmp_path: Path) -> Iterator[Streams]:
    """Hold no stream yet; the clock stands still."""
    streams = _open(tmp_path)
    yield streams
    _close(streams)


def test_a_new_stream_has_the_columns_of_its_first_rows(streams: Streams) -> None:
    """Sorted, with default settings, as old as its first row."""
    streams.learn(KEY, {"b": "Int64", "a": "Utf8"}, 7)

    record = streams.get(KEY)
    assert record
    assert list(record["columns"]) == ["a", "b"]
    assert record["created_at"] == 7
    assert record["settings"]["enable_distinct_fields"] is True


def test_columns_that_are_known_change_nothing(streams: Streams) -> None:
    """Not even the order in which they were declared."""
    streams.create(KEY, {"z": "Utf8", "a": "Int64"}, {})

    assert streams.learn(KEY, {"a": "Int64"}, NOW + 1) == {}
    assert list(streams.columns(KEY) or {}) == ["z", "a", "_timestamp"]


def test_new_columns_are_merged_in_order(streams: Streams) -> None:
    """Declared ones are sorted with them."""
    streams.create(KEY, {"z": "Utf8"}, {})

    streams.learn(KEY, {"m": "Float64"}, NOW + 1)

    assert list(streams.columns(KEY) or {}) == ["_timestamp", "m", "z"]


def test_a_narrower_value_is_stored_as_the_column_is(streams: Streams) -> None:
    """A whole number in a double column is a double."""
    streams.create(KEY, {"cost": "Float64", "name": "Utf8"}, {})

    stored = streams.learn(KEY, {"cost": "Int64", "name": "Boolean"}, NOW + 1)

    assert stored == {"cost": "Float64", "name": "Utf8"}


def test_a_wider_value_changes_the_column_from_its_time_on(streams: Streams) -> None:
    """The rows are stored as they are."""
    streams.create(KEY, {"cost": "Float64"}, {})

    stored = streams.learn(KEY, {"cost": "Utf8"}, NOW + 1)

    assert stored == {}
    assert (streams.columns(KEY) or {})["cost"] == "Utf8"


def test_a_wider_value_from_the_past_changes_nothing_that_is_read(streams: Streams) -> None:
    """The version that begins last is the one that queries see, new columns included."""
    streams.create(KEY, {"cost": "Float64"}, {})

    streams.learn(KEY, {"cost": "Utf8", "new": "Utf8"}, NOW - 1)

    assert streams.columns(KEY) == {"cost": "Float64", "_timestamp": "Int64"}


def test_two_versions_cannot_begin_together(streams: Streams) -> None:
    """The database of the server refuses the second."""
    streams.create(KEY, {"a": "Float64", "b": "Int64"}, {})
    streams.learn(KEY, {"a": "Utf8"}, NOW - 1)

    with pytest.raises(Refusal, match="UNIQUE constraint failed"):
        streams.learn(KEY, {"b": "Utf8"}, NOW - 1)


def test_a_stream_that_was_only_marked_learns_like_a_new_one(streams: Streams) -> None:
    """It keeps the mark."""
    streams.mark_llm(KEY)
    assert streams.columns(KEY) is None

    streams.learn(KEY, {"a": "Utf8"}, NOW)

    record = streams.get(KEY)
    assert record
    assert (record["columns"], record["settings"]["is_llm_stream"]) == ({"a": "Utf8"}, True)


def test_a_stream_may_be_known_and_hold_nothing(streams: Streams) -> None:
    """Like the one that bears a histogram's own name; noting it twice changes nothing."""
    streams.know(KEY)
    streams.know(KEY)

    assert streams.get(KEY) is not None
    assert streams.columns(KEY) is None


@given(batches=st.lists(COLUMNS, min_size=1, max_size=6))
def test_columns_only_grow_and_only_widen(
    tmp_path_factory: pytest.TempPathFactory, batches: list[dict[str, str]]
) -> None:
    """Whatever comes, in time order, no column is lost and text never becomes a number."""
    streams = _open(tmp_path_factory.mktemp("streams"))
    seen: dict[str, str] = {}

    for at, columns in enumerate(batches):
        stored = streams.learn(KEY, columns, NOW + at)
        now = streams.columns(KEY) or {}
        assert now.keys() == seen.keys() | columns.keys()
        assert all(now[name] == "Utf8" for name, kind in seen.items() if kind == "Utf8")
        assert all(now[name] == stored.get(name, kind) for name, kind in columns.items())
        seen = dict(now)

    _close(streams)


@given(batches=st.lists(COLUMNS, min_size=1, max_size=4))
def test_columns_survive_a_restart(
    tmp_path_factory: pytest.TempPathFactory, batches: list[dict[str, str]]
) -> None:
    """What was learned is stored before rows are acknowledged."""
    folder = tmp_path_factory.mktemp("streams")
    streams = _open(folder)
    for at, columns in enumerate(batches):
        streams.learn(KEY, columns, NOW + at)
    before = streams.columns(KEY)
    _close(streams)

    again = _open(folder)

    assert again.columns(KEY) == before
    _close(again)


@pytest.mark.parametrize(
    ("written", "kind"), [("utf8", "Utf8"), ("FLOAT64", "Float64"), ("Money", None), ("", None)]
)
def test_types_are_written_in_any_case(written: str, kind: str | None) -> None:
    """What is no type is none."""
    assert column_type(written) == kind
