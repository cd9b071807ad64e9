"""Every row of a time range, from a server that answers with so many at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import LlmCostError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from llmcost_infra.openobserve.client import Client

__all__ = ["Most", "in_halves"]


@dataclass(frozen=True, slots=True)
class Most:
    """How many rows an answer can have.

    Args:
        rows: an answer that has as many may have been cut.
        called: what they are, to people.
        shortest: a range that is not halved any more.
        hint: what puts so many into it, and what to do.
    """

    rows: int
    called: str
    shortest: timedelta = timedelta.resolution
    hint: str = "Something writes one time into all of them: correct that first."


def in_halves(  # noqa: PLR0913, PLR0917 - what a search is
    client: Client,
    sql: str,
    start: datetime,
    end: datetime,
    most: Most,
    stream_type: str = "traces",
) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a statement, in order of time, a part of the range after the other.

    Where the statement groups, a group is in every part in which it has rows. Copies of a span have
    the same start, so that none is in another part than the others.

    Args:
        client: of the server.
        sql: the statement.
        start: the first moment, with a zone.
        end: the first moment after the range.
        most: rows of an answer.
        stream_type: of its stream.

    Raises:
        LlmCostError: the shortest range has more.
        OpenObserveError: the server refused or did not answer.
    """
    hits = client.search(sql, start, end, stream_type=stream_type, size=most.rows).hits
    if len(hits) < most.rows:
        yield hits
        return
    middle = start + (end - start) / 2
    if middle - start < most.shortest:
        raise LlmCostError(
            f"{start} has {most.rows:,} {most.called} or more, and some may be missing.",
            hint=most.hint,
        )
    yield from in_halves(client, sql, start, middle, most, stream_type)
    yield from in_halves(client, sql, middle, end, most, stream_type)
