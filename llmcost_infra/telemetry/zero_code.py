"""Entry points for `opentelemetry-instrument`: an application is set up without a line of its own.

They do something only where `OTEL_PYTHON_CONFIGURATOR=llmcost` asks for it: an installed package
changes nobody's telemetry by being there.
"""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import metrics
from opentelemetry._logs import get_logger_provider

# The class that the SDK means distributions to build on, although its module begins with _.
from opentelemetry.sdk._configuration import (
    _OTelSDKConfigurator,  # pyright: ignore[reportPrivateUsage] - see above
)
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from llmcost_infra.telemetry.closing import close_at_exit
from llmcost_infra.telemetry.configuration import allowed, mark_configured, prepare
from llmcost_infra.telemetry.cost import price_table
from llmcost_infra.telemetry.exporters import over_http
from llmcost_infra.telemetry.harmless import harmless
from llmcost_infra.telemetry.libraries import track_libraries
from llmcost_infra.telemetry.processor import LlmSpanProcessor
from llmcost_infra.telemetry.refusals import exporter_arguments
from llmcost_infra.telemetry.sampler import sampler_of_environment

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

__all__ = ["ASK_FOR_USAGE", "BAGGAGE", "NAME", "Configurator", "after_instrumentation"]

NAME: Final = "llmcost"
"""What `OTEL_PYTHON_CONFIGURATOR` and `OTEL_TRACES_SAMPLER` call ours."""

BAGGAGE: Final = "LLMCOST_BAGGAGE"
"""Variable with the attributes that may travel in baggage, separated by commas."""

ASK_FOR_USAGE: Final = "LLMCOST_ASK_FOR_USAGE"
"""Variable that is `false` where streams must not be asked for usage."""

_DEFAULTS: Final = {
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
}


class Configurator(_OTelSDKConfigurator):
    """The SDK's own configurator, with attribution, cost and a sampler that keeps calls."""

    def _configure(self, **kwargs: Any) -> None:
        # It has no types.
        configure: Any = super()._configure  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
        configure(**kwargs, **((_additions() or {}) if _is_asked_for() else {}))
        if _is_asked_for():
            close_at_exit(metrics.get_meter_provider(), get_logger_provider())


@harmless
def after_instrumentation() -> None:
    """Track the clients of what instrumentations have loaded: streams, and what spans lack."""
    if _is_asked_for():
        asks = os.environ.get(ASK_FOR_USAGE, "").strip().lower() != "false"
        track_libraries(ask_for_usage=asks)


def _is_asked_for() -> bool:
    return os.environ.get("OTEL_PYTHON_CONFIGURATOR", "").strip() == NAME


@harmless
def _additions() -> dict[str, Any]:
    """Return what the SDK's configurator is told in addition to the environment."""
    for name, value in _DEFAULTS.items():
        if not os.environ.get(name, "").strip():
            os.environ[name] = value
    baggage = allowed(os.environ.get(BAGGAGE, ""))
    prepare(None, baggage)
    price_table()
    made = count()

    def processor(span_exporter: SpanExporter, **_more: Any) -> LlmSpanProcessor:
        following = BatchSpanProcessor(span_exporter)
        return LlmSpanProcessor(following, baggage_keys=baggage, count=next(made) == 0)

    sampler = sampler_of_environment()
    mark_configured("opentelemetry-instrument")
    watched = {kind: exporter_arguments(kind) for kind in over_http()}
    return {
        "export_span_processor": processor,
        "sampler": sampler,
        "exporter_args_map": watched,
    }
