"""Rows are kept: in memory, in the journal, in Parquet, across restarts and crashes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from llmcost_infra.local.columnar import to_batch
from llmcost_infra.local.rows import RowStore, StreamKey
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import CastFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Start = Callable[..., RowStore]

CALLS = StreamKey("default", "traces", "calls")
LOGS = StreamKey("default", "logs", "calls")
ALWAYS = TimeRange(0, 10**18)
COLUMNS = {"_timestamp": "Int64", "v": "Int64"}


def _batch(*times: int, v: Any = None) -> Any:
    values = list(times) if v is None else [v] * len(times)
    return pa.record_batch([pa.array(times, pa.int64()), pa.array(values)], ["_timestamp", "v"])


def _times(store: RowStore, key: StreamKey = CALLS, time_range: TimeRange = ALWAYS) -> list[int]:
    batches = store.scan(key, COLUMNS, time_range)
    return sorted(time for batch in batches for time in batch.column(0).to_pylist())


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Open a store on one folder; several times stands for restarts after a kill."""
    with ExitStack() as opened:

        def _start(journal_bytes: int = 10**9) -> RowStore:
            return opened.enter_context(closing(RowStore(tmp_path, journal_bytes)))

        yield _start


@pytest.fixture
def store(start: Start) -> RowStore:
    """Keep everything in the journal."""
    return start()


@pytest.fixture
def eager(start: Start) -> RowStore:
    """Write Parquet after every append."""
    return start(1)


@pytest.mark.parametrize("journal_bytes", [1, 10**9])
def test_rows_survive_a_restart(start: Start, journal_bytes: int) -> None:
    """Wherever they are at the time."""
    store = start(journal_bytes)
    store.append([(CALLS, _batch(1, 2)), (LOGS, _batch(3))])
    store.close()

    again = start(journal_bytes)

    assert (_times(again), _times(again, LOGS)) == ([1, 2], [3])


@pytest.mark.parametrize("journal_bytes", [1, 10**9])
def test_rows_survive_without_a_goodbye(start: Start, journal_bytes: int) -> None:
    """A killed process closes nothing."""
    start(journal_bytes).append([(CALLS, _batch(1, 2))])

    assert _times(start()) == [1, 2]


def test_only_a_time_range_is_read(eager: RowStore) -> None:
    """Start in, end out, in files as in memory."""
    eager.append([(CALLS, _batch(1, 2, 3))])
    eager.append([(CALLS, _batch(10, 20))])

    assert _times(eager, time_range=TimeRange(2, 20)) == [2, 3, 10]
    assert _times(eager, time_range=TimeRange(4, 10)) == []


def test_a_column_that_was_never_stored_is_null(store: RowStore) -> None:
    """A declared column may have no values yet."""
    store.append([(CALLS, _batch(1))])

    (batch,) = store.scan(CALLS, {"_timestamp": "Int64", "new": "Float64"}, ALWAYS)

    assert batch.to_pylist() == [{"_timestamp": 1, "new": None}]


@pytest.mark.parametrize("journal_bytes", [1, 10**9])
def test_one_column_may_be_stored_with_several_types(start: Start, journal_bytes: int) -> None:
    """It is read as declared, piece by piece."""
    store = start(journal_bytes)
    for value in (1, "2", 3.0):
        store.append([(CALLS, _batch(1, v=value))])

    batches = store.scan(CALLS, COLUMNS, ALWAYS)

    assert sorted(value for batch in batches for value in batch.column(1).to_pylist()) == [1, 2, 3]


def test_a_misfit_is_told_for_the_first_column_that_has_one(store: RowStore) -> None:
    """Columns are looked at in the order of the stream, not of the rows."""
    store.append([(CALLS, _batch(1, v="late"))])
    store.append(
        [(CALLS, pa.record_batch([pa.array([2]), pa.array(["early"])], ["_timestamp", "a"]))]
    )

    with pytest.raises(CastFault, match="early"):
        store.scan(CALLS, {"_timestamp": "Int64", "a": "Int64", "v": "Int64"}, ALWAYS)
    assert store.scan(CALLS, {"_timestamp": "Int64"}, ALWAYS)


def test_many_small_requests_are_merged(store: RowStore) -> None:
    """A query must not pay for every request that ever came."""
    for time in range(200):
        store.append([(CALLS, _batch(time))])

    batches = store.scan(CALLS, COLUMNS, ALWAYS)

    assert len(batches) < 10
    assert _times(store) == list(range(200))


@pytest.mark.parametrize("journal_bytes", [1, 10**9])
def test_a_dropped_stream_stays_dropped(start: Start, journal_bytes: int) -> None:
    """Also after a restart; rows that come later are kept."""
    store = start(journal_bytes)
    store.append([(CALLS, _batch(1)), (LOGS, _batch(5))])
    store.drop(CALLS)
    store.append([(CALLS, _batch(2))])

    again = start(journal_bytes)

    assert (_times(again), _times(again, LOGS)) == ([2], [5])


def test_files_that_are_old_as_a_whole_expire(eager: RowStore) -> None:
    """A file with one young row stays."""
    eager.append([(CALLS, _batch(1, 2))])
    eager.append([(CALLS, _batch(3, 9))])

    eager.expire(CALLS, before=5)

    assert _times(eager) == [3, 9]
    assert [file.rows for file in eager.files(CALLS)] == [2]


def test_a_file_tells_what_it_holds(eager: RowStore) -> None:
    """First and last time, rows and bytes, for the figures of a stream."""
    eager.append([(CALLS, _batch(7, 3, 5))])

    (file,) = eager.files(CALLS)

    assert (file.rows, file.earliest, file.latest) == (3, 3, 7)
    assert file.size == file.path.stat().st_size


def test_a_file_that_vanishes_takes_only_its_rows(eager: RowStore) -> None:
    """A stream may be deleted while it is read."""
    eager.append([(CALLS, _batch(1))])
    eager.append([(CALLS, _batch(2))])
    eager.files(CALLS)[0].path.unlink()

    assert _times(eager) == [2]


def test_half_made_files_of_a_crash_are_made_again(start: Start, tmp_path: Path) -> None:
    """While the journal is there, it is the truth."""
    store = start()
    store.append([(CALLS, _batch(1, 2))])
    before = {path: path.read_bytes() for path in tmp_path.glob("*.journal")}
    eager = start(1)
    eager.append([(CALLS, _batch(3))])
    for path, content in before.items():
        path.write_bytes(content)

    assert _times(start()) == [1, 2]


def test_names_with_odd_characters_have_files(start: Start) -> None:
    """A stream's name may hold a colon."""
    key = StreamKey("org/../x", "traces", "a:b")
    store = start(1)
    store.append([(key, _batch(1))])

    assert _times(start(), key) == [1]
    assert StreamKey.of_path(key.path) == key


BATCHES = st.lists(
    st.lists(
        st.tuples(st.integers(0, 50), st.none() | st.integers(0, 9) | st.sampled_from(["1", "7"])),
        min_size=1,
        max_size=6,
    ),
    max_size=8,
)


@given(batches=BATCHES, start=st.integers(0, 50), end=st.integers(0, 50), eager=st.booleans())
@settings(max_examples=60)
def test_a_scan_finds_what_a_loop_would(
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[list[tuple[int, Any]]],
    start: int,
    end: int,
    *,
    eager: bool,
) -> None:
    """In memory or in files, with numbers stored as text in between."""
    folder = tmp_path_factory.mktemp("rows")
    with closing(RowStore(folder, 1 if eager else 10**9)) as store:
        for batch in batches:
            rows = [{"_timestamp": time, "v": value} for time, value in batch]
            store.append([(CALLS, to_batch(rows).record_batch({}))])

        found = [
            (row["_timestamp"], row["v"])
            for batch in store.scan(CALLS, COLUMNS, TimeRange(start, end))
            for row in batch.to_pylist()
        ]

    expected = [
        (time, None if value is None else int(value))
        for batch in batches
        for time, value in batch
        if start <= time < end
    ]
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    shutil.rmtree(folder)


class Keeping(RuleBasedStateMachine):
    """Whatever happens in whatever order, exactly the acknowledged rows are there."""

    @initialize()
    def start(self) -> None:
        """Begin with an empty folder."""
        self.folder = self.fresh_folder()
        self.store = RowStore(self.folder, journal_bytes=4_000)
        self.kept: list[int] = []
        self.clock = 0

    fresh_folder: Any

    @rule(count=st.integers(1, 40))
    def append(self, count: int) -> None:
        """Take rows in."""
        times = range(self.clock, self.clock + count)
        self.clock += count
        self.store.append([(CALLS, _batch(*times))])
        self.kept += times

    @rule()
    def drop(self) -> None:
        """Delete the stream."""
        self.store.drop(CALLS)
        self.kept = []

    @rule()
    def restart(self) -> None:
        """Stop, which writes nothing that was not written before, and start again."""
        self.store.close()
        self.store = RowStore(self.folder, journal_bytes=4_000)

    @invariant()
    def everything_is_there(self) -> None:
        """Nothing is lost, nothing twice."""
        assert _times(self.store) == self.kept

    def teardown(self) -> None:
        """Leave no files."""
        self.store.close()
        shutil.rmtree(self.folder)


def test_keeping(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Random sequences of appends, drops and restarts lose and invent nothing."""
    Keeping.fresh_folder = staticmethod(lambda: tmp_path_factory.mktemp("rows"))

    run_state_machine_as_test(Keeping, settings=settings(max_examples=25, stateful_step_count=20))
