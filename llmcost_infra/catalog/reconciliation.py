"""The statements that add up calls by all that a provider's bill tells apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.catalog.templates import SqlTemplates, left_open
from llmcost_infra.profiles import PROFILES

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.settings import Settings

__all__ = ["reconciliation_statement", "totals_statement"]

_RANGE: Final = ("first_day", "last_day")


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


def totals_statement(
    settings: Settings, first_day: int, last_day: int, project: Path | None = None
) -> str:
    """Return the SQL that reads the totals of days from the rollup stream.

    Args:
        settings: the stack's.
        first_day: days since 1970.
        last_day: days since 1970.
        project: a project whose own ``pipelines/sql/reconcile_totals.sql.j2`` overrides it.

    Raises:
        DeclarationError: the template is wrong.
    """
    templates = SqlTemplates("pipelines", project)
    macros = templates.macros(PROFILES[settings.profile], {}) | left_open(_RANGE, item=False)
    statement = templates.get("reconcile_totals").statement(macros)
    values = {"first_day": str(first_day), "last_day": str(last_day)}
    return statement.over(settings.streams, settings.attribution, values)
