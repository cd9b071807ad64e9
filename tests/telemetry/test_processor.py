"""A span gets its cost when it ends, once, and goes on whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import baggage, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from llmcost_infra.pseudonyms import pseudonym
from llmcost_infra.telemetry import attribute, cost, processor
from llmcost_infra.telemetry.calls import call_of, is_call
from llmcost_infra.telemetry.cost import BUCKETS, COST
from llmcost_infra.telemetry.processor import LlmSpanProcessor
from tests.telemetry.conftest import ANSWER, CALL, KEY

if TYPE_CHECKING:
    from tests.telemetry.conftest import Telemetry

USD = 0.005615


def test_a_call_has_its_cost_and_is_counted(telemetry: Telemetry) -> None:
    """By the price table, cached tokens at their own rate; everything else of the span stays."""
    with attribute(feature="summarize", user="ann", team="search"):
        telemetry.call(mine="kept")
    (span,) = telemetry.spans
    assert telemetry.last[COST] == USD
    assert telemetry.last["mine"] == "kept"
    assert (span.name, span.kind) == ("chat gpt-4o", trace.SpanKind.CLIENT)
    assert span.end_time is not None
    (point,) = telemetry.points()
    assert (point.count, point.sum) == (1, USD)
    assert dict(point.attributes) == {
        "gen_ai.provider.name": "openai",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "feature": "summarize",
        "team": "search",
        "deployment.environment.name": "unknown",
    }


def test_buckets_are_made_for_money(telemetry: Telemetry) -> None:
    """A call of a tenth of a cent and one of a dollar are not in one bucket."""
    telemetry.call()
    (point,) = telemetry.points()
    assert tuple(point.explicit_bounds) == BUCKETS
    assert list(BUCKETS) == sorted(set(BUCKETS))


@pytest.mark.parametrize(
    "more",
    [
        {"gen_ai.response.model": "a-model-nobody-knows"},
        {"gen_ai.usage.input_tokens": "many"},
        {"gen_ai.usage.input_tokens": -1},
        {"gen_ai.usage.cache_read.input_tokens": 9_999},
        {"gen_ai.usage.input_tokens": 10**12},
    ],
)
def test_a_cost_that_nobody_can_say_is_left_out(telemetry: Telemetry, more: dict[str, Any]) -> None:
    """Unknown is no attribute and no count, never 0; the span arrives all the same."""
    telemetry.call(**more)
    assert len(telemetry.spans) == 1
    assert COST not in telemetry.last
    assert telemetry.points() == []


def test_a_call_inside_a_call_is_the_same_one(telemetry: Telemetry) -> None:
    """A client that writes a span beside its instrumentation's is counted once."""
    tracer = telemetry.provider.get_tracer("instrumentation")
    with tracer.start_as_current_span(
        "chat gpt-4o", kind=trace.SpanKind.CLIENT, attributes=CALL
    ) as outer:
        telemetry.call("the client's own")
        outer.set_attributes(ANSWER)
    own, whole = telemetry.spans
    assert COST not in (own.attributes or {})
    assert (whole.attributes or {})[COST] == USD
    assert [point.count for point in telemetry.points()] == [1]


def test_agents_and_wrappers_are_no_calls(telemetry: Telemetry) -> None:
    """Who repeats the usage of calls costs nothing."""
    tracer = telemetry.provider.get_tracer("t")
    for attributes in (
        {**CALL, **ANSWER, "gen_ai.operation.name": "invoke_agent"},
        {**CALL, **ANSWER, "gen_ai.usage.cost_usd": 0.5},
        {"http.route": "/"},
    ):
        tracer.start_span("s", attributes=attributes).end()
        assert COST not in telemetry.last
    assert telemetry.points() == []


def test_what_a_span_says_of_itself_stays(telemetry: Telemetry) -> None:
    """An attribution does not overwrite a span's own attributes."""
    tracer = telemetry.provider.get_tracer("t")
    with attribute(feature="outer", team="search"):
        tracer.start_span("s", attributes={"feature": "own"}).end()
    assert telemetry.last["feature"] == "own"
    assert telemetry.last["team"] == "search"


def test_baggage_counts_where_it_is_allowed() -> None:
    """Of what another service sent, only named entries become attributes."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(LlmSpanProcessor(baggage_keys=["feature"]))
    context = baggage.set_baggage("feature", "checkout")
    context = baggage.set_baggage("secret", "s", context)
    span = provider.get_tracer("t").start_span("s", context=context)
    assert dict(span.attributes) == {"feature": "checkout"}  # type: ignore[attr-defined]


def test_what_comes_in_baggage_is_treated_as_our_own() -> None:
    """Anybody can send a header: people are hashed, and texts are one short line."""
    keys = ["feature", "user.id", "gen_ai.conversation.id"]
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(LlmSpanProcessor(baggage_keys=keys))
    hashed = pseudonym("t-1", KEY)
    context = baggage.set_baggage("user.id", " ann@example.com")
    context = baggage.set_baggage("gen_ai.conversation.id", hashed, context)
    context = baggage.set_baggage("feature", "check\nout" + "!" * 10_000, context)
    span: Any = provider.get_tracer("t").start_span("s", context=context)
    assert span.attributes["user.id"] == pseudonym("ann@example.com", KEY)
    assert span.attributes["gen_ai.conversation.id"] == hashed
    assert span.attributes["feature"] == "check out" + "!" * 191


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ({"deployment.environment.name": "prod"}, "prod"),
        ({"deployment.environment": "prod"}, "prod"),
        ({}, "unknown"),
    ],
)
def test_a_call_counts_in_its_environment(
    telemetry: Telemetry, said: dict[str, str], label: str
) -> None:
    """Of one organization all are in one stream of metrics; the label is there for all of them."""
    telemetry.provider._resource = Resource(said)
    telemetry.call()
    (point,) = telemetry.points()
    assert point.attributes["deployment.environment.name"] == label


def test_a_label_is_short(telemetry: Telemetry) -> None:
    """Whoever sets an attribute by hand may have put a whole prompt there."""
    telemetry.call(feature="x" * 10_000)
    (point,) = telemetry.points()
    assert point.attributes["feature"] == "x" * 200


def test_a_child_of_a_fork_counts_under_its_own_name(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes with one name would be taken for one series, and the smaller sum be lost."""
    telemetry.call()
    monkeypatch.setattr(cost, "_forked", {})
    cost._note_fork()
    telemetry.call()
    assert sorted("process.pid" in point.attributes for point in telemetry.points()) == [
        False,
        True,
    ]


def test_nothing_of_ours_that_breaks_reaches_the_application(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A defect in attribution or pricing is logged once, and spans go on without."""

    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("a defect")

    for name in ("current", "is_call", "usd_of", "tracked_of"):
        monkeypatch.setattr(processor, name, broken)
    telemetry.call()
    telemetry.call()
    assert len(telemetry.spans) == 2
    assert len({record.getMessage() for record in caplog.records}) == len(caplog.records)


def test_shutdown_and_flush_go_to_the_exporting_processor() -> None:
    """What waits is exported when the application asks for it."""
    asked = []

    class Following(SpanProcessor):
        def shutdown(self) -> None:
            asked.append("shutdown")

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            asked.append(f"flush {timeout_millis}")
            return False

    ours = LlmSpanProcessor(Following())
    assert ours.force_flush(5) is False
    ours.shutdown()
    assert asked == ["flush 5", "shutdown"]
    assert LlmSpanProcessor().force_flush() is True


@given(
    st.dictionaries(
        st.sampled_from([*CALL, *ANSWER, "openinference.span.kind", "llm.invocation_parameters"]),
        st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.just((1,))),
    )
)
def test_no_attributes_whatever_make_reading_raise(attributes: dict[str, Any]) -> None:
    """Instrumentations send what they like."""
    is_call(attributes, client=True)
    call_of(attributes, 0)
