"""A call that `track` watches, and the span that somebody else's instrumentation opens for it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.trace import Span

__all__ = ["TrackedCall", "tracked_now", "tracked_of"]

tracked_now: ContextVar[TrackedCall | None] = ContextVar("llmcost_tracked", default=None)
"""The call that is being made in this thread or task."""

_MOST: Final = 10_000  # calls under way; of more, the oldest are no longer held back
_by_span: dict[int, TrackedCall] = {}


@dataclass(eq=False, slots=True)
class TrackedCall:
    """A call from its beginning to the end of its answer.

    Args:
        span: that an instrumentation opened for it, if one did.
        release: hands that span on, with attributes more, once it has ended; set by the processor.
        done: nothing more will be known.
        late: attributes that the span lacks.
    """

    span: Span | None = None
    release: Callable[[Mapping[str, Any]], None] | None = None
    done: bool = False
    late: dict[str, Any] = field(default_factory=dict[str, Any])

    def opened(self, span: Span) -> None:
        """Take a span for this call's, unless it has one."""
        if self.span is None and not self.done:
            self.span = span
            while len(_by_span) >= _MOST:
                _by_span.pop(next(iter(_by_span))).finish()
            _by_span[span.get_span_context().span_id] = self

    def finish(self) -> None:
        """Hand the span on, if it has ended and waits; from now on it waits no more."""
        self.done = True
        if self.span is not None:
            _by_span.pop(self.span.get_span_context().span_id, None)
            if self.span.is_recording():
                self.span.set_attributes(self.late)
        if self.release is not None:
            release, self.release = self.release, None
            release(self.late)


def tracked_of(span_id: int) -> TrackedCall | None:
    """Return the call that a span was taken for and that is not done."""
    return _by_span.get(span_id)


def finish_all() -> None:
    """Hand on every span that waits."""
    for call in list(_by_span.values()):
        call.finish()
