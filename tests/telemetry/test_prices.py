"""What the application says that a call costs is what the pipeline stores."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, set_span_in_context
from recorded_samples import SAMPLES, dialects, expected

from llmcost_infra.pricing import Call, load_compiled, load_table, price_of
from llmcost_infra.pricing.compiled import SHIPPED, compile_table
from llmcost_infra.telemetry.cost import COST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.telemetry.conftest import Telemetry

DIALECTS = {dialect.folder: dialect for dialect in dialects()}
CASES = [
    (path.parent.name, path.name.partition(".")[0])
    for path in sorted(SAMPLES.glob("*/*.traces.json"))
    if path.parent.name in DIALECTS
]
CLIENT = (3, "SPAN_KIND_CLIENT", SpanKind.CLIENT)


def value(told: dict[str, Any]) -> Any:
    """Return an attribute's value as an application sets it."""
    ((kind, one),) = told.items()
    if kind == "arrayValue":
        return tuple(value(item) for item in one.get("values", ()))
    return int(one) if kind == "intValue" else one


def spans(folder: str, name: str) -> Iterator[dict[str, Any]]:
    """Yield the spans of a recorded sample."""
    for path in sorted((SAMPLES / folder).glob(f"{name}.traces*.json")):
        for resource in json.loads(path.read_text())["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                yield from scope["spans"]


def replay(telemetry: Telemetry, folder: str, name: str) -> None:
    """Start and end the spans of a sample in the order in which they did."""
    told = {span["spanId"]: span for span in spans(folder, name)}
    moments = [(int(span["startTimeUnixNano"]), 0, key) for key, span in told.items()]
    moments += [(int(span["endTimeUnixNano"]), 1, key) for key, span in told.items()]
    tracer, open_spans = telemetry.provider.get_tracer("recorded"), dict[str, Span]()
    for moment, ends, key in sorted(moments):
        if ends:
            open_spans[key].end(moment)
            continue
        span = told[key]
        parent = open_spans.get(span.get("parentSpanId", ""), INVALID_SPAN)
        open_spans[key] = tracer.start_span(
            span["name"],
            context=set_span_in_context(parent),
            kind=SpanKind.CLIENT if span["kind"] in CLIENT else SpanKind.INTERNAL,
            attributes={one["key"]: value(one["value"]) for one in span.get("attributes", ())},
            start_time=moment,
        )


@pytest.mark.parametrize(("folder", "name"), CASES)
def test_every_recorded_call_costs_what_the_pipeline_says(
    telemetry: Telemetry, folder: str, name: str
) -> None:
    """Whatever instrumentation wrote it; where the pipeline has no cost, neither have we."""
    known = expected(DIALECTS[folder], name)
    replay(telemetry, folder, name)
    said = (span.attributes or {} for span in telemetry.spans)
    usd = [attributes[COST] for attributes in said if COST in attributes]
    assert usd == ([] if known.usd is None else [float(known.usd)] * known.calls)
    assert sum(point.count for point in telemetry.points()) == len(usd)


def test_the_shipped_table_is_the_price_table() -> None:
    """Who changes a price runs `make docs`, and applications have it with the next release."""
    assert SHIPPED.read_text() == compile_table(load_table()), "make docs"


def test_a_compiled_table_prices_every_model_alike() -> None:
    """Nothing that decides a price is lost on the way through the file."""
    table, compiled = load_table(), load_compiled()
    assert compiled.version == table.version
    for provider, models in table.providers.items():
        for model in models:
            for row in model.rows:
                call = Call(
                    provider=provider,
                    model=min(model.pattern.examples),
                    at=datetime.fromtimestamp(row.from_us / 1e6, UTC),
                    input_tokens=250_000,
                    output_tokens=1_000,
                    cache_read_tokens=1_000,
                )
                assert price_of(call, compiled) == price_of(call, table), row.id


@pytest.mark.parametrize("text", ['{"models": [], "alias": {}}', "[]", '{"models": [[1]]}', "x"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    """A damaged file is an error with its name, and no table without models."""
    path = tmp_path / "compiled.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"compiled price table|Expecting value"):
        load_compiled(path)
