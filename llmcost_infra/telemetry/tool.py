"""`tool`: the span of a tool's run, which no client library makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry import context as contexts
from opentelemetry import trace

from llmcost_infra.telemetry.around import Around
from llmcost_infra.telemetry.attribution import line
from llmcost_infra.telemetry.harmless import harmless

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer, TracerProvider

__all__ = ["SCOPE", "Tool", "tool", "tracer"]

SCOPE: Final = "llmcost_infra.telemetry"
"""Name of the instrumentation scope of spans and metrics of ours."""

_line: Final = harmless(line)
_made: Final[list[tuple[TracerProvider, Tracer]]] = []


def tracer() -> Tracer:
    """Return our tracer, of the provider that is set now; to make one takes longer than a span."""
    provider = trace.get_tracer_provider()
    for of, made in _made:
        if of is provider:
            return made
    made = provider.get_tracer(SCOPE)
    _made[:] = [(provider, made)]
    return made


def tool(name: str, *, call_id: str | None = None, kind: str = "function") -> Tool:
    """Tell of a run of a tool: decorate the function that runs it, or use `with`.

    The span says which tool, how long, and of an error its type; no arguments, results or messages.

    Args:
        name: of the tool, as the model calls it.
        call_id: of the call, as the model gave it.
        kind: `function`, `extension` or `datastore`.
    """
    # Models make names up.
    told = _line(name) or ""
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": told,
        "gen_ai.tool.type": kind,
    }
    if of_call := _line(call_id):
        attributes["gen_ai.tool.call.id"] = of_call
    return Tool(f"execute_tool {told}", attributes)


class Tool(Around["Span"]):
    """What `tool` returns.

    Args:
        name: of the span.
        attributes: of the span.
    """

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self._name = name
        self._attributes = attributes

    def _begin(self) -> Span:
        return self._started() or trace.INVALID_SPAN

    @harmless
    def _started(self) -> Span:
        return tracer().start_span(self._name, attributes=self._attributes)

    @harmless
    def _resume(self, state: Span) -> object:
        return contexts.attach(trace.set_span_in_context(state))

    @harmless
    def _pause(self, token: object) -> None:
        if token is not None:
            contexts.detach(token)  # type: ignore[arg-type]

    @harmless
    def _end(self, state: Span, error: BaseException | None) -> None:
        # A generator that is left, and a task that is cancelled, did nothing wrong.
        if isinstance(error, Exception):
            state.set_attribute("error.type", type(error).__qualname__)
            state.set_status(trace.StatusCode.ERROR)
        state.end()
