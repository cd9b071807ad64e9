"""Delivers requests: so many at a time, again after a failure that may pass, until cancelled."""

from __future__ import annotations

import logging
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from threading import BoundedSemaphore, Event, Thread, Timer
from typing import TYPE_CHECKING, Final

import stamina

from llmcost_infra.errors import TransportError
from llmcost_infra.openobserve.retry import Retry, RetryableAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

__all__ = ["Delivery"]

# Without a handler, every retry would print stamina's event name to the user's terminal.
logging.getLogger("stamina").addHandler(logging.NullHandler())


_GRACE_S: Final = 1.0
"""How long an answer under way is waited for after `cancel`: most come sooner."""


class Delivery:
    """Sends requests over one HTTP client; threads may share it.

    Args:
        http: the HTTP client.
        parallel: most requests at a time.
        retry: how often and how long to try.
        wait: waits for so many seconds; by default until `cancel` at most.
    """

    def __init__(
        self,
        http: httpx.Client,
        parallel: int,
        retry: Retry,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._http = http
        self._retry = retry
        self._places = BoundedSemaphore(parallel)
        self._cancelled = Event()
        self._under_way: set[Future[httpx.Response]] = set()
        self._wait = wait or self._cancelled.wait

    def cancel(self) -> None:
        """Send nothing any more, stop waiting, and give up answers that take over a second."""
        self._cancelled.set()
        if self._under_way:
            timer = Timer(_GRACE_S, self._give_up)
            timer.daemon = True
            timer.start()

    def _give_up(self) -> None:
        for answer in list(self._under_way):
            with suppress(InvalidStateError):
                answer.set_exception(
                    TransportError(
                        "Cancelled: nobody waited for the answer.",
                        hint="The next `pulumi up` looks whether it was carried out.",
                    )
                )

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond `cancel`."""
        self._wait(seconds)

    def deliver(self, request: httpx.Request, *, repeatable: bool) -> httpx.Response:
        """Return the answer to a request, whatever its status.

        Args:
            request: what to send.
            repeatable: whether doing it twice is the same as doing it once; else it is only sent
                again when it provably never reached the server.

        Raises:
            httpx.TransportError: there was none.
            TransportError: cancelled.
        """
        last: Exception | None = None

        def wanted(error: Exception) -> bool:
            nonlocal last
            last = error
            return not self.cancelled and self._retry.wanted(error, repeatable=repeatable)

        try:
            # The pauses are ours, because those of stamina cannot be cancelled.
            for attempt in stamina.retry_context(
                wanted,
                attempts=self._retry.attempts,
                timeout=None,
                wait_initial=0,
                wait_max=0,
                wait_jitter=0,
            ):
                with attempt:
                    if last is not None:
                        self.pause(self._retry.pause(attempt.num - 1, last))
                    return self._send(request)
        except RetryableAnswer as error:
            return error.response
        raise AssertionError(request)  # pragma: no cover - the loop returns or raises

    def _send(self, request: httpx.Request) -> httpx.Response:
        answer: Future[httpx.Response] = Future()
        with self._places:
            # In this order, so that `cancel` sees whatever does not see it.
            self._under_way.add(answer)
            try:
                if self.cancelled:
                    raise TransportError("Cancelled: the request was not sent.")
                response = self._answer_to(request, answer)
            finally:
                self._under_way.discard(answer)
        if self._retry.temporary(response):
            raise RetryableAnswer(response)
        return response

    def _answer_to(self, request: httpx.Request, answer: Future[httpx.Response]) -> httpx.Response:
        """Send from a thread of its own: one that reads from a socket cannot be called back."""

        def send() -> None:
            with suppress(InvalidStateError):  # given up meanwhile
                try:
                    answer.set_result(self._http.send(request))
                except Exception as error:  # noqa: BLE001 - raised where the answer is waited for
                    answer.set_exception(error)

        Thread(target=send, name="openobserve-request", daemon=True).start()
        return answer.result()
