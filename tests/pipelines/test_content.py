"""Prompts and completions: of whom a stack says so, scrubbed, and in no other stream."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost_infra.catalog import load_pipeline, render_pipeline
from llmcost_infra.columns import CONTENT
from llmcost_infra.settings import Settings
from tests.pipelines.conftest import Graph
from tests.pipelines.secrets import SECRETS, SURROUNDINGS, bones, telling
from tests.pipelines.test_routing import CANARY, DECLARED, KEPT_IDS, NAMES, READ

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorded_samples import Sample

    from llmcost_infra.pricing import PriceTable

CALLS, TEXTS, QUARANTINE = "t_llm_calls", "t_llm_content", "t_llm_quarantine"
ASKED = json.dumps([{"role": "user", "parts": [{"content": "Hello, I am Ann."}]}])
ANSWERED = json.dumps([{"role": "assistant", "parts": [{"content": "Hello!"}]}])
PROMPTS = ("llm_input", "gen_ai_input_messages", "gen_ai_content_prompt", "input_value")
COMPLETIONS = (
    "llm_output", "gen_ai_output_messages", "gen_ai_content_completion", "output_value",
)  # fmt: skip

Row = dict[str, Any]


@pytest.fixture(scope="session")
def capturing(table: PriceTable) -> Graph:
    """Return the pipeline of a stack that captures the texts of two services in staging."""
    content = {
        "capture": True,
        "services": ["support-bot", "search api"],
        "shared_org_ok": True,
        "patterns": {"employee": r"\bEMP-\d{6}\b"},
    }
    chosen = Settings.from_mapping({"environment": "staging", "prefix": "t_", "content": content})
    return Graph(render_pipeline(load_pipeline("llm_cost"), chosen, table))


def failing(graph: Graph, role: str, before: str) -> Graph:
    """Return a pipeline one of whose functions stops half-way through."""
    function = graph.rendered.functions[role]
    text = function.text.replace(f"\n{before}", f'\n.x = to_int!("x")\n{before}', 1)
    assert text != function.text
    functions = {**graph.rendered.functions, role: replace(function, text=text)}
    return Graph(replace(graph.rendered, functions=functions))


@pytest.fixture(scope="session")
def broken_normaliser(capturing: Graph) -> Graph:
    """Return that pipeline with a normaliser that fails."""
    return failing(capturing, "normalise", ".llmcost_provider")


@pytest.fixture
def asked(chat: Callable[..., Row]) -> Callable[..., Row]:
    """Return a function that makes a call with texts, of a service whose texts are kept."""

    def make(**columns: object) -> Row:
        base = {"service_deployment_environment_name": "staging", "llm_input": ASKED}
        return chat(**(base | {"llm_output": ANSWERED} | columns))

    return make


def test_a_call_leaves_its_numbers_here_and_its_texts_there(
    capturing: Graph, asked: Callable[..., Row]
) -> None:
    """Both rows have the ids of the call; the one with texts has the declared columns only."""
    row = asked(feature="chat", user_id="u1", http_url="https://x")

    found = capturing.route(row)

    assert set(found) == {CALLS, TEXTS}
    (call,), (texts,) = found[CALLS], found[TEXTS]
    assert set(texts) <= set(CONTENT)
    for name in ("trace_id", "span_id", "_timestamp", "llmcost_user", "llmcost_feature"):
        assert texts[name] == call[name]
    assert (texts["llmcost_prompt"], texts["llmcost_completion"]) == (ASKED, ANSWERED)
    assert texts["llmcost_state"] == "scrubbed"
    assert texts["service_name"] == "support-bot"


def test_types_are_the_declared_ones(capturing: Graph, asked: Callable[..., Row]) -> None:
    """Each column of the content stream holds the type that it is declared with."""
    python = {"utf8": str, "int64": int, "uint64": int}
    (texts,) = capturing.route(asked(team="t", prompt_name="p", session_id="s"))[TEXTS]

    assert {name: type(value) for name, value in texts.items()} == {
        name: python[CONTENT[name]] for name in texts
    }


@pytest.mark.parametrize("columns", [*zip(PROMPTS, COMPLETIONS, strict=True)])
def test_texts_are_found_where_servers_and_instrumentations_put_them(
    capturing: Graph, asked: Callable[..., Row], columns: tuple[str, str]
) -> None:
    """Versions of the server move messages to different columns."""
    row = asked(**{"llm_input": None, "llm_output": ""} | dict(zip(columns, "QA", strict=True)))

    (texts,) = capturing.route(row)[TEXTS]

    assert (texts["llmcost_prompt"], texts["llmcost_completion"]) == ("Q", "A")


def test_recorded_calls_with_content_arrive(
    capturing: Graph, samples: dict[tuple[str, str], Sample]
) -> None:
    """What a server hands over of an instrumentation that captures has its texts."""
    for dialect in ("genai_content", "openllmetry"):
        (row,) = samples[dialect, "chat_basic"].rows
        chosen = {"service_name": "search api", "service_environment": "staging"}
        rest = {name: row[name] for name in row if "deployment_environment" not in name}

        (texts,) = capturing.route(rest | chosen)[TEXTS]

        assert "user" in texts["llmcost_prompt"]
        assert "Paris is sunny." in texts["llmcost_completion"]


@pytest.mark.parametrize(
    "columns",
    [
        {"service_name": "other-bot"},
        {"service_name": "Support-Bot"},
        {"service_name": None},
        {"service_deployment_environment_name": "prod"},
        {"service_deployment_environment_name": None},
        {"service_deployment_environment_name": None, "environment": "staging"},
        {"service_deployment_environment_name": "prod", "deployment_environment": "staging"},
        {"gen_ai_operation_name": "execute_tool"},
    ],
)
def test_nobody_elses_texts_are_kept(
    capturing: Graph, asked: Callable[..., Row], columns: Row
) -> None:
    """Another service, another environment of the resource, silence, a tool: numbers only."""
    found = capturing.route(asked(**columns))

    assert set(found) == {CALLS}
    assert "Ann" not in json.dumps(found)


def test_a_client_cannot_ask_for_it(capturing: Graph, asked: Callable[..., Row]) -> None:
    """Whatever a client calls its row, the stack decides."""
    sent = {"llmcost_capture": True, "llmcost_state": "scrubbed", "service_name": "other"}

    assert set(capturing.route(asked(**sent))) == {CALLS}


def test_spans_that_are_no_calls_leave_no_texts(capturing: Graph, span: Callable[..., Row]) -> None:
    """An agent's span repeats what its calls said."""
    row = span(
        gen_ai_operation_name="invoke_agent",
        llm_input=CANARY,
        service_deployment_environment_name="staging",
    )

    found = capturing.route(row)

    assert set(found) == {"t_other_traces"}
    assert CANARY not in json.dumps(found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.lists(NAMES, min_size=1, max_size=6), st.booleans())
def test_a_canary_reaches_no_stream_but_as_what_was_asked_or_answered(
    capturing: Graph,
    broken_normaliser: Graph,
    asked: Callable[..., Row],
    names: list[str],
    fails: bool,
) -> None:
    """In any attribute, event, status or resource key; also when the normaliser stops."""
    kept = DECLARED | KEPT_IDS | READ
    row = asked(**{name: f"[{CANARY}]" for name in names if name not in kept})

    found = (broken_normaliser if fails else capturing).route(row)

    assert set(found) == ({QUARANTINE} if fails else {CALLS, TEXTS})
    for texts in found.get(TEXTS, []):
        for column in ("llmcost_prompt", "llmcost_completion"):
            texts.pop(column, None)
    assert CANARY not in json.dumps(found)


@pytest.mark.parametrize("kind", SECRETS)
def test_only_scrubbed_texts_arrive(capturing: Graph, asked: Callable[..., Row], kind: str) -> None:
    """A secret in a prompt or a completion is in no row of any stream."""

    @settings(max_examples=25)
    @given(SECRETS[kind], st.sampled_from(sorted(SURROUNDINGS)))
    def holds(secret: str, surrounding: str) -> None:
        text = json.dumps([{"content": SURROUNDINGS[surrounding](f"EMP-004711, {secret}")}])
        found = capturing.route(asked(llm_input=text, llm_output=text))

        (texts,) = found[TEXTS]
        for column in ("llmcost_prompt", "llmcost_completion"):
            assert "[employee]" in texts[column] or surrounding == "invisible"
            assert telling(kind, secret) not in bones(texts[column])
        # Its digits alone stand in some count or price by chance.
        assert secret not in json.dumps(found[CALLS], ensure_ascii=False)

    holds()


def test_a_projection_that_stops_lets_nothing_through(
    capturing: Graph, asked: Callable[..., Row]
) -> None:
    """A server passes a row on as it was when a function stops: its numbers are quarantined."""
    graph = failing(capturing, "project_content", "prompt = ")

    found = graph.route(asked())

    assert set(found) == {CALLS, QUARANTINE}
    (kept,) = found[QUARANTINE]
    assert kept["llmcost_state"] == "done"
    assert kept["span_id"] == found[CALLS][0]["span_id"]
    assert "Ann" not in json.dumps(kept)


@pytest.mark.parametrize("length", [32_000, 32_768, 32_769, 33_100, 1_000_000])
def test_a_long_text_is_cut_where_no_secret_is_half_left(
    capturing: Graph, asked: Callable[..., Row], length: int
) -> None:
    """A card's number through which the cut goes is not kept as a number that looks harmless."""
    card = "4111111111111111"
    text = ("a " * length)[: 32_768 - 9] + card + " " * length

    (texts,) = capturing.route(asked(llm_input=text))[TEXTS]

    assert re.search(r"[0-9]", texts["llmcost_prompt"]) is None
    assert texts["llmcost_prompt"].endswith(" [cut]")
    assert 30_000 < len(texts["llmcost_prompt"]) < 32_768


def test_a_text_that_fits_is_kept_whole(capturing: Graph, asked: Callable[..., Row]) -> None:
    """Nothing is cut off a text of the greatest length."""
    (texts,) = capturing.route(asked(llm_input="a" * 32_768))[TEXTS]

    assert texts["llmcost_prompt"] == "a" * 32_768


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=60)
    | st.floats(allow_nan=False) | st.lists(st.integers(0, 9), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=2),
    st.sampled_from(["llm_input", "llm_output", "service_name", "service_environment", "user_id"]),
)  # fmt: skip
def test_no_value_stops_the_functions(
    capturing: Graph, asked: Callable[..., Row], value: object, column: str
) -> None:
    """Whatever a column holds, the call is priced, and its texts are scrubbed or not kept."""
    found = capturing.route(asked(**{column: value}))

    assert len(found[CALLS]) == 1
    assert set(found) <= {CALLS, TEXTS}
    assert (TEXTS in found) is (column != "service_name" or value == "support-bot")


def test_no_function_has_a_call_that_may_stop_it(capturing: Graph) -> None:
    """With capture as well, and each is smaller than what a server is known to take."""
    for role, function in capturing.rendered.functions.items():
        assert re.search(r"\w!\(", function.text) is None, role
        assert "abort" not in function.text, role
        assert function.text.endswith("\n."), role
        assert len(function.text.encode()) < 200_000, role
