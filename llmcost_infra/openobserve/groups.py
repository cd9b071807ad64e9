"""Sums of a UTC day that the server groups: all of them, or an error."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.errors import LlmCostError
from llmcost_infra.utc import midnight

if TYPE_CHECKING:
    from datetime import date

    from llmcost_infra.openobserve.client import Client

__all__ = ["MOST_GROUPS", "groups_of_day"]

MOST_GROUPS: Final = 100_000
"""Limit of such statements: without one the server would cut its answer at 1,000 rows."""


def groups_of_day(client: Client, sql: str, day: date) -> list[dict[str, Any]]:
    """Return the groups of calls of a UTC day.

    Args:
        client: of the server.
        sql: statement over traces that ends with ``LIMIT 100000``.
        day: UTC.

    Raises:
        LlmCostError: there are more.
        OpenObserveError: the server refused or did not answer.
    """
    start = midnight(day)
    hits = client.search(sql, start, start + timedelta(days=1), size=MOST_GROUPS).hits
    if len(hits) >= MOST_GROUPS:
        raise LlmCostError(
            f"{day} has {MOST_GROUPS:,} groups or more, and some may be missing.",
            hint="Attribute calls to fewer features: something writes ids into that column.",
        )
    return hits
