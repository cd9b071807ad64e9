"""OTLP metrics as rows: one stream a metric, and five for a histogram."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from llmcost_infra.local.naming import column_name, stream_name, to_json_text
from llmcost_infra.local.otlp import attributes, span_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )

    from llmcost_infra.local.ingest_window import Window

__all__ = ["Metrics", "read_metrics"]

Row = dict[str, Any]

_TEMPORALITY = (
    "AGGREGATION_TEMPORALITY_UNSPECIFIED",
    "AGGREGATION_TEMPORALITY_DELTA",
    "AGGREGATION_TEMPORALITY_CUMULATIVE",
)
_FLAG = ("DATA_POINT_FLAGS_DO_NOT_USE", "DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK")
# What does not tell one series from another.
_NO_LABEL = frozenset({"value", "_timestamp", "exemplars", "is_monotonic", "trace_id", "span_id"})


class Metrics:
    """The metrics of a request.

    Args:
        window: which times are taken.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self.rows: dict[str, list[Row]] = {}
        self.bare: set[str] = set()
        self.rejected = 0

    def add(self, name: str, labels: Row, point: Any, value: float) -> None:
        """Add one value of a series."""
        time = point.time_unix_nano // 1000 or self._window.now
        if not self._window.takes(time):
            self.rejected += 1
            return
        row: Row = labels | {
            "__name__": name,
            "start_time": str(point.start_time_unix_nano),
            "flag": _FLAG[point.flags & 1],
        }
        row["__hash__"] = _series(row)
        row |= {"_timestamp": time, "value": float(value)}
        if _exemplars(point):
            row["exemplars"] = to_json_text(_exemplars(point))
        self.rows.setdefault(name, []).append(row)


def _exemplars(point: Any) -> list[Row]:
    """Return the exemplars of a data point, if its kind has any."""
    return [
        {
            "_timestamp": exemplar.time_unix_nano // 1000,
            "trace_id": exemplar.trace_id.hex(),
            "span_id": exemplar.span_id.hex(),
            "value": exemplar.as_double or exemplar.as_int,
        }
        for exemplar in getattr(point, "exemplars", ())
    ]


def _series(row: Row) -> str:
    labels = sorted((key, str(value)) for key, value in row.items() if key not in _NO_LABEL)
    return hashlib.blake2b(repr(labels).encode(), digest_size=16).hexdigest()


def read_metrics(request: ExportMetricsServiceRequest, window: Window) -> Metrics:
    """Turn a request into rows by stream.

    Args:
        request: of an exporter.
        window: which times are taken.
    """
    metrics = Metrics(window)
    for block in request.resource_metrics:
        resource = _labels(block.resource.attributes)
        for scope in block.scope_metrics:
            shared = resource | dict(_scope(scope.scope))
            for metric in scope.metrics:
                _read_metric(metrics, metric, shared)
    return metrics


def _labels(pairs: Any) -> Row:
    """Return attributes as labels, which are text."""
    return {
        column_name(key): value if isinstance(value, str) else to_json_text(value)
        for key, value in attributes(pairs, span_text).items()
        if value is not None
    }


def _scope(scope: Any) -> Iterator[tuple[str, str]]:
    if scope.name:
        yield "instrumentation_library_name", scope.name
    if scope.version:
        yield "instrumentation_library_version", scope.version


def _read_metric(metrics: Metrics, metric: Any, shared: Row) -> None:
    name, kind = stream_name(metric.name), metric.WhichOneof("data")
    if kind is None:
        return
    data = getattr(metric, kind)
    labels = {**shared}
    if kind not in {"gauge", "summary"}:
        labels["aggregation_temporality"] = _TEMPORALITY[data.aggregation_temporality]
    if kind == "sum":
        labels["is_monotonic"] = "true" if data.is_monotonic else "false"
    for point in data.data_points:
        own = labels | _labels(point.attributes)
        if kind in {"gauge", "sum"}:
            metrics.add(name, own, point, getattr(point, point.WhichOneof("value") or "as_double"))
        else:
            # A stream of the histogram's own name is known, but holds nothing.
            metrics.bare.add(name)
            _read_distribution(metrics, name, own, point)


def _read_distribution(metrics: Metrics, name: str, labels: Row, point: Any) -> None:
    metrics.add(f"{name}_count", labels, point, point.count)
    metrics.add(f"{name}_sum", labels, point, point.sum)
    for end in ("min", "max"):
        if hasattr(point, end) and point.HasField(end):
            metrics.add(f"{name}_{end}", labels, point, getattr(point, end))
    seen = 0
    for count, limit in _buckets(point):
        seen += count
        metrics.add(f"{name}_bucket", labels | {"le": limit}, point, seen)
    for quantile in getattr(point, "quantile_values", ()):
        own = labels | {"quantile": f"{quantile.quantile:g}"}
        metrics.add(name, own, point, quantile.value)


def _buckets(point: Any) -> Iterator[tuple[int, str]]:
    limits = [f"{limit:g}" for limit in getattr(point, "explicit_bounds", ())]
    counts = list(getattr(point, "bucket_counts", ()))
    return zip(counts, [*limits, "+Inf"], strict=False)
