"""A range with more rows than an answer is read in halves: all of them, once, or an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.errors import LlmCostError
from llmcost_infra.openobserve.client import SearchResult
from llmcost_infra.openobserve.halves import Most, in_halves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.openobserve import Client

START = datetime(2026, 11, 24, tzinfo=UTC)
LENGTH = 1_000
END = START + timedelta(microseconds=LENGTH)


@dataclass
class Server:
    """Has a row at each of some microseconds after the start, and answers with so many at most."""

    at: Sequence[int]
    asked: list[tuple[datetime, datetime]] = field(default_factory=list[tuple[datetime, datetime]])

    def search(
        self, sql: str, start: datetime, end: datetime, *, stream_type: str, size: int
    ) -> SearchResult:
        """Return the rows of a range, the oldest first."""
        assert (sql, stream_type) == ("SELECT at", "logs")
        self.asked.append((start, end))
        first, last = ((one - START) // timedelta.resolution for one in (start, end))
        found = [{"at": at} for at in sorted(self.at) if first <= at < last]
        return SearchResult(found[:size], min(size, len(found)), 1)


def read(server: Server, most: Most) -> list[list[dict[str, Any]]]:
    """Return what is read of a server, part by part."""
    return list(in_halves(cast("Client", server), "SELECT at", START, END, most, "logs"))


@given(st.lists(st.integers(0, LENGTH - 1), unique=True), st.integers(2, 50))
def test_every_row_is_there_once_in_order_of_time(at: list[int], rows: int) -> None:
    """Whatever an answer holds, and wherever rows lie; no answer is used that may have been cut."""
    parts = read(Server(at), Most(rows, "rows"))
    assert [row["at"] for part in parts for row in part] == sorted(at)
    assert all(len(part) < rows for part in parts)


def test_what_fits_into_an_answer_is_asked_for_once() -> None:
    """As nearly every range does."""
    server = Server(range(9))
    assert len(read(server, Most(10, "rows"))) == 1
    assert server.asked == [(START, END)]


def test_one_moment_with_more_rows_than_an_answer_is_refused() -> None:
    """It cannot be halved, and nothing is left out without a word."""
    with pytest.raises(LlmCostError) as caught:
        read(Server([7] * 10), Most(10, "rows"))
    told = "2026-11-24 00:00:00.000007+00:00 has 10 rows or more, and some may be missing."
    assert caught.value.message == told
    assert caught.value.hint == "Something writes one time into all of them: correct that first."


def test_a_range_is_halved_down_to_what_its_caller_names() -> None:
    """With the caller's own reason, which is another where rows are groups."""
    server = Server(range(0, LENGTH, 10))
    most = Most(10, "groups", timedelta(microseconds=200), "Something writes ids.")
    with pytest.raises(LlmCostError, match="has 10 groups or more") as caught:
        read(server, most)
    assert caught.value.hint == "Something writes ids."
    assert min(end - start for start, end in server.asked) == timedelta(microseconds=250)
