"""Moves recorded telemetry to another time, and gives it ids of its own."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["FreshIds", "messages", "newest", "row_count", "shift"]

_ROWS = (
    *("Span", "LogRecord", "NumberDataPoint", "HistogramDataPoint"),
    *("ExponentialHistogramDataPoint", "SummaryDataPoint"),
)
_IDS = ("trace_id", "span_id", "parent_span_id")
# Nearly all of a request is attributes, and they hold neither times nor ids.
_WITHOUT = ("opentelemetry.proto.common.v1", "opentelemetry.proto.resource.v1")


def messages(request: Message) -> Iterator[Message]:
    """Yield a request and every message in it, except attributes."""
    yield request
    for field, value in request.ListFields():
        if field.message_type is None or field.message_type.file.package in _WITHOUT:
            continue
        for inside in [value] if isinstance(value, Message) else value:
            yield from messages(inside)


def row_count(request: Message) -> int:
    """Return the number of spans, log records or data points of a request."""
    return sum(inside.DESCRIPTOR.name in _ROWS for inside in messages(request))


def newest(requests: Iterable[Message]) -> int:
    """Return the newest time in some requests, in nanoseconds since 1970; 0 if there is none."""
    return max((time for request in requests for _, _, time in _times(request)), default=0)


def shift(request: Message, by: int) -> None:
    """Move all times of a request.

    Args:
        request: changed in place; a time that is not set, which is 0, stays so.
        by: nanoseconds, backwards if negative.
    """
    for inside, name, time in _times(request):
        # 0 would mean that it is not set.
        setattr(inside, name, max(1, time + by))


def _times(request: Message) -> Iterator[tuple[Message, str, int]]:
    for inside in messages(request):
        for field, value in inside.ListFields():
            if field.type == FieldDescriptor.TYPE_FIXED64 and field.name.endswith("time_unix_nano"):
                yield inside, field.name, value


class FreshIds:
    """Replaces trace and span ids: equal ones by equal ones, over all requests that it is given.

    Args:
        random: returns so many random bytes.
    """

    def __init__(self, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._random = random
        self._given: dict[bytes, bytes] = {}

    def give(self, request: Message) -> None:
        """Replace the ids of a request in place; an empty or all-zero one, which is none, stays."""
        for inside in messages(request):
            for field, value in inside.ListFields():
                if field.name in _IDS and any(value):
                    setattr(inside, field.name, self._for(value))

    def _for(self, old: bytes) -> bytes:
        if old not in self._given:
            self._given[old] = self._random(len(old))
        return self._given[old]
