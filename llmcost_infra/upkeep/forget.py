"""What is stored of a user, and until when: OpenObserve removes rows by their age only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from llmcost_infra.pseudonyms import pseudonym
from llmcost_infra.settings import in_logs
from llmcost_infra.utc import at_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from llmcost_infra.openobserve import Client
    from llmcost_infra.settings import Settings, StreamType

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
    """Yield what is stored of a user: calls, captured texts, and what is about no LLM.

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
    # What is about no call stays as it was sent; who uses our helper sends hashes.
    ids = (user.strip(), known)
    asked = (
        ("calls", days.llm_days, {_USER: (known,)}),
        ("content", settings.content.days, {_USER: (known,)}),
        ("other", days.other_days, dict.fromkeys(settings.attribution.user, ids)),
        ("other_logs", days.other_days, dict.fromkeys(in_logs(settings.attribution.user), ids)),
    )
    for role, kept, wanted in asked:
        stream = _Stream(client, getattr(names, role), names.type_of(role), kept)
        there = stream.columns()
        for column, sent in wanted.items():
            if column in there:
                yield from stream.rows_of(column, sent, now)


@dataclass(frozen=True, slots=True)
class _Stream:
    client: Client
    name: str
    type: StreamType
    days: int

    def columns(self) -> set[str]:
        """Return its columns; none where it does not exist."""
        found = self.client.stream_schema(self.name, self.type) or {}
        return {column["name"] for column in found.get("schema") or ()}

    def rows_of(self, column: str, ids: tuple[str, ...], now: datetime) -> Iterator[Stored]:
        """Yield what it has of a user."""
        statement = _statement(self.name, column, ids)
        # Retention removes whole days, and may take a day longer.
        kept = timedelta(days=self.days + 2)
        until = now + timedelta(days=1)
        (row,) = self.client.search(statement, now - kept, until, stream_type=self.type).hits
        if row["found"]:
            first, last = (_day(row[name]) for name in ("oldest", "newest"))
            yield Stored(self.name, column, row["found"], first, last, last + kept)


def _statement(stream: str, column: str, ids: tuple[str, ...]) -> str:
    quoted = ", ".join("'{}'".format(one.replace("'", "''")) for one in ids)
    return (
        "SELECT COUNT(*) AS found, MIN(_timestamp) AS oldest, MAX(_timestamp) AS newest "  # noqa: S608 - quoted above
        f'FROM "{stream}" WHERE {column} IN ({quoted})'
    )


def _day(micros: int) -> date:
    return at_microseconds(micros).date()
