"""The span processor: whose spend it is when a span starts, what it costs when it ends."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import baggage
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import SpanKind

from llmcost_infra.telemetry.attribution import current, from_outside
from llmcost_infra.telemetry.calls import is_call, is_clients_own, provider_of
from llmcost_infra.telemetry.closing import Closer
from llmcost_infra.telemetry.cost import COST, count_cost, usd_of
from llmcost_infra.telemetry.harmless import harmless
from llmcost_infra.telemetry.tracked import (
    began_here,
    finish_all,
    lacking,
    note_watcher,
    reported,
    tracked_now,
    tracked_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span

    from llmcost_infra.telemetry.tracked import TrackedCall

__all__ = ["LlmSpanProcessor"]

_MOST_OPEN: Final = 10_000


class LlmSpanProcessor(SpanProcessor):
    """Says whose spend spans are, prices calls, and hands both to the processor that exports.

    An ended span takes no more attributes, so the cost goes on a copy of it. Without a following
    processor spans are attributed and calls counted, and what others export has no cost.

    Args:
        following: gets every ended span, such as a `BatchSpanProcessor`.
        baggage_keys: entries of the baggage that count as attribution of what comes in.
        count: whether calls go into the histogram; of several processors one does it.
    """

    def __init__(
        self,
        following: SpanProcessor | None = None,
        *,
        baggage_keys: Collection[str] = (),
        count: bool = True,
    ) -> None:
        self._following = following
        self._closer = Closer(following.shutdown) if following is not None else None
        self._baggage_keys = tuple(baggage_keys)
        self._count = count
        self._open: dict[int, None] = {}
        note_watcher()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Put attribution on the span."""
        self._begin(span, parent_context)
        if self._following is not None:
            self._following.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        """Hand the span on, with its cost where it is a call with a price."""
        if not self._held(span):
            self._hand_on(span, {})

    def shutdown(self) -> None:
        """Hand on what waits, and end; a server that does not answer is not waited for."""
        harmless(finish_all)()
        if self._closer is not None:
            self._closer.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Let the following processor export what it has."""
        return self._following is None or self._following.force_flush(timeout_millis)

    @harmless
    def _begin(self, span: Span, parent_context: Context | None) -> None:
        own = _copied(span.attributes)
        if is_call(own, client=span.kind is SpanKind.CLIENT):
            self._notice(span, own)
        elif not own and span.kind is SpanKind.CLIENT:
            # It may say what it is about later; spans of HTTP clients say it at once.
            _take_for_a_call(span)
        said = current()
        if self._baggage_keys:
            said = {**self._from_outside(parent_context), **said}
        if said:
            # What the span says of itself stays.
            adds = said if own.keys().isdisjoint(said) else _lacking(own, said)
            span.set_attributes(adds)

    def _from_outside(self, parent_context: Context | None) -> Mapping[str, str]:
        told = {name: baggage.get_baggage(name, parent_context) for name in self._baggage_keys}
        return from_outside({name: value for name, value in told.items() if value is not None})

    def _notice(self, span: Span, attributes: Mapping[str, Any]) -> None:
        """Remember a call that is under way."""
        while len(self._open) >= _MOST_OPEN:
            self._open.pop(next(iter(self._open)), None)
        self._open[span.get_span_context().span_id] = None
        if not is_clients_own(attributes):
            reported.add(provider_of(attributes))
            _take_for_a_call(span)

    @harmless
    def _held(self, span: ReadableSpan) -> bool:
        """Keep a span back while more becomes known of its call."""
        context = span.get_span_context()
        tracked = (tracked_of(context.span_id) if context else None) or _made_late(span)
        if tracked is None:
            return False
        if not _is_call(span):
            tracked.disown()
            return False
        tracked.hold(lambda late: self._hand_on(span, late))
        return True

    def _hand_on(self, span: ReadableSpan, late: Mapping[str, Any]) -> None:
        priced = self._priced(span, late) or span
        if self._following is not None:
            self._following.on_end(priced)

    @harmless
    def _priced(self, span: ReadableSpan, late: Mapping[str, Any]) -> ReadableSpan | None:
        context = span.get_span_context()
        if context is not None:
            self._open.pop(context.span_id, None)
        attributes = _copied(span.attributes)
        if late:
            attributes |= lacking(attributes, late)
        usd = None
        if is_call(attributes, client=span.kind is SpanKind.CLIENT) and not self._repeats(
            span, attributes
        ):
            usd = usd_of(attributes, span.start_time or 0)
        if usd is not None:
            attributes[COST] = float(usd)
            if self._count:
                count_cost(usd, attributes, span.resource)
        return None if usd is None and not late else _with(span, attributes)

    def _repeats(self, span: ReadableSpan, attributes: Mapping[str, Any]) -> bool:
        """Tell whether an instrumentation reports the call, and this is its client's own span."""
        inside = span.parent is not None and span.parent.span_id in self._open
        beside = is_clients_own(attributes) and provider_of(attributes) in reported
        return inside or beside


def _take_for_a_call(span: Span) -> None:
    if tracked := tracked_now.get():
        tracked.opened(span)
    else:
        began_here.set(span)


def _made_late(span: ReadableSpan) -> TrackedCall | None:
    """Return the call under way that a span is about which starts and ends at its end."""
    tracked = tracked_now.get()
    return tracked if tracked and tracked.lacks_span and _is_call(span) else None


def _is_call(span: ReadableSpan) -> bool:
    own = _copied(span.attributes)
    return is_call(own, client=span.kind is SpanKind.CLIENT) and not is_clients_own(own)


def _copied(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return attributes that are read often; the SDK's own take a lock for each name."""
    if isinstance(attributes, MappingProxyType):
        return dict(attributes.copy())
    return dict(attributes or {})


def _lacking(own: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, str]:
    return {name: said[name] for name in said if name not in own}


def _with(span: ReadableSpan, attributes: dict[str, Any]) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=span.events,
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
