"""The sampler that keeps every span about a model, whatever becomes of the rest of its trace."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    DEFAULT_OFF,
    DEFAULT_ON,
    Decision,
    ParentBasedTraceIdRatio,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)

from llmcost_infra.telemetry.calls import begins_as_llm
from llmcost_infra.telemetry.harmless import tell_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.context import Context
    from opentelemetry.trace import Link, SpanKind, TraceState
    from opentelemetry.util.types import Attributes

__all__ = ["LlmSampler", "sampler_named", "sampler_of_environment"]

_NAMED: Final = {
    "always_on": ALWAYS_ON,
    "always_off": ALWAYS_OFF,
    "parentbased_always_on": DEFAULT_ON,
    "parentbased_always_off": DEFAULT_OFF,
}


class LlmSampler(Sampler):
    """Keeps spans about models, agents and tools; leaves all others to another sampler.

    Sums of cost are over spans, so that a call which is not sampled is money that nobody sees.

    Args:
        others: decides about all other spans; by default everything is kept, and children go with
            their parents.
    """

    def __init__(self, others: Sampler = DEFAULT_ON) -> None:
        self._others = others

    def should_sample(  # noqa: PLR0913, PLR0917 - OpenTelemetry's signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Decide about a span by what it starts with."""
        if begins_as_llm(attributes):
            state = trace.get_current_span(parent_context).get_span_context().trace_state
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, state)
        return self._others.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        """Return what logs of the SDK call it."""
        return f"LlmSampler{{{self._others.get_description()}}}"


def sampler_named(argument: float | str | None = None) -> LlmSampler:
    """Return what `OTEL_TRACES_SAMPLER=llmcost` stands for.

    Args:
        argument: `OTEL_TRACES_SAMPLER_ARG`: which share of all other traces is kept, 1 by default.
    """
    return LlmSampler(ParentBasedTraceIdRatio(_share(argument)))


def sampler_of_environment() -> LlmSampler:
    """Return a sampler that keeps spans about models, and others as `OTEL_TRACES_SAMPLER` says."""
    name = os.environ.get("OTEL_TRACES_SAMPLER", "").strip().lower() or "llmcost"
    argument = os.environ.get("OTEL_TRACES_SAMPLER_ARG")
    if name == "traceidratio":
        return LlmSampler(TraceIdRatioBased(_share(argument)))
    if name in {"llmcost", "parentbased_traceidratio"}:
        return sampler_named(argument)
    if name not in _NAMED:
        tell_once("sampler", "OTEL_TRACES_SAMPLER=%s is not known: everything is kept", name)
    return LlmSampler(_NAMED.get(name, DEFAULT_ON))


def _share(argument: float | str | None) -> float:
    try:
        share = 1.0 if argument is None or argument == "" else float(argument)
    except ValueError:
        share = -1.0
    if 0.0 <= share <= 1.0:
        return share
    said = "OTEL_TRACES_SAMPLER_ARG=%s is no share between 0 and 1: everything is kept"
    tell_once("share", said, argument)
    return 1.0
