"""A call that `track` watches, and the span that tells of it: an instrumentation's, or our own."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context as contexts
from opentelemetry import trace

from llmcost_infra.telemetry.answers import Answer
from llmcost_infra.telemetry.attribution import line
from llmcost_infra.telemetry.harmless import harmless
from llmcost_infra.telemetry.left import end_what_was_left
from llmcost_infra.telemetry.requests import request_attributes
from llmcost_infra.telemetry.tool import tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from opentelemetry.trace import Span

    from llmcost_infra.telemetry.requests import Target

__all__ = [
    "TrackedCall",
    "began_here",
    "finish_all",
    "has_watcher",
    "lacking",
    "note_watcher",
    "reported",
    "tracked_now",
    "tracked_of",
]

tracked_now: ContextVar[TrackedCall | None] = ContextVar("llmcost_tracked", default=None)
"""The call that is being made in this thread or task."""

reported: Final[set[str]] = set()
"""Providers whose calls somebody reports, so that a client's own spans only repeat them."""

began_here: ContextVar[Span | None] = ContextVar("llmcost_began", default=None)
"""The span that began last in this thread or task, of those that may tell of a call."""

# How instrumentations of frameworks say that they tell of the calls that a client makes for them.
_TOLD_AROUND: Final = "suppress_language_model_instrumentation"
_COUNTS: Final = "gen_ai.usage."
_CLIENT: Final = trace.SpanKind.CLIENT
_watchers: Final[list[bool]] = []
_MOST: Final = 10_000  # calls under way; of more, the oldest are no longer held back
_by_span: dict[int, TrackedCall] = {}
_being_read: dict[TrackedCall, None] = {}


class TrackedCall:
    """A call from its beginning to the end of its answer. Nothing here raises.

    Args:
        target: who is called.
        asked: the arguments of the call.
        managed: its stream is read by another one of the client, which ends after it.
    """

    def __init__(self, target: Target, asked: Mapping[str, Any], *, managed: bool = False) -> None:
        end_what_was_left()
        self._request = request_attributes(target, asked)
        self._answer = Answer(target.provider)
        self._began_ns = time.time_ns()
        self._began = time.perf_counter()
        self._theirs: Span | None = None
        self._ours: Span | None = None
        self._managed = managed
        self._releases: list[Callable[[Mapping[str, Any]], None]] = []
        self._late: dict[str, Any] = {}
        self._done = False
        self._ended_ns = 0
        self._around: Span | None = None
        self._look_around()
        reported.add(target.provider)

    @property
    def done(self) -> bool:
        """Whether nothing more will be known."""
        return self._done

    @property
    def forgotten(self) -> Span | None:
        """An instrumentation's span that has not ended; at the end of all it has forgotten it."""
        span = self._theirs if self._theirs is not self._around else None
        return span if span is not None and span.is_recording() else None

    @property
    def lacks_span(self) -> bool:
        """Whether no instrumentation has told of this call yet, and one still may."""
        return self._theirs is None and not self._releases and not self._done

    @contextmanager
    def under_way(self) -> Generator[None]:
        """While the client's own function runs: spans that start inside may be this call's."""
        token = tracked_now.set(self)
        try:
            yield
        finally:
            # A coroutine that nobody waits for may be closed in another context.
            with suppress(ValueError):
                tracked_now.reset(token)

    def opened(self, span: Span) -> None:
        """Take an instrumentation's span for this call's, unless it has one."""
        if self.lacks_span:
            self._theirs = span
            while len(_by_span) >= _MOST:
                _by_span.pop(next(iter(_by_span))).finish()
            _by_span[span.get_span_context().span_id] = self

    def disown(self) -> None:
        """Take note that the span is about something else."""
        if self._theirs is not None:
            _by_span.pop(self._theirs.get_span_context().span_id, None)
            self._theirs = None

    def hold(self, release: Callable[[Mapping[str, Any]], None]) -> None:
        """Keep back the span, which has ended, until nothing more will be known.

        Args:
            release: hands it on, with attributes that it lacks; each processor has one.
        """
        self._releases.append(release)

    @harmless
    def begun(self) -> None:
        """Take note that an answer is read; it has a span of ours if nobody has opened one."""
        self._look_around()
        if self.lacks_span:
            self._ours = self._started()
        while len(_being_read) >= _MOST:
            _being_read.pop(next(iter(_being_read)), None)
        _being_read[self] = None

    @harmless
    def take(self, piece: object) -> None:
        """Take note of an answer, or of a piece of one."""
        self._answer.take(piece)

    @harmless
    def streamed(self) -> None:
        """Take note that a piece of a stream has come, and when."""
        since = round(time.perf_counter() - self._began, 6)
        self._late.setdefault("gen_ai.response.time_to_first_chunk", since)
        self._late["llmcost.stream.time_to_last_chunk"] = since

    def is_only_usage(self, piece: object) -> bool:
        """Tell whether a piece of a stream has nothing that an application reads."""
        return bool(harmless(self._answer.is_only_usage)(piece))

    @harmless
    def ended(
        self,
        how: str | None = None,
        error: BaseException | None = None,
        at_ns: int | None = None,
    ) -> None:
        """Take note of the end of a call, the first time.

        Args:
            how: of a stream: `complete`, `abandoned` or `failed`.
            error: that the application got.
            at_ns: when it was, Unix nanoseconds; by default now.
        """
        if self._done:
            return
        if not self._ended_ns:
            self._ended_ns = at_ns or time.time_ns()
            self._ended(how, error)
        if not (self._managed and how):
            self.finish()

    def left(self) -> None:
        """Take note that the application has closed its stream."""
        self.ended("abandoned")
        if not self._managed:
            self.closed()

    @harmless
    def closed(self) -> None:
        """Take note that all is closed: who has not ended a span of this call by now will not."""
        if not self._done:
            self.finish()
        if self.forgotten is not None:
            self.forgotten.end(self._ended_ns or None)

    def _ended(self, how: str | None, error: BaseException | None) -> None:
        if how:
            self._late["llmcost.stream.end"] = how
        self._late |= self._answer.attributes
        _being_read.pop(self, None)
        self._look_around()
        if self._ours is None and self.lacks_span:
            self._ours = self._started()
        if self._ours is not None:
            self._ours.set_attributes(self._late)
            _fail(self._ours, error)
            self._ours.end(self._ended_ns)
        elif self.forgotten is not None:
            _fail(self.forgotten, error)

    @harmless
    def finish(self) -> None:
        """Hand the instrumentation's span on, if it waits; from now on it waits no more."""
        self._done = True
        span = self._theirs
        if span is not None:
            _by_span.pop(span.get_span_context().span_id, None)
            if span.is_recording():
                own: Any = getattr(span, "attributes", None) or {}
                span.set_attributes(lacking(own, self._late))
        while self._releases:
            self._releases.pop(0)(self._late)

    def abandon(self) -> None:
        """Know nothing more: of a parent's call, in a child of a fork."""
        self._done = True
        self._theirs = None

    def _look_around(self) -> None:
        """Take a span that somebody has put around this call for the call's."""
        if self.lacks_span and self._ours is None and (span := _told_around()) is not None:
            self._around = span
            self.opened(span)

    def _started(self) -> Span:
        name = f"{self._request['gen_ai.operation.name']}"
        model = line(self._request.get("gen_ai.request.model"))
        return tracer().start_span(
            f"{name} {model}" if model else name,
            kind=_CLIENT,
            attributes=self._request,
            start_time=self._began_ns,
        )


def lacking(own: Mapping[str, Any], late: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an instrumentation's span lacks; the provider's counts stand above its own.

    Args:
        own: attributes of the span.
        late: what is known of its call.
    """
    return {k: v for k, v in late.items() if k not in own or k.startswith(_COUNTS)}


def note_watcher() -> None:
    """Take note that a processor of ours sees spans start."""
    _watchers[:] = [True]


def has_watcher() -> bool:
    """Tell whether a processor of ours sees spans start."""
    return bool(_watchers)


def tracked_of(span_id: int) -> TrackedCall | None:
    """Return the call that a span was taken for and that is not done."""
    return _by_span.get(span_id)


def finish_all() -> None:
    """Hand on every span that waits, and end those of streams that nobody reads any more."""
    end_what_was_left()
    for call in list(_being_read):
        call.ended("abandoned")
        call.closed()
    for call in list(_by_span.values()):
        call.finish()


def _leave_to_the_parent() -> None:
    # Whatever becomes of them here, the parent tells of its calls: each would be there twice.
    for call in (*_being_read, *_by_span.values()):
        call.abandon()
    _being_read.clear()
    _by_span.clear()


def _told_around() -> Span | None:
    """Return a span that tells of a call which is made inside it: a framework's, or a helper's."""
    span = began_here.get()
    if span is None or not span.is_recording():
        return None
    if contexts.get_value(_TOLD_AROUND) is True:
        return span
    # A span of another kind may be a wrapper, which is no call of its own.
    if trace.get_current_span() is not span or getattr(span, "kind", None) is not _CLIENT:
        return None
    # Of several calls inside it, it tells of one.
    began_here.set(None)
    return span


def _fail(span: Span, error: BaseException | None) -> None:
    if isinstance(error, Exception):
        # As instrumentations do, and what alerts about refusals look for.
        span.set_attribute("error.type", type(error).__qualname__)
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            span.set_attribute("http.response.status_code", status)
        span.set_status(trace.StatusCode.ERROR)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_the_parent)
