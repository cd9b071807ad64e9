"""Whatever an instrumentation sends, application and pipeline read the same cost from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmcost_infra.telemetry import names
from llmcost_infra.telemetry.calls import is_call
from llmcost_infra.telemetry.cost import usd_of
from tests.pipelines.conftest import (  # noqa: F401 - fixtures
    counting_wrappers,
    graph,
    rendered,
    settings,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pipelines.conftest import Graph

START_NS = 1_795_467_397_879_571_000
COUNTS = (
    *names.INPUT, *names.OUTPUT, *names.TOTAL, *names.CACHE_READ, *names.CACHE_WRITE,
    *names.WRITE_1H, *names.WRITE_5M, *names.REASONING, *names.RARE,
)  # fmt: skip
MODELS = ("gpt-4o-2024-08-06", "gpt-4o-audio-preview", "claude-sonnet-4-5", "o3-mini", "nobody")
TEXTS = {
    "gen_ai.operation.name": ("chat", "embeddings", "invoke_agent", "execute_tool"),
    "gen_ai.provider.name": ("openai", "anthropic", "azure"),
    "gen_ai.system": ("openai", "Anthropic"),
    "gen_ai.request.model": MODELS,
    "gen_ai.response.model": MODELS,
    "llm.model_name": MODELS,
    "openai.response.service_tier": ("default", "flex", "priority", "batch"),
    "anthropic.response.service_tier": ("standard", "batch"),
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.request.stream": ("true", "false"),
    "openinference.span.kind": ("LLM", "AGENT", "EMBEDDING"),
    "llm.request.type": ("chat", "completion"),
    "llm.invocation_parameters": ('{"model": "o3-mini", "stream": true}', "{", "[1]"),
    "server.address": ("eu.api.openai.com", "api.openai.com", "eu.example.com"),
    "gen_ai.usage.cost_usd": ("0.5",),
    "http.route": ("/v1/messages",),
    "batch": ("true", "false"),
    "provider_region": ("eu",),
}


@pytest.fixture(scope="module")
def normalise(counting_wrappers: Graph) -> Callable[[dict[str, Any]], dict[str, Any]]:  # noqa: F811
    """Return the pipeline's function that reads a span, where none repeats another."""
    return counting_wrappers.function("normalise").run


COUNT = st.one_of(st.integers(0, 500), st.sampled_from([5_000, 300_000]))
NO_COUNT = st.sampled_from([-1, 10**10])
WRITTEN = frozenset((*names.CACHE_WRITE, *names.WRITE_1H, *names.WRITE_5M))
SANE = st.fixed_dictionaries(
    {
        "gen_ai.operation.name": st.just("chat"),
        "gen_ai.provider.name": st.sampled_from(["openai", "anthropic"]),
        "gen_ai.response.model": st.sampled_from(MODELS),
        "gen_ai.usage.input_tokens": st.sampled_from([2_006, 3_000, 210_000]),
        "gen_ai.usage.output_tokens": st.integers(1_000, 5_000),
    }
)


@st.composite
def attributes(draw: st.DrawFn) -> dict[str, Any]:
    """Return attributes of a span: mostly of a call that can be priced, with others among them."""
    counts = draw(st.lists(st.sampled_from(COUNTS), max_size=3, unique=True))
    texts = draw(st.lists(st.sampled_from(sorted(TEXTS)), max_size=4, unique=True))
    told: dict[str, Any] = {
        name: draw(COUNT if name in WRITTEN or draw(st.integers(0, 4)) else NO_COUNT)
        for name in counts
    }
    told |= {name: draw(st.sampled_from(TEXTS[name])) for name in texts}
    return draw(SANE) | told if draw(st.integers(0, 3)) else told


@given(attributes(), st.booleans())
@example(
    {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-2024-08-06",
        "gen_ai.usage.input_tokens": 2006,
        "gen_ai.usage.output_tokens": 300,
    },
    True,
)
def test_application_and_pipeline_agree_on_every_span(
    normalise: Callable[[dict[str, Any]], dict[str, Any]],
    told: dict[str, Any],
    client: bool,
) -> None:
    """On which spans are calls, and on what each costs; also on when nobody can say."""
    row = {name.replace(".", "_"): str(value) for name, value in told.items()}
    row |= {"_timestamp": START_NS // 1000, "span_kind": "3" if client else "1"}  # type: ignore[dict-item]
    stored = normalise(row)
    # A wrapper is a call only where a stack says that nothing else reports it.
    if stored["llmcost_dialect"] == "wrapper":
        assert not is_call(told, client=client)
        return
    assert is_call(told, client=client) is stored["llmcost_is_call"]
    usd = usd_of(told, START_NS) if stored["llmcost_is_call"] else None
    expected = stored["llmcost_cost_usd"]
    if expected is None or usd is None:
        assert usd == expected
    else:
        assert float(usd) == pytest.approx(expected, abs=1e-12)
