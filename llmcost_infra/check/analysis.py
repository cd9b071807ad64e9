"""A statement taken apart and planned once, however many stacks have it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import sqlglot
from sqlglot.errors import SqlglotError

from llmcost_infra.sql_engine.clauses import Clauses, read_clauses
from llmcost_infra.sql_engine.refusals import SqlRefusal
from llmcost_infra.sql_engine.sql import DeclaredStreams, Plan, plan

if TYPE_CHECKING:
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
        clauses: its tables and its outermost select.
        tree: it as sqlglot parses it; None when that refuses it.
        syntax: what sqlglot says against it.
        plan: what it answers with; None when the engine refuses it or a stream is not declared.
        refusal: why the engine refuses it.
        unknown: streams that it reads and the stack does not declare.
    """

    clauses: Clauses
    tree: Expr | None
    syntax: str
    plan: Plan | None
    refusal: SqlRefusal | None
    unknown: tuple[str, ...]

    def type_of(self, column: str) -> str | None:
        """Return the type of an output column, or None when it is not known."""
        fields = self.plan.fields if self.plan else ()
        return next((field.type for field in fields if field.name == column), None)


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
    tree, syntax = _parsed(sql)
    planned: Plan | None = None
    refusal: SqlRefusal | None = None
    if not unknown:
        try:
            planned = plan(sql, DeclaredStreams(streams))
        except SqlRefusal as refused:
            refusal = refused
    return Analysis(clauses, tree, syntax, planned, refusal, unknown)


def _parsed(sql: str) -> tuple[Expr | None, str]:
    try:
        return sqlglot.parse_one(sql, read="postgres"), ""
    except SqlglotError as error:
        return None, str(error).partition("\n")[0].strip(" .")
