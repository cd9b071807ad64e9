"""Beside real instrumentations each call is one row, exact, whoever else tells of it and how badly.

What they tell without us, and where it is wrong, is in docs/telemetry.md: here nothing is. They are
OpenInference's and OpenLLMetry's, for the clients and for LangChain, at the locked versions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from example_apps import LIBRARIES

from llmcost_infra.pseudonyms import pseudonym
from tests.apps.conftest import SETTINGS
from tests.pipelines.conftest import HASH_KEY

if TYPE_CHECKING:
    from tests.apps.conftest import OpenObserve, Row, Run

PROGRAMS = Path(__file__).parent / "programs"
PYTHON = str(LIBRARIES / "bin" / "python")
MAKERS = {"openinference": "openinference.", "openllmetry": "opentelemetry."}

# Model, input, of it from the cache, output, cost, what came of it; a stream has a first token.
GPT_4O = ("gpt-4o-2024-08-06", 2006, 1920, 300, 0.005615, "priced")
MINI = ("gpt-4o-mini-2024-07-18", 1200, 0, 85, 0.000231, "priced")
CLAUDE = ("claude-sonnet-4-5-20250929", 2006, 1920, 300, 0.005334, "priced")
REFUSED = ("gpt-4.1", None, 0, None, None, "rate_limit")
CALLS: dict[str, list[Any]] = {
    "chat": [GPT_4O],
    "chat, streamed": [GPT_4O],
    "chat, left": [("gpt-4o-2024-08-06", None, 0, None, None, "no_usage")],
    "chat, refused": [REFUSED],
    "chat, helped": [GPT_4O],
    "chat, raw": [GPT_4O],
    "chat, with a tool": [GPT_4O],
    "response": [MINI],
    "response, streamed": [MINI],
    "embedding": [("text-embedding-3-small", 16, 0, None, 0.00000032, "priced")],
    "message": [CLAUDE],
    "message, streamed": [CLAUDE],
    "message, left": [(CLAUDE[0], 2006, 1920, None, None, "no_usage")],
    "message, refused": [("claude-opus-4-1", None, 0, None, None, "overloaded")],
    "message, helped": [CLAUDE],
    "asynchronous chat": [GPT_4O],
    "asynchronous chat, streamed": [GPT_4O, GPT_4O],
    "asynchronous chat, refused": [REFUSED],
    "asynchronous message, helped": [CLAUDE],
}
CHAIN: dict[str, list[Any]] = {
    "chat": [GPT_4O],
    "chat, streamed": [GPT_4O],
    "chat, refused": [REFUSED],
    "chat, twice": [GPT_4O, GPT_4O],
    "chat, with a tool": [GPT_4O],
    "asynchronous chat": [GPT_4O],
    "asynchronous chat, streamed": [GPT_4O],
    "asynchronous chat, refused": [REFUSED],
}
STREAMS = ("streamed", "left", "helped", "raw")


def facts(row: Row) -> tuple[Any, ...]:
    """Return what is known of a call."""
    usd = row.get("llmcost_cost_usd")
    return (
        row["llmcost_model"],
        row.get("llmcost_input_tokens"),
        row.get("llmcost_cache_read_tokens") or 0,
        row.get("llmcost_output_tokens"),
        None if usd is None else pytest.approx(usd, abs=1e-12),
        row.get("llmcost_error_class") or row["llmcost_pricing_status"],
    )


def are_seen(openobserve: OpenObserve, service: str, expected: dict[str, list[Any]]) -> list[Row]:
    """Hold the rows of a service to what its program does; return those of tools."""
    rows = openobserve.calls(service)
    calls: dict[str, list[Any]] = {}
    for row in rows:
        if row["llmcost_is_call"]:
            calls.setdefault(row["llmcost_feature"], []).append(facts(row))
    assert calls == expected
    for row in rows:
        if row["llmcost_is_call"]:
            claude = row["llmcost_model"].startswith("claude")
            assert row["llmcost_provider"] == ("anthropic" if claude else "openai")
            streamed = row["llmcost_feature"].endswith(STREAMS)
            assert ("llmcost_ttft_ms" in row) is streamed, row["llmcost_feature"]
            assert row.get("llmcost_ttft_ms", 0.1) > 0
    assert {row["llmcost_user"] for row in rows} == {pseudonym("ann@example.com", HASH_KEY)}
    assert {row["llmcost_team"] for row in rows} == {"content"}
    others = openobserve.search(
        f"SELECT * FROM \"{SETTINGS.streams.other}\" WHERE service_name = '{service}'"  # noqa: S608 - of a test
    )
    stored = json.dumps([rows, others])
    assert not [one for one in ("fjords", "ann@example", "short answer") if one in stored]
    return [row for row in rows if row["llmcost_is_tool"]]


@pytest.fixture
def one_makers(tmp_path: Path) -> Path:
    """Return a folder with a distribution of OpenTelemetry's that loads what one maker makes.

    Instrumentations of both go by the same names, so that these cannot tell them apart.
    """
    (tmp_path / "one_maker.py").write_text("""
import os
from opentelemetry.instrumentation.distro import BaseDistro

class OneMaker(BaseDistro):
    def _configure(self, **_):
        pass

    def load_instrumentor(self, entry_point, **more):
        if entry_point.value.startswith(os.environ["MAKER"]):
            super().load_instrumentor(entry_point, **more)
""")
    told = tmp_path / "one_maker-1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: one-maker\nVersion: 1\n")
    points = "[opentelemetry_distro]\none_maker = one_maker:OneMaker\n"
    (told / "entry_points.txt").write_text(points)
    return tmp_path


def without_code(folder: Path, maker: str) -> tuple[str, ...]:
    """Return how a program is run beside all instrumentations of a maker."""
    distribution = (f"PYTHONPATH={folder}", "OTEL_PYTHON_DISTRO=one_maker")
    auto = str(LIBRARIES / "bin" / "opentelemetry-instrument")
    return ("env", *distribution, f"MAKER={MAKERS[maker]}", auto, PYTHON)


@pytest.mark.parametrize("maker", MAKERS)
def test_an_application_without_code_is_seen_call_by_call(
    run: Run, openobserve: OpenObserve, one_makers: Path, maker: str
) -> None:
    """One row each, with what the maker's spans lack, forget or count wrongly."""
    service = f"calls-without-code-{maker}"
    run(str(PROGRAMS), *without_code(one_makers, maker), "calls.py", service=service)
    (tool,) = are_seen(openobserve, service, CALLS)
    assert tool["llmcost_tool"] == "weather"


@pytest.mark.parametrize("maker", MAKERS)
def test_an_application_that_tracks_its_clients_is_seen_call_by_call(
    run: Run, openobserve: OpenObserve, maker: str
) -> None:
    """The same as without code: the instrumentation's spans are the calls, and no others."""
    run(str(PROGRAMS), PYTHON, "calls.py", maker)
    are_seen(openobserve, f"calls-beside-{maker}", CALLS)
    dialects = {row["llmcost_dialect"] for row in openobserve.calls(f"calls-beside-{maker}")}
    # OpenLLMetry's instrumentation of Anthropic writes the conventions' names.
    theirs = {maker, "genai"} if maker == "openllmetry" else {maker}
    assert dialects == {*theirs, "other"}


def test_langchains_calls_are_seen_through_its_client(run: Run, openobserve: OpenObserve) -> None:
    """The client that a model of LangChain has is tracked as any other."""
    run(str(PROGRAMS), PYTHON, "chain.py", "chain")
    assert are_seen(openobserve, "chain", CHAIN) == []


@pytest.mark.parametrize("code", [True, False])
def test_langchains_calls_are_one_row_beside_its_instrumentation(
    run: Run, openobserve: OpenObserve, one_makers: Path, *, code: bool
) -> None:
    """OpenLLMetry's stands around the client's call, which ours and its own see as well."""
    service = f"chain-with-code-{code}"
    start = (PYTHON,) if code else without_code(one_makers, "openllmetry")
    run(str(PROGRAMS), *start, "chain.py", service, "openllmetry", service=service)
    # It tells which model was asked for, where it streams.
    streamed = [("gpt-4o", *GPT_4O[1:])]
    theirs = {"chat, streamed": streamed, "asynchronous chat, streamed": streamed}
    (tool,) = are_seen(openobserve, service, {**CHAIN, **theirs})
    assert tool["llmcost_tool"] == "weather"


def test_langchains_instrumentation_may_tell_alone(run: Run, openobserve: OpenObserve) -> None:
    """OpenInference's says nothing of usage on streams, which nobody asked for."""
    run(str(PROGRAMS), PYTHON, "chain.py", "chain-alone", "openinference")
    rows = openobserve.calls("chain-alone")
    calls = [facts(row) for row in rows if row["llmcost_is_call"]]
    unknown = ("gpt-4o", None, 0, None, None, "no_usage")
    chat = [GPT_4O, unknown, REFUSED]
    assert calls == [*chat, GPT_4O, GPT_4O, GPT_4O, *chat]
    assert [row["llmcost_tool"] for row in rows if row["llmcost_is_tool"]] == ["weather"]
