"""What a stack's settings put into a panel: the budget of a line, and where a click leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from decimal import Decimal

    from llmcost_infra.settings import Settings

__all__ = ["amounts", "fill_in"]


def fill_in(config: dict[str, Any], settings: Settings) -> None:
    """Replace what a declaration left to the stack.

    Args:
        config: a panel's settings, changed in place.
        settings: the stack's.
    """
    for line in config.get("mark_line", ()):
        if name := line.pop("setting", None):
            line["value"] = f"{amounts(settings)[name].normalize():f}"
    if clicks := config.pop("drilldown", None):
        leading = [click for click in clicks if _leads(click, settings)]
        config |= {"drilldown": leading} if leading else {}


def amounts(settings: Settings) -> dict[str, Decimal]:
    """Return the amounts that a stack chose, by the name that declarations have for them."""
    budget = settings.budget
    known = {
        "budget.daily_usd": budget.daily_usd,
        "budget.hourly_usd": budget.hourly_usd,
        "budget.monthly_usd": budget.monthly_usd,
        "budget.no_team_daily_usd": budget.no_team_daily_usd,
    }
    return {name: amount for name, amount in known.items() if amount is not None}


def _leads(click: dict[str, Any], settings: Settings) -> bool:
    """Complete where a click leads; a page of OpenObserve needs the address that people use."""
    data = click["data"]
    page = data.pop("page")
    if click["type"] == "byDashboard":
        data["folder"] = data["folder"] or settings.folder
    elif page and settings.ui_url is None:
        return False
    elif page:
        organization = settings.organization or "default"
        page = page.replace("{stream}", settings.streams.calls)
        data["url"] = f"{settings.ui_url}{page.replace('{organization}', organization)}"
    return True
