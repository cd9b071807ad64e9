"""Statements that commands ask of a stack's server: the templates in `pipelines/sql`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.catalog.templates import SqlTemplates, Statement, left_open
from llmcost_infra.columns import LOGICAL
from llmcost_infra.profiles import PROFILES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmcost_infra.settings import Settings

__all__ = ["relation", "stack_statement", "stored_calls_statement", "totals_statement"]

_IDENTITY: Final = frozenset({"_timestamp", "trace_id", "span_id"})
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_RANGE: Final = ("first_day", "last_day")


def stack_statement(
    name: str,
    settings: Settings,
    project: Path | None = None,
    *,
    given: Mapping[str, Any] = _NOTHING,
    values: Mapping[str, str] = _NOTHING,
) -> str:
    """Return the SQL of a template, over the streams and columns of a stack.

    Args:
        name: of the template, e.g. ``rollup_hours``.
        settings: the stack's.
        project: a project whose own ``pipelines/sql/NAME.sql.j2`` goes before ours.
        given: what the template can use besides the macros.
        values: what stands for each value that it leaves open, as SQL.

    Raises:
        DeclarationError: the template is wrong.
    """
    templates = SqlTemplates("pipelines", project)
    macros = templates.macros(PROFILES[settings.profile], {}) | dict(given)
    statement = templates.get(name).statement(macros)
    return statement.over(settings.streams, settings.attribution, values)


def relation(macro: str, settings: Settings, *columns: str) -> str:
    """Return what a macro of panels puts behind FROM, for a statement that is built in Python.

    Args:
        macro: ``calls`` or ``rollup``.
        settings: the stack's.
        columns: logical columns that it needs.
    """
    macros = SqlTemplates("pipelines").macros(PROFILES[settings.profile], {})
    return Statement(macros[macro](*columns)).over(settings.streams, settings.attribution)


def stored_calls_statement(settings: Settings, most: int, project: Path | None = None) -> str:
    """Return the SQL of a page of calls whose price depends on the price table, oldest first.

    Its rows have `trace_id`, `span_id`, `started_at` (µs) and every other logical column.

    Args:
        settings: the stack's.
        most: rows of a page.
        project: whose declarations override the shipped ones.

    Raises:
        DeclarationError: the template is wrong.
    """
    columns = tuple(name for name in LOGICAL if name not in _IDENTITY)
    given = {"columns": columns, "most": most}
    return stack_statement("stored_calls", settings, project, given=given)


def totals_statement(
    settings: Settings, first_day: int, last_day: int, project: Path | None = None
) -> str:
    """Return the SQL that reads the totals of days from the rollup stream.

    Args:
        settings: the stack's.
        first_day: days since 1970.
        last_day: days since 1970.
        project: whose declarations override the shipped ones.

    Raises:
        DeclarationError: the template is wrong.
    """
    values = {"first_day": str(first_day), "last_day": str(last_day)}
    given = left_open(_RANGE, item=False)
    return stack_statement("reconcile_totals", settings, project, given=given, values=values)
