"""OTLP log records as rows: attributes keep their types, and nothing is prefixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.local.ingest_json import Records
from llmcost_infra.local.naming import FLATTEN_LEVEL, flatten
from llmcost_infra.local.otlp import attributes, span_text, typed_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    from llmcost_infra.local.ingest_window import Window

__all__ = ["read_logs"]

Row = dict[str, Any]


def read_logs(request: ExportLogsServiceRequest, window: Window) -> Records:
    """Turn a request into rows.

    Args:
        request: of an exporter.
        window: which times are taken.
    """
    records = Records()
    for block in request.resource_logs:
        resource = attributes(block.resource.attributes, typed_value)
        for scope in block.scope_logs:
            shared = resource | dict(_scope(scope.scope))
            for record in scope.log_records:
                time = (record.time_unix_nano or record.observed_time_unix_nano) // 1000
                row = flatten(shared | _columns(record), FLATTEN_LEVEL, sort_keys=True)
                records.add_flat(row, time or window.now, window)
    return records


def _scope(scope: Any) -> Iterator[tuple[str, str]]:
    if scope.name:
        yield "instrumentation_library_name", scope.name
    if scope.version:
        yield "instrumentation_library_version", scope.version


def _columns(record: Any) -> Row:
    row: Row = attributes(record.attributes, typed_value)
    row["severity"] = record.severity_text or record.severity_number
    row["dropped_attributes_count"] = record.dropped_attributes_count
    row["body"] = span_text(record.body)
    if record.trace_id:
        row["trace_id"] = record.trace_id.hex()
    if record.span_id:
        row["span_id"] = record.span_id.hex()
    return row
