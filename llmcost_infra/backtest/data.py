"""Reads rows of a stream from a Parquet or NDJSON file, and says what is wrong with them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.backtest.rows import column_types, sorted_rows
from llmcost_infra.declarations import nearest
from llmcost_infra.errors import DeclarationError, LlmCostError
from llmcost_infra.sql_engine.arrow import arrow, compute, parquet
from llmcost_infra.sql_engine.clauses import TIMESTAMP
from llmcost_infra.sql_engine.columns import ARROW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llmcost_infra.backtest.rows import ColumnTypes

__all__ = ["Rows", "complete", "read_rows", "rows_from_hits"]

_ALWAYS: Final = frozenset(
    {TIMESTAMP, "end_time", "span_id", "trace_id", "llmcost_is_call", "llmcost_is_tool"}
)
"""What every row has: a file without them holds something else."""
_BLOCK: Final = 16 << 20  # bytes that are parsed at a time
_FITS: Final[dict[str, type | tuple[type, ...]]] = {
    "Utf8": str,
    "Int64": int,
    "UInt64": int,
    "Float64": (int, float),
    "Boolean": bool,
}


@dataclass(frozen=True)
class Rows:
    """Rows of one stream.

    Args:
        batch: one record batch, sorted by time.
        absent: columns that no row has; each is null everywhere.
    """

    batch: Any
    absent: tuple[str, ...] = ()

    @property
    def span(self) -> tuple[int, int] | None:
        """Times of the first and the last row, in µs; None without rows."""
        times = self.batch.column(TIMESTAMP)
        return (times[0].as_py(), times[-1].as_py()) if len(times) else None


def read_rows(path: Path, columns: Sequence[str]) -> Rows:
    """Return the rows of a file.

    Args:
        path: Parquet (`.parquet`), or NDJSON: one row a line, nulls left out or written.
        columns: that are needed.

    Raises:
        DeclarationError: a row is broken (with its line), or a column is missing.
    """
    types = column_types(columns)
    if not path.is_file():
        raise DeclarationError(
            "there is no such file", path=path, hint="Name a .parquet or .ndjson file of rows."
        )
    table = _parquet(path, types) if path.suffix == ".parquet" else _ndjson(path, types)
    return complete(table, types, path)


def rows_from_hits(hits: Sequence[dict[str, Any]], columns: Sequence[str]) -> Any:
    """Return rows as the server answers with them as a table."""
    types = column_types(columns)
    schema = arrow.schema([(name, ARROW[kind]) for name, kind in types.items()])
    return arrow.Table.from_pylist(list(hits), schema=schema)


def _parquet(path: Path, types: ColumnTypes) -> Any:
    try:
        file = parquet.ParquetFile(path)
        there = [name for name in types if name in file.schema_arrow.names]
        table = file.read(columns=there)
        schema = arrow.schema([(name, ARROW[types[name]]) for name in there])
        return table.select(there).cast(schema)
    except (arrow.ArrowInvalid, arrow.ArrowNotImplementedError) as error:
        said = str(error).splitlines()[0]
        raise DeclarationError(said, path=path, hint="Export the stream again.") from error


def _ndjson(path: Path, types: ColumnTypes) -> Any:
    reader: Any = import_module("pyarrow.json")
    schema = arrow.schema([(name, ARROW[kind]) for name, kind in types.items()])
    try:
        return reader.read_json(
            path,
            read_options=reader.ReadOptions(block_size=_BLOCK),
            parse_options=reader.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="ignore"
            ),
        )
    except arrow.ArrowInvalid as error:
        if path.stat().st_size == 0:
            return schema.empty_table()
        _find_broken(path, types)
        raise DeclarationError(str(error), path=path) from error


def _find_broken(path: Path, types: ColumnTypes) -> None:
    """Look at one line after the other for what the quick reader choked on.

    Raises:
        DeclarationError: at the line.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DeclarationError(f"is not JSON: {error}", path=path, line=number) from error
            if not isinstance(row, dict):
                raise DeclarationError("is not a row", path=path, line=number)
            for name, kind in types.items():
                value: Any = row.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] # JSON
                if value is not None and not _fits(value, kind):
                    said = f"{name} is {json.dumps(value)}, which is no {kind}"
                    raise DeclarationError(said, path=path, line=number)


def _fits(value: Any, kind: str) -> bool:
    return isinstance(value, _FITS[kind]) and (kind == "Boolean" or not isinstance(value, bool))


def complete(table: Any, types: ColumnTypes, path: Path | str) -> Rows:
    """Return rows with all columns that are needed, sorted by time.

    Args:
        table: as it was read.
        types: of the columns that are needed.
        path: where it is from, for errors.

    Raises:
        DeclarationError: a column that every row has is missing.
        LlmCostError: there are no rows.
    """
    there = set(table.schema.names)
    absent = [
        name
        for name in types
        if name not in there or (table.num_rows and table.column(name).null_count == len(table))
    ]
    if lost := [name for name in absent if name in _ALWAYS]:
        near = nearest(lost[0], sorted(there - set(lost)))
        raise DeclarationError(f"the rows have no column {lost[0]}", path=path, hint=near)
    for name in types:
        if name not in there:
            table = table.append_column(name, arrow.nulls(len(table), ARROW[types[name]]))
    table = table.select(list(types))
    if table.num_rows and table.column(TIMESTAMP).null_count:
        nulls = compute.is_null(table.column(TIMESTAMP).combine_chunks())
        line = nulls.index(arrow.scalar(value=True)).as_py() + 1
        raise DeclarationError(f"the row has no {TIMESTAMP}", path=path, line=line)
    if not table.num_rows:
        raise LlmCostError(f"{path} holds no rows.", hint="Export the days that you mean.")
    return Rows(sorted_rows(table), tuple(absent))
