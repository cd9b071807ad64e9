"""When a request is sent again, and how long it waits before that."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Retry", "RetryableAnswer", "never_sent"]

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# A kept-alive connection that the server closed meanwhile looks like these.
_LOST = (httpx.NetworkError, httpx.RemoteProtocolError)
_TEMPORARY = frozenset({429, 502, 503, 504})


class RetryableAnswer(Exception):  # noqa: N818 - it is an answer, and never leaves the client
    """The server answered that it cannot answer now.

    Args:
        response: what it said.
    """

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"{response.status_code}")
        self.response = response


def never_sent(error: Exception) -> bool:
    """Return whether the request provably never reached the server."""
    return isinstance(error, _NEVER_SENT)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how long to try.

    Args:
        attempts: tries in all.
        first: seconds before the second try; doubled before each further one.
        longest: most seconds between two tries, whatever the server asks for.
        jitter: returns a number from 0 to 1, so that parallel requests do not come back together.
    """

    attempts: int = 4
    first: float = 0.25
    longest: float = 30.0
    jitter: Callable[[], float] = random.random

    def wanted(self, error: Exception, *, repeatable: bool) -> bool:
        """Return whether to send the request again.

        Args:
            error: what happened to it.
            repeatable: whether doing it twice is the same as doing it once.
        """
        if never_sent(error):
            return True
        return repeatable and isinstance(error, (RetryableAnswer, *_LOST))

    def temporary(self, response: httpx.Response) -> bool:
        """Return whether the answer may be another one in a moment."""
        return response.status_code in _TEMPORARY

    def pause(self, failed: int, error: Exception | None, now: datetime | None = None) -> float:
        """Return the seconds to wait after so many failed tries.

        Args:
            failed: tries so far, at least 1.
            error: the last failure; its ``Retry-After`` wins.
            now: UTC, for a ``Retry-After`` that is a date.
        """
        asked = _asked(error, now or datetime.now(UTC))
        if asked is not None:
            return min(asked, self.longest)
        # Half fixed, half random: spread out, but never at once.
        doubled = self.first * 2.0 ** (failed - 1)
        return min(doubled * (0.5 + self.jitter() / 2), self.longest)


def _asked(error: Exception | None, now: datetime) -> float | None:
    if not isinstance(error, RetryableAnswer):
        return None
    value = error.response.headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
