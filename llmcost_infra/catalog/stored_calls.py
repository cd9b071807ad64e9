"""The statement that reads the stored calls of a time range, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.catalog.templates import SqlTemplates
from llmcost_infra.columns import LOGICAL
from llmcost_infra.profiles import PROFILES

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.settings import Settings

__all__ = ["stored_calls_statement"]

_IDENTITY: Final = frozenset({"_timestamp", "trace_id", "span_id"})


def stored_calls_statement(settings: Settings, most: int, project: Path | None = None) -> str:
    """Return the SQL of a page of calls whose price depends on the price table, oldest first.

    Its rows have `trace_id`, `span_id`, `started_at` (µs) and every other logical column.

    Args:
        settings: the stack's.
        most: rows of a page.
        project: a project whose own ``pipelines/sql/stored_calls.sql.j2`` goes before ours.

    Raises:
        DeclarationError: the template is wrong.
    """
    templates = SqlTemplates("pipelines", project)
    macros = templates.macros(PROFILES[settings.profile], {})
    columns = tuple(name for name in LOGICAL if name not in _IDENTITY)
    statement = templates.get("stored_calls").statement(macros | {"columns": columns, "most": most})
    return statement.over(settings.streams, settings.attribution)
