"""The statement that adds up whom the calls of a day cost what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.catalog.templates import SqlTemplates
from llmcost_infra.profiles import PROFILES

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.settings import Settings

__all__ = ["MOST_GROUPS", "statement_sql"]

MOST_GROUPS: Final = 100_000
"""Limit of the statement: without one the server would cut its answer at 1,000 rows."""


def statement_sql(settings: Settings, project: Path | None = None) -> str:
    """Return the SQL that adds up the calls of its time range by owner, provider and model.

    Args:
        settings: the stack's.
        project: a project whose own ``pipelines/sql/statement_day.sql.j2`` goes before ours.

    Raises:
        DeclarationError: the template is wrong.
    """
    templates = SqlTemplates("pipelines", project)
    macros = templates.macros(PROFILES[settings.profile], {})
    statement = templates.get("statement_day").statement(macros)
    return statement.over(settings.streams, settings.attribution)
