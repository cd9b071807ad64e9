"""Faults on request, for tests: the connection breaks, the answer is late, wrong, cut or old.

Off unless a server is started with a `Faults`. To have connections refused, stop the server.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = [
    "Delay",
    "Fault",
    "Faults",
    "FaultyApp",
    "ResetAfter",
    "ResetBefore",
    "Stale",
    "Status",
    "Truncated",
]

Answer = list["Message"]


@dataclass(frozen=True)
class ResetBefore:
    """The connection breaks and nothing happened."""


@dataclass(frozen=True)
class ResetAfter:
    """The request is carried out, and the connection breaks before the answer."""


@dataclass(frozen=True)
class Delay:
    """The answer is late.

    Args:
        seconds: by how much.
    """

    seconds: float


@dataclass(frozen=True)
class Status:
    """Nothing happened, and this is answered.

    Args:
        code: HTTP status.
        body: text.
        retry_after: seconds that the answer asks to wait; empty: it does not say.
    """

    code: int
    body: str = ""
    retry_after: str = ""


@dataclass(frozen=True)
class Truncated:
    """The request is carried out, and half of the answer's body arrives."""


@dataclass(frozen=True)
class Stale:
    """A read answers what the same read answered before."""


Fault = ResetBefore | ResetAfter | Delay | Status | Truncated | Stale


@dataclass
class _Planned:
    fault: Fault
    method: str
    path: re.Pattern[str]
    left: int


@dataclass
class Faults:
    """What goes wrong next."""

    _planned: list[_Planned] = field(default_factory=list[_Planned], init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def inject(self, fault: Fault, *, method: str = "", path: str = "", times: int = 1) -> None:
        """Plan a fault for the next requests that fit.

        Args:
            fault: what goes wrong.
            method: HTTP method; empty fits every one.
            path: regular expression that is searched for in the path.
            times: for how many requests.
        """
        with self._lock:
            self._planned.append(_Planned(fault, method, re.compile(path), times))

    @property
    def left(self) -> int:
        """For how many requests something is still planned."""
        with self._lock:
            return sum(planned.left for planned in self._planned)

    def clear(self) -> None:
        """Forget what was planned."""
        with self._lock:
            self._planned.clear()

    def due(self, method: str, path: str) -> Fault | None:
        """Take the fault for a request, if there is one."""
        with self._lock:
            for planned in self._planned:
                if planned.left and planned.method in {"", method} and planned.path.search(path):
                    planned.left -= 1
                    return planned.fault
        return None


class FaultyApp:
    """An application whose answers go wrong as planned.

    Args:
        app: the application.
        faults: what goes wrong.
    """

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults
        self._earlier: dict[str, Answer] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or fail to."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        match self._faults.due(scope["method"], scope["path"]):
            case ResetBefore():
                await _abort(send)
            case ResetAfter():
                await self._answer(scope, receive)
                await _abort(send)
            case Status() as status:
                await _send_all(send, _plain(status))
            case Truncated():
                await _send_all(send, _cut(await self._answer(scope, receive)))
                await _abort(send)
            case Stale():
                await self._send_earlier(scope, receive, send)
            case Delay(seconds):
                await asyncio.sleep(seconds)
                await self._send_fresh(scope, receive, send)
            case None:
                await self._send_fresh(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        """Carry a request out and keep the answer."""
        answer: Answer = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, keep)
        return answer

    async def _send_fresh(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(scope, receive)
        if scope["method"] == "GET":
            self._earlier[_read_of(scope)] = answer
        await _send_all(send, answer)

    async def _send_earlier(self, scope: Scope, receive: Receive, send: Send) -> None:
        earlier = self._earlier.get(_read_of(scope))
        if earlier is None:
            await self._send_fresh(scope, receive, send)
        else:
            await _send_all(send, earlier)


def _read_of(scope: Scope) -> str:
    return f"{scope['path']}?{scope['query_string'].decode()}"


def _plain(status: Status) -> Answer:
    text = status.body.encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(text)).encode())]
    if status.retry_after:
        headers.append((b"retry-after", status.retry_after.encode()))
    return [
        {"type": "http.response.start", "status": status.code, "headers": headers},
        {"type": "http.response.body", "body": text},
    ]


def _cut(answer: Answer) -> Answer:
    """Keep the start, which promises the whole length, and half of the body."""
    start, body = answer[0], b"".join(message.get("body", b"") for message in answer[1:])
    half = body[: len(body) // 2]
    return [start, {"type": "http.response.body", "body": half, "more_body": True}]


async def _send_all(send: Send, answer: Answer) -> None:
    for message in answer:
        await send(message)


async def _abort(send: Send) -> None:
    """Break the connection; ASGI has no word for it, so uvicorn's transport is asked."""
    # The transport is closed only after what was sent has left, and without an answer.
    send.__self__.transport.abort()  # type: ignore[attr-defined]  # uvicorn's bound method
    await asyncio.sleep(0)
