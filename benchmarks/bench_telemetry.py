"""What telemetry costs an application: a call and an import, beside the SDK without us.

A call is what an instrumentation does: a span with eight attributes. The other peer is the wrapper
that everyone copies: a span of its own round that, with cost from a dictionary, and a histogram.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from llmcost_infra.telemetry import attribute, tool, track
from llmcost_infra.telemetry.attribution import HASH_KEY
from llmcost_infra.telemetry.cost import price_table
from llmcost_infra.telemetry.processor import LlmSpanProcessor
from llmcost_infra.telemetry.sampler import LlmSampler

if TYPE_CHECKING:
    from collections.abc import Callable

_LIMIT_CALL_US, _LIMIT_IMPORT_MS = 50.0, 50.0
_ROUNDS, _CALLS, _IMPORTS = 200, 50, 15
_START: Final[dict[str, Any]] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "server.address": "api.openai.com",
}
_END: Final[dict[str, Any]] = {
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.usage.input_tokens": 2006,
    "gen_ai.usage.output_tokens": 300,
    "gen_ai.usage.cache_read.input_tokens": 1920,
}
_USAGE: Final = SimpleNamespace(
    prompt_tokens=2006,
    completion_tokens=300,
    prompt_tokens_details=SimpleNamespace(cached_tokens=1920),
)
_ANSWER: Final = SimpleNamespace(model="gpt-4o-2024-08-06", usage=_USAGE, choices=[])


def main() -> int:
    """Print the times; return 1 when a limit is missed."""
    os.environ[HASH_KEY] = "a key"
    metrics.set_meter_provider(MeterProvider([InMemoryMetricReader()]))
    plain, ours = TracerProvider(), TracerProvider(sampler=LlmSampler())
    plain.add_span_processor(_Nowhere())
    ours.add_span_processor(LlmSpanProcessor(_Nowhere()))
    trace.set_tracer_provider(ours)
    price_table()
    client = SimpleNamespace(base_url="https://api.openai.com/v1", embeddings=None)
    client.chat = SimpleNamespace(completions=SimpleNamespace(create=lambda **_: _ANSWER))
    create = track(client).chat.completions.create
    jobs: dict[str, Callable[[], object]] = {
        "the SDK's span of a call": lambda: _call(plain),
        "  attributed, priced, counted": lambda: _attributed(ours),
        "  in a hand-written wrapper": lambda: _wrapped(plain),
        "attribute": _nothing_attributed,
        "tool": _nothing_in_a_tool,
        "  from track, uninstrumented": lambda: create(model="gpt-4o"),
    }
    took = dict(zip(jobs, _taking_turns(*jobs.values()), strict=True))
    base = took["the SDK's span of a call"]
    call = took["  attributed, priced, counted"] - base
    print(f"{'':<34}{'µs':>8}{'more':>8}{'of SDK':>8}")
    for name, us in took.items():
        more = f"{us - base:+.1f}" if name.startswith(" ") else ""
        print(f"{name:<34}{us:>8.1f}{more:>8}{us / base:>8.1f}")
    missed = [_told("a call", call, "µs", _LIMIT_CALL_US)]
    sdk, mine = _imports("opentelemetry.sdk.trace"), _imports("llmcost_infra.telemetry")
    missed.append(_told("import", mine, "ms", _LIMIT_IMPORT_MS))
    print(f"  import opentelemetry.sdk.trace{sdk:>10.1f} ms (ours is {mine / sdk:.1f} of it)")
    return int(any(missed))


class _Nowhere(SpanProcessor):
    """What a queue would do, without one."""


def _call(provider: TracerProvider) -> None:
    span = provider.get_tracer("i").start_span(
        "chat gpt-4o", kind=trace.SpanKind.CLIENT, attributes=_START
    )
    for name, value in _END.items():
        span.set_attribute(name, value)
    span.end()


def _attributed(provider: TracerProvider) -> None:
    with attribute(feature="summarize", user="ann@example.com"):
        _call(provider)


def _wrapped(provider: TracerProvider) -> None:
    prices = {"gpt-4o": {"input": 2.5, "output": 10.0}}
    meter = metrics.get_meter("wrapper")
    with provider.get_tracer("w").start_as_current_span("gen_ai.chat") as span:
        span.set_attributes({"feature": "summarize", "user_id": "ann", "team": "t"})
        _call(provider)
        usd = (2006 * prices["gpt-4o"]["input"] + 300 * prices["gpt-4o"]["output"]) / 1e6
        span.set_attributes({**_END, "gen_ai.usage.cost_usd": usd})
    _histograms.setdefault("h", meter.create_histogram("wrapper.cost")).record(
        usd, {"model": "gpt-4o", "feature": "summarize", "user_id": "ann"}
    )


_histograms: dict[str, Any] = {}


def _nothing_attributed() -> None:
    with attribute(feature="summarize", user="ann@example.com"):
        pass


def _nothing_in_a_tool() -> None:
    with tool("get_weather"):
        pass


def _taking_turns(*jobs: Callable[[], object]) -> list[float]:
    """Return the shortest of many short rounds of each job, in µs a time.

    A round is shorter than the turn that a busy machine gives somebody else.
    """
    shortest = [float("inf")] * len(jobs)
    for _ in range(_ROUNDS):
        for place, job in enumerate(jobs):
            began = time.perf_counter()
            for _ in range(_CALLS):
                job()
            took = (time.perf_counter() - began) / _CALLS * 1e6
            shortest[place] = min(shortest[place], took)
    return shortest


def _imports(module: str) -> float:
    """Return the shortest of some first imports of a module, in ms of the processor."""
    # Of the processor: what others compute meanwhile is no part of it.
    clock = "time.process_time()"
    code = f"import time; b={clock}; import {module}; print({clock}-b)"
    command = [sys.executable, "-c", code]
    times = (
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603 - ours
        for _ in range(_IMPORTS)
    )
    return min(times) * 1e3


def _told(name: str, value: float, unit: str, limit: float) -> bool:
    """Print a measure, and tell whether it misses its limit."""
    said = "met" if value <= limit else "MISSED"
    print(f"{name:<22}{value:>20.1f} {unit}   limit {limit:g} {unit}, {said}")
    return value > limit


if __name__ == "__main__":
    sys.exit(main())
