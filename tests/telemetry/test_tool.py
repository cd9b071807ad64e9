"""A tool's run is a span, in the words of OpenTelemetry, and says nothing of what it was about."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

from llmcost_infra.telemetry import attribute, tool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.telemetry.conftest import Telemetry


def test_a_run_is_a_span_of_its_name(telemetry: Telemetry) -> None:
    """With what `execute_tool` spans have by convention, and the attribution of where it runs."""
    with attribute(feature="agent"), tool("get_weather", call_id="call_1"):
        pass
    (span,) = telemetry.spans
    assert span.name == "execute_tool get_weather"
    assert span.kind is trace.SpanKind.INTERNAL
    assert dict(telemetry.last) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_weather",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "call_1",
        "feature": "agent",
    }


class Nameless:
    """What has no text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("get\ud800_weather", "get _weather"),
        ("a\nsecond line", "a second line"),
        ("x" * 10_000, "x" * 200),
        (Nameless(), ""),
    ],
)
def test_a_name_that_a_model_made_up_harms_nothing(
    telemetry: Telemetry, name: Any, told: str
) -> None:
    """Half a character in a span's name would lose the whole batch that the span is sent in."""
    with tool(name, call_id=name):
        pass
    (span,) = telemetry.spans
    assert span.name == f"execute_tool {told}"
    assert telemetry.last["gen_ai.tool.name"] == told
    assert telemetry.last.get("gen_ai.tool.call.id", "") == told
    encode_spans(telemetry.spans).SerializeToString()


def test_calls_inside_are_its_children(telemetry: Telemetry) -> None:
    """A tool that asks a model itself is above that call."""
    with tool("research"):
        telemetry.call()
    call, run = telemetry.spans
    assert call.parent == run.context


def test_an_error_is_told_by_its_type_and_goes_on(telemetry: Telemetry) -> None:
    """The application gets its error; the span has no message, which may quote somebody."""

    @tool("lookup")
    def lookup(person: str) -> str:
        raise LookupError(person)

    with pytest.raises(LookupError):
        lookup("ann@example.com")
    (span,) = telemetry.spans
    assert span.status.status_code is trace.StatusCode.ERROR
    assert telemetry.last["error.type"] == "LookupError"
    assert "ann" not in span.to_json()


def test_coroutines_and_generators_are_tools_as_well(telemetry: Telemetry) -> None:
    """A generator's span lasts until its last item, and is nobody's parent in between."""

    @tool("fetch")
    async def fetch() -> str:
        return "found"

    @tool("scan")
    def scan() -> Iterator[int]:
        yield 1
        telemetry.call("inside")

    assert asyncio.run(fetch()) == "found"
    for _ in scan():
        telemetry.call("between")
    by_name = {span.name: span for span in telemetry.spans}
    assert by_name["inside"].parent == by_name["execute_tool scan"].context
    assert by_name["between"].parent is None


def test_a_tool_that_is_left_did_nothing_wrong(telemetry: Telemetry) -> None:
    """A generator that its consumer closes ends without an error."""

    @tool("scan")
    def scan() -> Iterator[int]:
        yield 1
        yield 2

    items = scan()
    next(items)
    items.close()  # type: ignore[attr-defined]
    (span,) = telemetry.spans
    assert span.status.status_code is trace.StatusCode.UNSET


def test_broken_telemetry_does_not_break_a_tool(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If no span can be made, the tool runs all the same."""

    def broken(*_args: object) -> None:
        raise RuntimeError("no tracer")

    monkeypatch.setattr(trace, "get_tracer_provider", broken)
    with tool("get_weather") as span:
        span.set_attribute("mine", 1)
    assert telemetry.spans == ()
