"""Sums that the server groups: all of them, or an error."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.errors import LlmCostError
from llmcost_infra.openobserve.halves import Most, in_halves
from llmcost_infra.utc import midnight

if TYPE_CHECKING:
    from datetime import date, datetime

    from llmcost_infra.openobserve.client import Client

__all__ = ["MOST_GROUPS", "groups_between", "groups_of_day"]

MOST_GROUPS: Final = 100_000
"""Limit of such statements: without one the server would cut its answer at 1,000 rows."""

_SHORTEST: Final = timedelta(minutes=1)


def groups_of_day(client: Client, sql: str, day: date) -> list[dict[str, Any]]:
    """Return the groups of calls of a UTC day, each once.

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


def groups_between(
    client: Client, sql: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """Return the groups of calls of a time range; a range with too many is read in halves.

    A group may then be there several times, each time with a part of its calls.

    Args:
        client: of the server.
        sql: statement over traces that ends with ``LIMIT 100000``.
        start: the first moment, with a zone.
        end: the first moment after the range.

    Raises:
        LlmCostError: a minute has more.
        OpenObserveError: the server refused or did not answer.
    """
    most = Most(
        MOST_GROUPS,
        "groups of calls",
        _SHORTEST,
        "Something writes ids into the columns that calls are grouped by: environment, team, "
        "feature or service tier.",
    )
    return [hit for part in in_halves(client, sql, start, end, most) for hit in part]
