"""The statement that adds up calls by all that a provider's bill tells apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra.catalog.templates import SqlTemplates
from llmcost_infra.profiles import PROFILES

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.settings import Settings

__all__ = ["reconciliation_statement"]


def reconciliation_statement(settings: Settings, project: Path | None = None) -> str:
    """Return the SQL that adds up the calls of its time range.

    Args:
        settings: the stack's.
        project: a project whose own ``pipelines/sql/reconcile_days.sql.j2`` overrides the shipped.

    Raises:
        DeclarationError: the template is wrong.
    """
    templates = SqlTemplates("pipelines", project)
    macros = templates.macros(PROFILES[settings.profile], {})
    statement = templates.get("reconcile_days").statement(macros)
    return statement.over(settings.streams, settings.attribution)
