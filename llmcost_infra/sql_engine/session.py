"""The typed seam around DataFusion: one short-lived session a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost_infra.sql_engine.arrow import arrow, datafusion
from llmcost_infra.sql_engine.columns import arrow_schema
from llmcost_infra.sql_engine.functions import register

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmcost_infra.sql_engine.clauses import Table
    from llmcost_infra.sql_engine.columns import Columns

__all__ = ["Field", "Query", "Session", "Stopped"]

# Reading takes longer than computing; more partitions are no faster and hold groups twice.
_PARTITIONS = 1
# A statement asks: one that makes tables could read any file of this machine.
_READ_ONLY: Any = (
    datafusion.SQLOptions().with_allow_ddl(False).with_allow_dml(False).with_allow_statements(False)
)


class Stopped(Exception):  # noqa: N818 - DataFusion stopped while it ran
    """A statement that was planned failed at run time, in DataFusion's words."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of an answer.

    Args:
        name: as the statement names it.
        type: Arrow's word for its type.
        nullable: whether it may hold nulls.
    """

    name: str
    type: str
    nullable: bool


class Query:
    """A planned statement."""

    def __init__(self, session: Any, frame: Any) -> None:
        self._session = session
        self._frame = frame

    @property
    def fields(self) -> list[Field]:
        """The columns that it answers with."""
        return [
            Field(field.name, str(field.type), field.nullable) for field in self._frame.schema()
        ]

    def run(self, limit: int | None = None, offset: int = 0) -> list[Any]:
        """Return record batches.

        Raises:
            Stopped: it failed while it ran.
        """
        frame = self._frame if limit is None else self._frame.limit(limit, offset)
        try:
            batches: list[Any] = frame.collect()
        except Exception as stopped:  # noqa: BLE001 - DataFusion raises bare exceptions
            raise Stopped(str(stopped).removeprefix("DataFusion error: ")) from None
        return batches

    def scanned_columns(self) -> dict[str, set[str]]:
        """Return which columns of which tables it reads, by the table's written name."""
        found: dict[str, set[str]] = {}
        for node in _nodes(self._frame.optimized_logical_plan()):
            variant = node.to_variant()
            if type(variant).__name__ == "TableScan":
                projection: list[tuple[int, str]] = variant.projection() or []
                found.setdefault(variant.table_name(), set()).update(name for _, name in projection)
        return found

    def scan_count(self) -> dict[str, int]:
        """Return how often it reads each table."""
        found: dict[str, int] = {}
        for node in _nodes(self._frame.logical_plan()):
            variant = node.to_variant()
            if type(variant).__name__ == "TableScan":
                name: str = variant.table_name()
                found[name] = found.get(name, 0) + 1
        return found

    def mixed_unions(self) -> list[str]:
        """Return columns of a UNION that may be null in one branch and not in another."""
        found: dict[str, None] = {}
        for node in _nodes(self._frame.logical_plan()):
            if type(node.to_variant()).__name__ == "Union":
                schemas = [
                    self._session.create_dataframe_from_logical_plan(branch).schema()
                    for branch in node.inputs()
                ]
                for at, field in enumerate(schemas[0]):
                    if len({schema.field(at).nullable for schema in schemas}) > 1:
                        found[str(field.name)] = None
        return list(found)

    def null_in_union(self) -> str | None:
        """Return a column of a UNION that another branch declares as never null, but is."""
        for node in _nodes(self._frame.logical_plan()):
            if type(node.to_variant()).__name__ != "Union":
                continue
            frames = [
                self._session.create_dataframe_from_logical_plan(branch) for branch in node.inputs()
            ]
            schemas = [frame.schema() for frame in frames]
            for at, field in enumerate(schemas[0]):
                flags = [schema.field(at).nullable for schema in schemas]
                if all(flags) or not any(flags):
                    continue
                for frame, nullable in zip(frames, flags, strict=True):
                    if nullable and any(batch.column(at).null_count for batch in frame.collect()):
                        return str(field.name)
        return None


def _nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for below in plan.inputs():
        yield from _nodes(below)


class Session:
    """DataFusion with the tables of one query."""

    def __init__(self) -> None:
        config = (
            datafusion.SessionConfig({"datafusion.sql_parser.dialect": "postgres"})
            .with_target_partitions(_PARTITIONS)
            .with_default_catalog_and_schema("datafusion", "public")
        )
        self._context: Any = datafusion.SessionContext(config)
        self._namespaces: set[str] = set()
        register(self._context)

    def declare(self, table: Table, columns: Columns) -> None:
        """Make an empty table, to plan against."""
        self.fill(table, columns, [])

    def fill(self, table: Table, columns: Columns, batches: Sequence[Any]) -> None:
        """Make a table of record batches that have exactly these columns, or replace it."""
        empty = arrow.RecordBatch.from_pylist([], schema=arrow_schema(columns.items()))
        partitions = [list(batches) or [empty]]
        if not table.stream_type:
            self._drop(table.name)
            self._context.register_record_batches(table.name, partitions)
            return
        self._context.register_record_batches("_moving", partitions)
        schema = self._namespace(table.stream_type)
        if table.name in schema.names():
            schema.deregister_table(table.name)
        schema.register_table(table.name, self._context.table("_moving"))
        self._drop("_moving")

    def _drop(self, name: str) -> None:
        if self._context.table_exist(name):
            self._context.deregister_table(name)

    def _namespace(self, name: str) -> Any:
        if name not in self._namespaces:
            self._context.sql(f'CREATE SCHEMA "{name}"')
            self._namespaces.add(name)
        return self._context.catalog().schema(name)

    def query(self, sql: str) -> Query:
        """Plan a statement; raises ValueError with DataFusion's words when it cannot be."""
        try:
            return Query(self._context, self._context.sql_with_options(sql, _READ_ONLY))
        except Exception as refused:  # noqa: BLE001 - DataFusion raises bare exceptions
            raise ValueError(str(refused).removeprefix("DataFusion error: ")) from None
