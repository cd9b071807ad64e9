"""The network between provider and server: it counts requests, and breaks on request.

Nothing of it is in the server, so that any server will do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from ssl import SSLContext

__all__ = [
    "WRITES",
    "Line",
    "Refused",
    "ResetAfter",
    "ResetBefore",
    "Stale",
    "Status",
    "TimedOut",
    "Trouble",
    "Truncated",
]

WRITES = ("DELETE", "PATCH", "POST", "PUT")
MODEL_PRICES = re.compile(r"/api/[^/]+/llm/models")


@dataclass(frozen=True)
class Refused:
    """Nobody takes the connection: nothing was sent."""


@dataclass(frozen=True)
class ResetBefore:
    """The connection breaks and nothing happened."""


@dataclass(frozen=True)
class ResetAfter:
    """The request is carried out, and the connection breaks before the answer."""


@dataclass(frozen=True)
class TimedOut:
    """The request is carried out, and its answer takes too long."""


@dataclass(frozen=True)
class Truncated:
    """The request is carried out, and half of the answer's body arrives."""


@dataclass(frozen=True)
class Status:
    """Nothing happened, and somebody on the way answers this.

    Args:
        code: HTTP status.
        body: text.
        retry_after: seconds that the answer asks to wait; empty: it does not say.
        media: type of the text.
    """

    code: int
    body: str = ""
    retry_after: str = ""
    media: str = "text/plain"


@dataclass(frozen=True)
class Stale:
    """A read is answered as the same read was answered before."""


Trouble = Refused | ResetBefore | ResetAfter | TimedOut | Truncated | Status | Stale


@dataclass
class _Planned:
    trouble: Trouble | None
    method: str
    path: re.Pattern[str]
    passed: int
    left: int
    meanwhile: Callable[[], object] | None


class _Cut(httpx.SyncByteStream):
    """Half of a body, and then nothing."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content[: len(self._content) // 2]
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body"
        )


class Line(httpx.BaseTransport):
    """The network, which may break; model prices of others are not seen through it.

    An organization has one table of model prices: a test that imports or removes it must never
    meet the rows of others.

    Args:
        own: what the names of the test's own rows start with.
    """

    def __init__(self, own: str = "") -> None:
        self._own = own
        self.requests: list[tuple[str, str, int]] = []
        """Method, path and status of every request that reached the server, in order."""
        self.broken = False
        """Whether the last request met trouble."""
        self._network = httpx.HTTPTransport(verify=_trusted())
        self._planned: list[_Planned] = []
        self._earlier: dict[str, httpx.Response] = {}

    def plan(  # noqa: PLR0913 - each is a choice of the caller
        self,
        trouble: Trouble | None,
        *,
        method: str = "",
        path: str = "",
        after: int = 0,
        times: int = 1,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Plan trouble for the next requests that fit.

        Args:
            trouble: what goes wrong, if anything does.
            method: HTTP method; empty fits every one.
            path: regular expression that is searched for in the path.
            after: how many that fit pass before.
            times: for how many requests.
            meanwhile: what somebody else does just before.
        """
        planned = _Planned(trouble, method, re.compile(path), after, times, meanwhile)
        self._planned.append(planned)

    def heal(self) -> None:
        """Let nothing go wrong any more."""
        self._planned.clear()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on, unless it meets trouble."""
        trouble = self._due(request.method, request.url.path)
        self.broken = trouble is not None
        match trouble:
            case Refused():
                raise httpx.ConnectError("[Errno 111] Connection refused", request=request)
            case ResetBefore():
                raise _reset(request)
            case ResetAfter():
                self._answer(request)
                raise _reset(request)
            case TimedOut():
                self._answer(request)
                raise httpx.ReadTimeout("timed out", request=request)
            case Truncated():
                answer = self._answer(request)
                return httpx.Response(
                    answer.status_code, headers=answer.headers, stream=_Cut(answer.content)
                )
            case Status() as status:
                return _said(status)
            case Stale() if (earlier := self._earlier.get(str(request.url))) is not None:
                return _whole(earlier, earlier.content)
            case _:
                return self._answer(request)

    def close(self) -> None:
        """Stay open: the next run uses it as well."""

    def hang_up(self) -> None:
        """Close the connections."""
        self._network.close()

    def _due(self, method: str, path: str) -> Trouble | None:
        for planned in self._planned:
            if planned.method not in {"", method} or not planned.path.search(path):
                continue
            if planned.passed:
                planned.passed -= 1
            elif planned.left:
                planned.left -= 1
                if planned.meanwhile is not None:
                    planned.meanwhile()
                return planned.trouble
        return None

    def _answer(self, request: httpx.Request) -> httpx.Response:
        """Carry a request out; the answer is whole, and may be given again."""
        path = request.url.path
        said = self._network.handle_request(request)
        content = said.read()
        said.close()
        self.requests.append((request.method, path, said.status_code))
        if request.method != "GET":
            return _whole(said, content)
        if MODEL_PRICES.fullmatch(path) and said.status_code == HTTPStatus.OK:
            return _whole(said, httpx.Response(200, json=_own_rows(said.json(), self._own)).content)
        answer = self._earlier[str(request.url)] = _whole(said, content)
        return answer


@cache
def _trusted() -> SSLContext:
    """Return whom to trust: reading that takes longer than most tests do."""
    return httpx.create_ssl_context()


def _own_rows(rows: list[dict[str, Any]], start: str) -> list[dict[str, Any]]:
    """Return the rows whose names start so, also those that others hide."""
    own: list[dict[str, Any]] = []
    for row in rows:
        inner = _own_rows(row.get("children") or [], start)
        if row["name"].startswith(start):
            own.append({**row, "children": inner})
        else:
            own += inner
    return own


def _whole(said: httpx.Response, content: bytes) -> httpx.Response:
    """Return an answer whose body is here, uncompressed."""
    media = said.headers.get("content-type", "")
    headers = {"content-type": media} if media else {}
    if "retry-after" in said.headers:
        headers["retry-after"] = said.headers["retry-after"]
    return httpx.Response(said.status_code, headers=headers, content=content)


def _said(status: Status) -> httpx.Response:
    headers = {"content-type": status.media}
    if status.retry_after:
        headers["retry-after"] = status.retry_after
    return httpx.Response(status.code, headers=headers, content=status.body.encode())


def _reset(request: httpx.Request) -> httpx.RemoteProtocolError:
    return httpx.RemoteProtocolError(
        "Server disconnected without sending a response.", request=request
    )
