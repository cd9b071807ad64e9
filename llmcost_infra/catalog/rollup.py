"""The statement that adds up a day of calls for the rollup stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.catalog.templates import SqlTemplates
from llmcost_infra.profiles import PROFILES

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.settings import Settings

__all__ = ["MOST_GROUPS", "rollup_statement"]

MOST_GROUPS: Final = 100_000
"""Limit of the statement: without one the server would cut its answer at 1,000 rows."""


def rollup_statement(settings: Settings, project: Path | None = None) -> str:
    """Return the SQL that adds up the calls of its time range by environment, team, feature, model.

    Args:
        settings: the stack's.
        project: a project whose own ``pipelines/sql/rollup_day.sql.j2`` overrides the shipped one.

    Raises:
        DeclarationError: the template is wrong.
    """
    templates = SqlTemplates("pipelines", project)
    macros = templates.macros(PROFILES[settings.profile], {})
    statement = templates.get("rollup_day").statement(macros)
    return statement.over(settings.streams, settings.attribution)
