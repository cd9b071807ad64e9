"""A statement taken apart and planned once, however many stacks have it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import expressions
from sqlglot.errors import SqlglotError

from llmcost_infra.sql_engine.clauses import Clauses, read_clauses
from llmcost_infra.sql_engine.refusals import SqlRefusal
from llmcost_infra.sql_engine.sql import DeclaredStreams, Plan, plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlglot import Expr

__all__ = ["Analysis", "Declared", "analyse"]


@dataclass(frozen=True, slots=True)
class Declared:
    """Declared streams of a type: names, each with its columns and their types."""

    streams: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True)
class Analysis:
    """What a statement is made of, and what it answers with.

    Args:
        sql: without variables.
        clauses: its tables and its outermost select.
        plan: what it answers with; None when the engine refuses it or a stream is not declared.
        refusal: why the engine refuses it.
        unknown: streams that it reads and the stack does not declare.
    """

    sql: str
    clauses: Clauses
    plan: Plan | None
    refusal: SqlRefusal | None
    unknown: tuple[str, ...]

    @property
    def syntax(self) -> str:
        """What sqlglot says against it; nothing of what is planned, which the engine has parsed."""
        return "" if self.plan else self._parsed[1]

    @property
    def tree(self) -> Expr | None:
        """It as sqlglot parses it; None when that refuses it."""
        return self._parsed[0]

    @cached_property
    def _parsed(self) -> tuple[Expr | None, str]:
        try:
            return sqlglot.parse_one(self.sql, read="postgres"), ""
        except SqlglotError as error:
            return None, str(error).partition("\n")[0].strip(" .")

    def type_of(self, column: str) -> str | None:
        """Return the type of an output column, or None when it is not known."""
        fields = self.plan.fields if self.plan else ()
        return next((field.type for field in fields if field.name == column), None)

    @property
    def compares_with_number(self) -> bool:
        """Whether it asks if something is above a number that is written in it."""
        above = self.tree.find_all(expressions.GT, expressions.GTE) if self.tree else ()
        sides = (side for one in above for side in (one.this, one.expression))
        return any(isinstance(side, expressions.Literal) and side.is_number for side in sides)

    def nullable(self, columns: Iterable[str]) -> Iterator[str]:
        """Yield those of some output columns that may be null, but for times."""
        fields = {field.name: field for field in self.plan.fields} if self.plan else {}
        for name in columns:
            field = fields.get(name)
            time = field is not None and field.type.startswith(("timestamp", "date"))
            if field is not None and field.nullable and not time and not self._guarded(name):
                yield name

    def _guarded(self, column: str) -> bool:
        """Tell whether WHERE leaves out the rows in which what an output is made of is null."""
        select = self.tree
        if not isinstance(select, expressions.Select) or not select.args.get("where"):
            return False
        known = {
            test.this.name
            for test in select.args["where"].find_all(expressions.Is)
            if isinstance(test.expression, expressions.Null)
            and (test.args.get("negate") or isinstance(test.parent, expressions.Not))
        }
        made = next((one for one in select.selects if one.alias_or_name == column), None)
        names = {one.name for one in made.find_all(expressions.Column)} if made else set[str]()
        return bool(names) and names <= known


@lru_cache(maxsize=4096)
def analyse(sql: str, declared: Declared) -> Analysis:
    """Take a statement apart and plan it against declared columns.

    Args:
        sql: without variables.
        declared: the streams that there are.
    """
    clauses = read_clauses(sql)
    streams = {name: dict(columns) for name, columns in declared.streams}
    unknown = tuple(table.name for table in clauses.tables if table.name not in streams)
    planned: Plan | None = None
    refusal: SqlRefusal | None = None
    if not unknown:
        try:
            planned = plan(sql, DeclaredStreams(streams))
        except SqlRefusal as refused:
            refusal = refused
    return Analysis(sql, clauses, planned, refusal, unknown)
