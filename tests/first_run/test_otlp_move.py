"""Recorded telemetry in another time and with other ids: what changes, and what must not."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from llmcost_infra.first_run.otlp_move import FreshIds, newest, row_count, shift

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from opentelemetry.proto.metrics.v1.metrics_pb2 import ResourceMetrics

DAY = 86_400_000_000_000  # nanoseconds
TRACE, PARENT, CHILD = b"t" * 16, b"p" * 8, b"c" * 8
TIMES = st.integers(1, 2 * DAY)


def traces(start: int = 10, end: int = 20, event: int = 15) -> ExportTraceServiceRequest:
    """Return a span with parent, event and link."""
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(
            trace_id=TRACE,
            span_id=CHILD,
            parent_span_id=PARENT,
            start_time_unix_nano=start,
            end_time_unix_nano=end,
        )
    )
    span.events.add(time_unix_nano=event)
    span.links.add(trace_id=TRACE, span_id=PARENT)
    span.attributes.add(key="trace_id").value.string_value = "as sent"
    return request


def logs(time: int = 11, observed: int = 12) -> ExportLogsServiceRequest:
    """Return a log record about the span of `traces`."""
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(
        trace_id=TRACE, span_id=CHILD, time_unix_nano=time, observed_time_unix_nano=observed
    )
    return request


def metrics() -> ExportMetricsServiceRequest:
    """Return a data point of every kind, each from 5 to 30, with an exemplar at 25."""
    request = ExportMetricsServiceRequest()
    block: ResourceMetrics = request.resource_metrics.add()
    scope = block.scope_metrics.add()
    for kind in ("gauge", "sum", "histogram", "exponential_histogram", "summary"):
        point = getattr(scope.metrics.add(name=kind), kind).data_points.add(
            start_time_unix_nano=5, time_unix_nano=30
        )
        if kind != "summary":
            point.exemplars.add(time_unix_nano=25, trace_id=TRACE, span_id=CHILD)
    return request


def test_every_time_moves_by_the_same_amount() -> None:
    """Spans, events, log records, all kinds of data points and exemplars: distances stay."""
    span, record, point = traces(), logs(), metrics()
    for request in (span, record, point):
        shift(request, 1000)

    assert span == traces(1010, 1020, 1015)
    assert record == logs(1011, 1012)
    for metric in point.resource_metrics[0].scope_metrics[0].metrics:
        moved = getattr(metric, metric.name).data_points[0]
        assert (moved.start_time_unix_nano, moved.time_unix_nano) == (1005, 1030)
        assert [exemplar.time_unix_nano for exemplar in getattr(moved, "exemplars", ())] in (
            [1025],
            [],
        )


@given(start=TIMES, end=TIMES, event=TIMES, by=st.integers(0, 60 * 365 * DAY))
def test_moving_there_and_back_changes_nothing(start: int, end: int, event: int, by: int) -> None:
    """No time is rounded or cut."""
    request = traces(start, end, event)
    shift(request, by)
    shift(request, -by)

    assert request == traces(start, end, event)


def test_a_time_that_is_not_set_stays_so() -> None:
    """0 is no time: OTLP writes it where a time is unknown."""
    request = logs(time=0)
    shift(request, DAY)

    assert request == logs(time=0, observed=12 + DAY)


def test_a_time_never_moves_before_1970() -> None:
    """A wrong clock beside right ones ends at the oldest time that there is, not in an overflow."""
    request = logs(time=3)
    shift(request, -DAY)

    assert request == logs(time=1, observed=1)


@pytest.mark.parametrize(
    ("requests", "expected"),
    [([traces(), logs()], 20), ([logs(time=0), metrics()], 30), ([logs(0, 0)], 0), ([], 0)],
)
def test_the_newest_time_is_that_of_all_requests(requests: list[Message], expected: int) -> None:
    """The end of a span counts, and so does any kind of time."""
    assert newest(requests) == expected


@pytest.mark.parametrize(("request_", "rows"), [(traces(), 1), (logs(), 1), (metrics(), 5)])
def test_rows_are_spans_log_records_and_data_points(request_: Message, rows: int) -> None:
    """Events, links and exemplars are parts of rows."""
    assert row_count(request_) == rows


def test_ids_change_together() -> None:
    """Parents, links, log records and exemplars still name the same spans."""
    numbers = count(1)
    ids = FreshIds(lambda length: next(numbers).to_bytes(length, "big"))
    spans, records, points = traces(), logs(), metrics()
    for request in (spans, records, points):
        ids.give(request)

    span = spans.resource_spans[0].scope_spans[0].spans[0]
    record = records.resource_logs[0].scope_logs[0].log_records[0]
    gauge = points.resource_metrics[0].scope_metrics[0].metrics[0].gauge
    (link,), (exemplar,) = span.links, gauge.data_points[0].exemplars
    assert len({span.trace_id, span.span_id, span.parent_span_id, TRACE, PARENT, CHILD}) == 6
    assert (len(span.trace_id), len(span.span_id)) == (16, 8)
    assert (link.trace_id, link.span_id) == (span.trace_id, span.parent_span_id)
    for about in (record, exemplar):
        assert (about.trace_id, about.span_id) == (span.trace_id, span.span_id)
    assert span.attributes[0].value.string_value == "as sent"


def test_no_id_is_made_where_there_is_none() -> None:
    """A root span gets no parent, whether its parent is empty or all zeros."""
    for none in (b"", bytes(8)):
        request = traces()
        request.resource_spans[0].scope_spans[0].spans[0].parent_span_id = none
        FreshIds().give(request)

        assert request.resource_spans[0].scope_spans[0].spans[0].parent_span_id == none


def test_every_command_gives_other_ids() -> None:
    """The same file sent twice is two sets of calls."""
    first, second = traces(), traces()
    FreshIds().give(first)
    FreshIds().give(second)

    assert first != second
