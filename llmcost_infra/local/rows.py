"""Where the rows of streams are kept: Parquet files, and a journal for the newest.

A request's rows go to the journal with one flush to disk, and stay in memory. When the journal is
long, its rows are written to Parquet, one file a stream and shape, and the journal is removed last:
a journal that is still there after a crash is read again, and what it left half-written is dropped.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from llmcost_infra.local.columnar import cast_column
from llmcost_infra.local.journal import Journal
from llmcost_infra.local.parquet import ParquetFile, write_parquet
from llmcost_infra.sql_engine.arrow import arrow
from llmcost_infra.sql_engine.columns import ARROW, arrow_schema
from llmcost_infra.sql_engine.rows import within

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from llmcost_infra.sql_engine.intervals import TimeRange

__all__ = ["RowStore", "StreamKey"]

_JOURNAL_BYTES = 32 * 1024 * 1024
_MANY_BATCHES = 64
_DROPPED = b""


class StreamKey(NamedTuple):
    """A stream.

    Args:
        org: the organization.
        type: logs, traces or metrics.
        name: the stream.
    """

    org: str
    type: str
    name: str

    @property
    def path(self) -> str:
        """Where its files are, below the store's folder."""
        return "/".join(quote(part, safe="") for part in self)

    @classmethod
    def of_path(cls, path: str) -> StreamKey:
        """Return the stream whose files are at a path."""
        org, kind, name = (unquote(part) for part in path.split("/"))
        return cls(org, kind, name)


class RowStore:
    """Rows of all streams of one server, safe to use from several threads.

    Args:
        folder: made when missing.
        journal_bytes: from this size on, the journal is turned into Parquet.
    """

    def __init__(self, folder: Path, journal_bytes: int = _JOURNAL_BYTES) -> None:
        self._folder = folder
        self._journal_bytes = journal_bytes
        self._lock = RLock()
        self._recent: dict[StreamKey, list[Any]] = {}
        self._files: dict[StreamKey, list[ParquetFile]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._journal = self._recover()

    def append(self, rows: Sequence[tuple[StreamKey, Any]]) -> None:
        """Keep record batches; on return they survive a crash, all of them or none."""
        records = [(key.path, _packed(batch)) for key, batch in rows]
        with self._lock:
            self._journal.append(records)
            for key, batch in rows:
                self._remember(key, batch)
            if self._journal.size >= self._journal_bytes:
                self._compact()

    def scan(self, key: StreamKey, columns: Mapping[str, str], time_range: TimeRange) -> list[Any]:
        """Return a stream's rows within a time range, as record batches typed as declared.

        Args:
            key: the stream.
            columns: name → type, in order; one that was never stored is null.
            time_range: of the rows.

        Raises:
            CastFault: a stored value does not fit its column.
        """
        with self._lock:
            files = list(self._files.get(key, ()))
            recent = list(self._merged(key))
        pieces = list(_read(files, columns, time_range))
        pieces += [within(batch, time_range) for batch in recent]
        return list(_declared([piece for piece in pieces if piece.num_rows], columns))

    def drop(self, key: StreamKey) -> None:
        """Remove all rows of a stream, for good."""
        with self._lock:
            self._journal.append([(key.path, _DROPPED)])
            self._forget(key)

    def expire(self, key: StreamKey, before: int) -> None:
        """Remove the files of a stream whose newest row is older than a time in microseconds."""
        with self._lock:
            files = self._files.get(key, [])
            for file in [file for file in files if file.latest < before]:
                files.remove(file)
                file.path.unlink(missing_ok=True)

    def files(self, key: StreamKey) -> list[ParquetFile]:
        """Return the Parquet files of a stream."""
        with self._lock:
            return list(self._files.get(key, ()))

    def close(self) -> None:
        """Close the journal; its rows are read again on the next start."""
        with self._lock:
            self._journal.close()

    def _remember(self, key: StreamKey, batch: Any) -> None:
        self._recent.setdefault(key, []).append(batch)

    def _forget(self, key: StreamKey) -> None:
        self._recent.pop(key, None)
        self._files.pop(key, None)
        shutil.rmtree(self._folder / key.path, ignore_errors=True)

    def _merged(self, key: StreamKey) -> list[Any]:
        """Return the rows in memory, in few record batches."""
        recent = self._recent.get(key, [])
        if len(recent) > _MANY_BATCHES:
            recent = [batch for group in _by_shape(recent) for batch in group.to_batches()]
            self._recent[key] = recent
        return recent

    def _recover(self) -> Journal:
        for path in sorted(self._folder.glob("*/*/*/*.parquet")):
            key = StreamKey.of_path(path.parent.relative_to(self._folder).as_posix())
            self._files.setdefault(key, []).append(ParquetFile(path))
        numbers = [_number(path) for path in self._folder.glob("*.journal")]
        journal, records = Journal.recover(self._path(min(numbers, default=self._next_number())))
        self._drop_unfinished(_number(journal.path))
        for record_key, payload in records:
            key = StreamKey.of_path(record_key)
            if payload == _DROPPED:
                self._forget(key)
            else:
                self._remember(key, _unpacked(payload))
        return journal

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08}.journal"

    def _next_number(self) -> int:
        numbers = [_number(file.path) for files in self._files.values() for file in files]
        return max(numbers, default=0) + 1

    def _drop_unfinished(self, number: int) -> None:
        """Remove what a crash left of turning this journal into Parquet."""
        for files in self._files.values():
            for file in [file for file in files if _number(file.path) >= number]:
                files.remove(file)
                file.path.unlink(missing_ok=True)

    def _compact(self) -> None:
        """Turn the journal into Parquet files and start a new one."""
        number = _number(self._journal.path)
        for key, batches in self._recent.items():
            folder = self._folder / key.path
            for at, table in enumerate(_by_shape(batches)):
                file = write_parquet(folder / f"{number:08}-{at}.parquet", table)
                self._files.setdefault(key, []).append(file)
        self._journal.close()
        self._recent = {}
        old = self._journal.path
        self._journal = Journal(self._path(number + 1))
        old.unlink()


def _read(
    files: Sequence[ParquetFile], columns: Mapping[str, str], time_range: TimeRange
) -> Iterator[Any]:
    for file in files:
        # The stream may be deleted meanwhile: then its rows are gone.
        with suppress(FileNotFoundError):
            if file.overlaps(time_range):
                yield file.read(columns, time_range)


def _number(path: Path) -> int:
    return int(path.stem.partition("-")[0])


def _packed(batch: Any) -> bytes:
    sink = arrow.BufferOutputStream()
    with arrow.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _unpacked(payload: bytes) -> Any:
    with arrow.ipc.open_stream(payload) as reader:
        return reader.read_next_batch()


def _by_shape(batches: Sequence[Any]) -> Iterator[Any]:
    """Yield tables that hold all rows; columns of one name and different types part them."""
    groups: list[tuple[dict[str, Any], list[Any]]] = []
    for batch in batches:
        shape = {field.name: field.type for field in batch.schema}
        for known, members in groups:
            if all(known.get(name, kind) == kind for name, kind in shape.items()):
                known.update(shape)
                members.append(batch)
                break
        else:
            groups.append((dict(shape), [batch]))
    for known, members in groups:
        schema = arrow.schema(list(known.items()))
        tables = [arrow.Table.from_batches([batch]) for batch in members]
        merged = arrow.concat_tables([*tables, schema.empty_table()], promote_options="default")
        yield merged.combine_chunks()


def _declared(pieces: Sequence[Any], columns: Mapping[str, str]) -> Iterator[Any]:
    """Yield record batches typed as declared; the first bad column in order is the one named."""
    arrays: list[list[Any]] = [[] for _ in pieces]
    present = [set(piece.schema.names) for piece in pieces]
    for name, kind in columns.items():
        for piece, names, built in zip(pieces, present, arrays, strict=True):
            stored = (
                piece.column(name) if name in names else arrow.nulls(piece.num_rows, ARROW[kind])
            )
            built.append(cast_column(stored, kind))
    schema = arrow_schema(columns.items())
    for piece, built in zip(pieces, arrays, strict=True):
        made: Any = arrow.Table if isinstance(piece, arrow.Table) else arrow.RecordBatch
        typed: Any = made.from_arrays(built, schema=schema)
        yield from typed.to_batches() if made is arrow.Table else [typed]
