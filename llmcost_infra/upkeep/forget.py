"""What is stored of a user, and until when: OpenObserve removes rows by their age only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from llmcost_infra.pseudonyms import pseudonym

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.openobserve import Client
    from llmcost_infra.settings import Settings

__all__ = ["Stored", "stored_of"]

_USER: Final = "llmcost_user"


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows of a user in a stream.

    Args:
        stream: that has them.
        column: by which they were found.
        rows: how many, copies of a span included.
        first: day of the oldest, UTC.
        last: day of the newest.
        gone: day on which retention has removed the last of them, if no more come.
    """

    stream: str
    column: str
    rows: int
    first: date
    last: date
    gone: date


def stored_of(
    client: Client, settings: Settings, user: str, key: str, now: datetime
) -> Iterator[Stored]:
    """Yield what is stored of a user: calls, captured texts, and spans that are about no LLM.

    The rollup and the quarantine have no column of users.

    Args:
        client: of the stack's server.
        settings: the stack's.
        user: as the application sends it.
        key: with which ids are hashed.
        now: when.

    Raises:
        OpenObserveError: the server refused or did not answer.
    """
    names, days = settings.streams, settings.retention
    known = pseudonym(user, key)
    # Other spans keep their attributes as they were sent; who uses our helper sends hashes.
    sent = dict.fromkeys(settings.attribution.user, (user.strip(), known))
    asked = (
        (names.calls, days.llm_days, {_USER: (known,)}),
        (names.content, settings.content.days, {_USER: (known,)}),
        (names.other, days.other_days, sent),
    )
    for stream, kept, wanted in asked:
        there = _columns(client, stream)
        for column, ids in wanted.items():
            if column in there:
                yield from _found(client, stream, column, ids, kept, now)


def _columns(client: Client, stream: str) -> set[str]:
    """Return the columns of a stream; none where it does not exist."""
    found = client.stream_schema(stream) or {}
    return {column["name"] for column in found.get("schema") or ()}


def _found(  # noqa: PLR0913, PLR0917 - what a search is about
    client: Client, stream: str, column: str, ids: tuple[str, ...], kept: int, now: datetime
) -> Iterator[Stored]:
    quoted = ", ".join("'{}'".format(one.replace("'", "''")) for one in ids)
    statement = (
        "SELECT COUNT(*) AS found, MIN(_timestamp) AS oldest, MAX(_timestamp) AS newest "  # noqa: S608 - quoted above
        f'FROM "{stream}" WHERE {column} IN ({quoted})'
    )
    # Retention removes whole days, and may take a day longer.
    since = now - timedelta(days=kept + 2)
    (row,) = client.search(statement, since, now + timedelta(days=1)).hits
    if row["found"]:
        first, last = (_day(row[name]) for name in ("oldest", "newest"))
        yield Stored(stream, column, row["found"], first, last, last + timedelta(days=kept + 2))


def _day(micros: int) -> date:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).date()
