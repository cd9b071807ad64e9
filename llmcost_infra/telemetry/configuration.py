"""`configure`: one call that sets OpenTelemetry up for an application that calls models."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Literal

from opentelemetry import metrics, trace

from llmcost_infra.telemetry.attribution import NAMES, line, use_hash_key
from llmcost_infra.telemetry.carrying import carry_across_threads
from llmcost_infra.telemetry.harmless import harmless, tell_once
from llmcost_infra.telemetry.tracked import has_watcher

if TYPE_CHECKING:
    from collections.abc import Collection

    from opentelemetry.sdk.resources import Resource

__all__ = ["allowed", "configure", "mark_configured", "prepare", "watch_spans"]

_configured: list[str] = []
_AGAIN: Final = {
    "configure": "configure was called twice: what the first call said holds",
    "opentelemetry-instrument": "opentelemetry-instrument has set this process up: its variables "
    "hold, and what configure is told does not",
}


@harmless
def configure(
    *,
    service: str | None = None,
    environment: str | None = None,
    team: str | None = None,
    hash_key: str | None = None,
    baggage: Collection[str] = (),
) -> None:
    """Set up traces and metrics, from these arguments and OpenTelemetry's own variables.

    Where an application has set OpenTelemetry up already, its set-up stays and gets attribution and
    the cost histogram in addition. It never raises: what is missing is logged, once.

    Args:
        service: `service.name`; by default OTEL_SERVICE_NAME.
        environment: `deployment.environment.name`, such as `prod`.
        team: who pays for the calls of this process.
        hash_key: the stack's key; by default LLMCOST_HASH_KEY.
        baggage: attributes that may travel to and from other services in W3C baggage, of `feature`,
            `team`, `prompt.name`, `user.id` and `gen_ai.conversation.id`; by default none.
    """
    if _configured:
        tell_once("twice", _AGAIN[_configured[0]])
        return
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return
    mark_configured("configure")
    baggage = harmless(allowed)(baggage) or ()
    prepare(hash_key, baggage)
    said = {"service.name": service, "deployment.environment.name": environment, "team": team}
    read = {name: harmless(line)(value) for name, value in said.items()}
    resource = _resource({name: text for name, text in read.items() if text})
    # A variable that is wrong for one of the two does not cost the other.
    harmless(_metrics)(resource)
    harmless(_traces)(resource, baggage)


def mark_configured(by: Literal["configure", "opentelemetry-instrument"]) -> None:
    """Note that this process is set up; `configure` then only says so.

    Args:
        by: whom.
    """
    _configured.append(by)


def watch_spans() -> None:
    """See spans start where an application has set OpenTelemetry up without `configure`."""
    if not has_watcher() and not _is_default(provider := trace.get_tracer_provider()):
        _join(provider, ())


def allowed(baggage: Collection[str]) -> Collection[str]:
    """Return what of an allow-list can travel; the rest is told.

    Args:
        baggage: names of attributes, or one text with commas between them.
    """
    listed = baggage.split(",") if isinstance(baggage, str) else baggage
    names = [str(one).strip() for one in listed]
    unknown = [name for name in names if name and name not in NAMES]
    if unknown:
        said = "baggage: %s is not known, and does not travel; what can is %s"
        tell_once("baggage", said, ", ".join(unknown), ", ".join(NAMES))
    return tuple(name for name in names if name in NAMES)


def prepare(hash_key: str | None, baggage: Collection[str]) -> None:
    """Do what is the same with code and without: ids, threads, baggage."""
    harmless(use_hash_key)(hash_key)
    carry_across_threads()
    if baggage:
        from llmcost_infra.telemetry.propagation import propagate_attribution  # noqa: PLC0415

        propagate_attribution(baggage)


def _metrics(resource: Resource) -> None:
    # The SDK takes longer to import than everything else here, and whoever only attributes needs
    # none of it.
    from llmcost_infra.telemetry.sdk import set_up_metrics  # noqa: PLC0415

    if _is_default(metrics.get_meter_provider()):
        set_up_metrics(resource)
    else:
        tell_once("meters", "metrics are set up already: the cost histogram goes there")


def _traces(resource: Resource, baggage: Collection[str]) -> None:
    from llmcost_infra.telemetry.sdk import set_up_traces  # noqa: PLC0415 - see _metrics

    if _is_default(provider := trace.get_tracer_provider()):
        set_up_traces(resource, baggage)
    else:
        _join(provider, baggage)


def _resource(said: dict[str, str]) -> Resource:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - see _metrics

    return Resource.create(said)


def _join(provider: trace.TracerProvider, baggage: Collection[str]) -> None:
    """Add ourselves to a set-up that is there."""
    from llmcost_infra.telemetry.closing import close_at_exit  # noqa: PLC0415 - see _metrics
    from llmcost_infra.telemetry.cost import price_table  # noqa: PLC0415 - see _metrics
    from llmcost_infra.telemetry.processor import LlmSpanProcessor  # noqa: PLC0415 - see _metrics

    add = getattr(provider, "add_span_processor", None)
    if add is None:
        tell_once("provider", "the tracer provider takes no processors: calls are not attributed")
        return
    add(LlmSpanProcessor(baggage_keys=baggage))
    close_at_exit()
    # Here, where no call waits for it.
    price_table()
    said = (
        "traces are set up already: spans are attributed, and their cost is the pipeline's to add"
    )
    tell_once("joined", said)


def _is_default(provider: object) -> bool:
    """Tell whether nobody has set a provider."""
    return type(provider).__name__.startswith(("Proxy", "_Proxy", "NoOp"))
