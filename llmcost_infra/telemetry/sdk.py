"""Traces and metrics of an application that sets up nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from llmcost_infra.telemetry.closing import close_at_exit
from llmcost_infra.telemetry.cost import price_table
from llmcost_infra.telemetry.exporters import exporters
from llmcost_infra.telemetry.processor import LlmSpanProcessor
from llmcost_infra.telemetry.sampler import sampler_of_environment

if TYPE_CHECKING:
    from collections.abc import Collection

    from opentelemetry.sdk.resources import Resource

__all__ = ["set_up_metrics", "set_up_traces"]


def set_up_traces(resource: Resource, baggage: Collection[str]) -> None:
    """Set the tracer provider.

    Args:
        resource: what all spans say of this process.
        baggage: entries that count as attribution of what comes in.
    """
    provider = TracerProvider(resource=resource, sampler=sampler_of_environment())
    count = True
    for exporter in exporters("traces"):
        following = BatchSpanProcessor(exporter)
        provider.add_span_processor(LlmSpanProcessor(following, baggage_keys=baggage, count=count))
        count = False
    if count:
        provider.add_span_processor(LlmSpanProcessor(baggage_keys=baggage))
    # Here, where nobody waits for an answer.
    price_table()
    trace.set_tracer_provider(provider)
    close_at_exit()


def set_up_metrics(resource: Resource) -> None:
    """Set the meter provider.

    Args:
        resource: what all metrics say of this process.
    """
    readers = [PeriodicExportingMetricReader(one) for one in exporters("metrics")]
    provider = MeterProvider(metric_readers=readers, resource=resource)
    close_at_exit(provider)
    metrics.set_meter_provider(provider)
