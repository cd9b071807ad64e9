"""One Parquet file of a stream: what it holds, and reading few columns of a time range."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llmcost_infra.sql_engine.arrow import parquet
from llmcost_infra.sql_engine.clauses import TIMESTAMP
from llmcost_infra.sql_engine.rows import within

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from llmcost_infra.sql_engine.intervals import TimeRange

__all__ = ["ParquetFile", "write_parquet"]

_ROW_GROUP = 65_536


class ParquetFile:
    """A file that does not change any more.

    Args:
        path: where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _metadata(self) -> Any:
        return parquet.read_metadata(self.path)

    @cached_property
    def _names(self) -> list[str]:
        return list(self._metadata.schema.to_arrow_schema().names)

    @cached_property
    def _times(self) -> list[tuple[int, int]]:
        """First and last time of each row group."""
        column = self._names.index(TIMESTAMP)
        groups = [self._metadata.row_group(at) for at in range(self._metadata.num_row_groups)]
        bounds = [group.column(column).statistics for group in groups]
        return [(bound.min, bound.max) for bound in bounds]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self._metadata.num_rows)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.path.stat().st_size

    @property
    def earliest(self) -> int:
        """The first time in it, in microseconds since 1970."""
        return min(first for first, _ in self._times)

    @property
    def latest(self) -> int:
        """The last time in it, in microseconds since 1970."""
        return max(last for _, last in self._times)

    def overlaps(self, time_range: TimeRange) -> bool:
        """Tell whether it may hold rows of a time range."""
        return bool(self._groups(time_range))

    def _groups(self, time_range: TimeRange) -> list[int]:
        return [
            at
            for at, (first, last) in enumerate(self._times)
            if first < time_range.end and last >= time_range.start
        ]

    def read(self, columns: Iterable[str], time_range: TimeRange) -> Any:
        """Return a table of the rows within a time range, with those of the columns it has."""
        wanted = {TIMESTAMP, *columns}
        with parquet.ParquetFile(self.path, metadata=self._metadata, memory_map=True) as file:
            table = file.read_row_groups(
                self._groups(time_range), [name for name in self._names if name in wanted]
            )
        if time_range.start <= self.earliest and self.latest < time_range.end:
            return table
        return within(table, time_range)


def write_parquet(path: Path, table: Any) -> ParquetFile:
    """Write a table sorted by time; the file is complete or not there.

    Args:
        path: of the file; its folder is made when missing.
        table: has `_timestamp`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    ordered = table.sort_by(TIMESTAMP) if table.num_rows > 1 else table
    with draft.open("wb") as file:
        parquet.write_table(ordered, file, compression="zstd", row_group_size=_ROW_GROUP)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return ParquetFile(path)
