"""Log records: what they say about calls is kept where it is captured, and nowhere else."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost_infra.catalog import load_pipeline, load_teams, render_pipeline
from llmcost_infra.columns import CONTENT, QUARANTINED
from llmcost_infra.settings import Settings
from tests.pipelines.conftest import ROWS, Graph, hashed
from tests.pipelines.secrets import SECRETS
from tests.pipelines.test_content import failing

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.pricing import PriceTable

TEXTS, OTHER, QUARANTINE = "t_llm_content", "t_other_logs", "t_llm_quarantine"
CANARY = "canary-9d41"
TRACE, SPAN = "7bcda053f301fdaf0ee8835ad02529c1", "ee8e59046c4f497d"
CONTENT_SETTINGS = {
    "capture": True,
    "services": ["support-bot", "search api"],
    "shared_org_ok": True,
    "patterns": {"employee": r"\bEMP-\d{6}\b"},
}
# What a client may say about itself and its call in a kept column.
DECLARED = frozenset(
    {
        "feature", "team", "environment", "deployment_environment", "service_feature",
        "deployment_environment_name", "service_team", "service_environment",
        "service_deployment_environment", "service_deployment_environment_name", "user_id",
        "enduser_id", "service_user_id", "session_id", "conversation_id", "prompt_name",
        "gen_ai_conversation_id", "gen_ai_prompt_name", "service_name", "gen_ai_provider_name",
        "gen_ai_system", "gen_ai_response_model", "gen_ai_request_model", "gen_ai_operation_name",
    }
)  # fmt: skip
SAID = frozenset(
    {
        "body", "body_content", "body_message_content", "llm_input", "llm_output", "input_value",
        "output_value", "gen_ai_prompt", "gen_ai_completion",
        "gen_ai_input_messages", "gen_ai_output_messages", "body_gen_ai_input_messages",
        "body_gen_ai_output_messages", "gen_ai_content_prompt", "gen_ai_content_completion",
    }
)  # fmt: skip

Row = dict[str, Any]


@pytest.fixture(scope="session")
def keeping(table: PriceTable) -> Graph:
    """Return the pipeline of logs of a stack that captures the texts of two services in staging."""
    values = {"environment": "staging", "prefix": "t_", "content": CONTENT_SETTINGS}
    return Graph(render_pipeline(load_pipeline("llm_logs"), Settings.from_mapping(values), table))


@pytest.fixture(scope="session")
def leaving(table: PriceTable, settings: Settings) -> Graph:
    """Return the pipeline of logs of a stack that captures nothing."""
    return Graph(render_pipeline(load_pipeline("llm_logs"), settings, table))


@pytest.fixture(scope="session")
def broken_reader(keeping: Graph) -> Graph:
    """Return a pipeline that fails before it knows what a record is about."""
    return failing(keeping, "read_logs", "told = ")


@pytest.fixture(scope="session")
def half_broken_reader(keeping: Graph) -> Graph:
    """Return a pipeline that fails when it has taken the texts out."""
    return failing(keeping, "read_logs", ".llmcost_capture = ")


def record(**columns: object) -> Row:
    """Return the row of a log record of a service whose texts are kept."""
    base: Row = {
        "_timestamp": 1795467397879571,
        "trace_id": TRACE,
        "span_id": SPAN,
        "severity": 9,
        "dropped_attributes_count": 0,
        "service_name": "support-bot",
        "deployment_environment_name": "staging",
    }
    return {name: value for name, value in (base | columns).items() if value is not None}


def event(**columns: object) -> Row:
    """Return the row of an event of an instrumentation: what a user said."""
    return record(**({"gen_ai_system": "openai", "body_content": "Hello, I am Ann."} | columns))


def recorded(folder: str) -> list[Row]:
    """Return what a real server hands over of recorded log records, in the stack's environment."""
    lines = (ROWS / f"{folder}.logs.jsonl").read_text(encoding="utf-8").splitlines()
    chosen = {"deployment_environment_name": "staging"}
    return [json.loads(line)["row"] | chosen for line in lines]


def test_a_message_is_kept_beside_those_of_spans(keeping: Graph) -> None:
    """With the ids of its call, whose call it was, and no other column than the declared ones."""
    row = event(
        body_role="user", team="search", feature="chat", user_id="u1", code_function="ask",
        gen_ai_request_model="gpt-4o", gen_ai_operation_name="chat",
    )  # fmt: skip

    found = keeping.route(row)

    assert set(found) == {TEXTS}
    assert found[TEXTS] == [
        {
            "_timestamp": row["_timestamp"],
            "trace_id": TRACE,
            "span_id": SPAN,
            "operation_name": "chat",
            "service_name": "support-bot",
            "llmcost_provider": "openai",
            "llmcost_model": "gpt-4o",
            "llmcost_feature": "chat",
            "llmcost_team": "search",
            "llmcost_environment": "staging",
            "llmcost_user": hashed("u1"),
            "llmcost_prompt": '[{"content":"Hello, I am Ann.","role":"user"}]',
            "llmcost_state": "scrubbed",
        }
    ]
    assert set(found[TEXTS][0]) <= set(CONTENT)


@pytest.mark.parametrize(
    ("columns", "prompt", "completion"),
    [
        ({"body_content": "Q"}, '[{"content":"Q"}]', None),
        ({"body_content": "Q", "event_name": "gen_ai.system.message"},
         '[{"content":"Q","role":"system"}]', None),
        ({"body_content": "Q", "body_role": "Tool", "body_id": "call_1"},
         '[{"content":"Q","role":"tool"}]', None),
        ({"body_content": None, "body": "Q", "event_name": "gen_ai.user.message"},
         '[{"content":"Q","role":"user"}]', None),
        ({"body_content": None, "body_index": "0", "body_message_content": "A",
          "body_finish_reason": "stop"}, None, '[{"content":"A","role":"assistant"}]'),
        ({"body_content": "A", "event_name": "gen_ai.choice"}, None,
         '[{"content":"A","role":"assistant"}]'),
        ({"body_content": None, "gen_ai_input_messages": "Q", "gen_ai_output_messages": "A"},
         "Q", "A"),
        ({"body_content": None, "body_gen_ai_input_messages": "Q"}, "Q", None),
    ],
)  # fmt: skip
def test_texts_are_found_in_every_form_of_event(
    keeping: Graph, columns: Row, prompt: str | None, completion: str | None
) -> None:
    """Messages, choices and the details of an operation; a role where somebody told it."""
    (kept,) = keeping.route(event(**columns))[TEXTS]

    assert (kept.get("llmcost_prompt"), kept.get("llmcost_completion")) == (prompt, completion)


def test_recorded_details_of_operations_are_kept(keeping: Graph) -> None:
    """Every event of the instrumentation that captures leaves what was asked, and its answer."""
    for row in recorded("genai_content"):
        (kept,) = keeping.route(row)[TEXTS]

        assert '"role":"user"' in kept["llmcost_prompt"]
        assert ("llmcost_completion" in kept) is ("gen_ai_output_messages" in row)
        assert (kept["trace_id"], kept["span_id"]) == (row["trace_id"], row["span_id"])


def test_recorded_events_without_texts_leave_no_texts(keeping: Graph) -> None:
    """An application that does not capture sends events without contents."""
    for row in recorded("v2"):
        assert set(keeping.route(row)) == {OTHER}


@pytest.mark.parametrize("folder", ["genai_content", "v2"])
def test_without_capture_a_record_about_a_call_leaves_that_it_came(
    leaving: Graph, folder: str
) -> None:
    """Its ids, its service and its time: no text, no name of a tool, no argument."""
    for row in recorded(folder):
        assert leaving.route(row) == {
            OTHER: [
                {
                    "_timestamp": row["_timestamp"],
                    "trace_id": row["trace_id"],
                    "span_id": row["span_id"],
                    "service_name": "support-bot",
                    "body": "[not kept: about a call to a model]",
                }
            ]
        }


@pytest.mark.parametrize(
    "columns",
    [
        {"service_name": "other-bot"},
        {"service_name": "Support-Bot"},
        {"service_name": None},
        {"deployment_environment_name": "prod"},
        {"deployment_environment_name": None},
        {"deployment_environment": "prod"},
        {"deployment_environment_name": None, "service_environment": "staging"},
        {"environment": "prod"},
        {"service_environment": "prod"},
        {"service_deployment_environment_name": "prod"},
        {"llmcost_capture": True, "service_name": "other", "llmcost_state": "scrubbed"},
    ],
)
def test_nobody_elses_texts_are_kept(keeping: Graph, columns: Row) -> None:
    """Another service, another environment, silence, or two environments at once."""
    found = keeping.route(event(**columns))

    assert set(found) == {OTHER}
    assert "Ann" not in json.dumps(found)


def test_an_ordinary_record_is_kept_as_it_came(keeping: Graph, leaving: Graph) -> None:
    """An application's own logs go where other logs are, with nothing of ours."""
    row = record(body="GET /models took 30 ms", http_route="/models", code_lineno=3)

    assert keeping.route(row) == leaving.route(row) == {OTHER: [row]}


@pytest.mark.parametrize(
    "columns",
    [
        {"openinference_project_name": "shop"},
        {"langfuse_environment": "staging", "langfuse_release": "3"},
        {"model_request_id": "3"},
        {"body": json.dumps({"event": "login", "role": "user"})},
        {"body": None, "body_event": "login", "body_role": "user"},
        {"instrumentation_library_name": "app.llm.router"},
    ],
)
def test_what_a_resource_or_a_login_says_makes_no_call_of_a_record(
    keeping: Graph, leaving: Graph, columns: Row
) -> None:
    """A word that stands with every line of an application would cost all of its log."""
    row = record(**({"body": "disk full"} | columns))

    assert keeping.route(row) == leaving.route(row) == {OTHER: [row]}


def test_a_line_beside_a_calls_attributes_is_no_prompt(keeping: Graph) -> None:
    """Nor is the name of an event; who calls an operation by a person's name tells nobody."""
    plain = record(gen_ai_request_model="gpt-4o", body="connection lost")
    named = event(body="gen_ai.client.inference.operation.details", body_content=None)
    asked = event(gen_ai_operation_name="ann@example.com")

    assert set(keeping.route(plain)) == {OTHER}
    (kept,) = keeping.route(named | {"gen_ai_input_messages": "Q"})[TEXTS]
    assert kept["llmcost_prompt"] == "Q"
    assert "ann@example.com" not in json.dumps(keeping.route(asked))


@pytest.mark.parametrize("name", ["messages", "prompt", "attr_input", "body_messages", "output"])
def test_an_ordinary_record_leaves_its_texts_behind(leaving: Graph, name: str) -> None:
    """Columns in which texts of calls usually are go, whoever wrote them."""
    (kept,) = leaving.route(record(body="a call", **{name: CANARY}))[OTHER]

    assert kept == record(body="a call")


@pytest.mark.parametrize(
    "columns",
    [
        {"instrumentation_library_name": "openai._base_client", "body": CANARY},
        {"instrumentation_library_name": "opentelemetry.instrumentation.openai_v2", "body": CANARY},
        {"instrumentation_library_name": "langchain_core.callbacks", "body": CANARY},
        {"event_name": "gen_ai.user.message", "body": CANARY},
        {"body_role": "assistant", "body_content": CANARY},
        {"body": json.dumps({"messages": [{"role": "user", "content": CANARY}]})},
        {"body": json.dumps(json.dumps([{"role": "user", "content": CANARY}]))},
        {"traceloop_entity_name": "x", "body": CANARY},
        {"llm_request_type": "chat", "body": CANARY},
        {"body_request_messages": json.dumps([{"role": "user", "content": CANARY}])},
        {"payload": json.dumps({"messages": [{"role": "user", "content": CANARY}]})},
        {"body": json.dumps({"content": {"parts": [{"text": CANARY}], "role": "model"}})},
        {"body": json.dumps({"Role": "User", "Content": CANARY})},
        {"body": f"request {[{'role': 'user', 'content': CANARY}]}"},
        {"body_index": 0, "body_finish_reason": "stop", "body_message_content": CANARY},
        {"body": json.dumps({"finish_reason": "stop", "message": {"content": CANARY}})},
        {"attributes_gen_ai_input_messages": CANARY},
        {"instrumentation_library_name": "Microsoft.Extensions.AI.Logging", "body": CANARY},
        {"instrumentation_library_name": "openaiagents", "body": CANARY},
        {"event_name": "openai.chat", "body": CANARY},
    ],
)
def test_a_record_about_a_call_is_known_by_more_than_its_attributes(
    leaving: Graph, columns: Row
) -> None:
    """By who wrote it, by its event's name, and by messages in its body."""
    found = leaving.route(record(**columns))

    assert set(found) == {OTHER}
    assert CANARY not in json.dumps(found)


NAMES = st.sampled_from(
    [
        "trace_id", "span_id", "start_time", "end_time", "duration", "flags", "severity", "events",
        "span_kind", "reference_parent_span_id", "operation_name", "event_name",
        "exception_message", "exception_stacktrace", "body_id", "body_tool_calls",
        "body_message_tool_calls", "body_finish_reason", "body_index", "body_message_role",
        "gen_ai_tool_definitions",
        "gen_ai_system_instructions", "gen_ai_response_id", "llmcost_prompt", "llmcost_completion",
        "llmcost_capture", "llmcost_state", "llmcost_user", "instrumentation_library_name",
        "service_instance_id", "process_command_args", "_original", "_all_values",
    ]
) | st.from_regex(r"[a-z_][a-z0-9_]{0,40}", fullmatch=True)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.lists(NAMES, min_size=1, max_size=6),
    st.sampled_from(["keeping", "leaving", "broken_reader", "half_broken_reader"]),
)
def test_a_canary_reaches_no_stream_but_as_what_was_asked_or_answered(
    request: pytest.FixtureRequest, names: list[str], how: str
) -> None:
    """In any attribute, part of a body or resource key; also when the reader stops."""
    graph: Graph = request.getfixturevalue(how)
    kept = DECLARED | SAID | {"_timestamp"}
    row = event(**{name: f"[{CANARY}]" for name in names if name not in kept})

    found = graph.route(row)

    expected = {"keeping": TEXTS, "leaving": OTHER}
    assert set(found) == {expected.get(how, QUARANTINE)}
    assert CANARY not in json.dumps(found)
    assert set(found.get(TEXTS, [{}])[0]) <= set(CONTENT)


@pytest.mark.parametrize("how", ["leaving", "broken_reader", "half_broken_reader"])
@pytest.mark.parametrize("column", sorted(SAID))
def test_no_text_goes_where_texts_are_not_kept(
    request: pytest.FixtureRequest, column: str, how: str
) -> None:
    """Where contents are, without capture, and with a reader that stops."""
    graph: Graph = request.getfixturevalue(how)

    found = graph.route(event(**{column: CANARY}))

    assert len(found) == 1
    assert CANARY not in json.dumps(found)


def test_a_record_that_could_not_be_read_leaves_numbers(broken_reader: Graph) -> None:
    """Ids, time and service, so that somebody can be asked; it is no unfinished span."""
    (kept,) = broken_reader.route(event(end_time="soon", duration="long"))[QUARANTINE]

    assert kept == {
        "_timestamp": 1795467397879571,
        "end_time": 1795467397879571000,
        "trace_id": TRACE,
        "span_id": SPAN,
        "operation_name": "log record",
        "service_name": "support-bot",
        "llmcost_state": "new",
    }
    assert set(kept) <= set(QUARANTINED)


def test_a_projection_that_stops_lets_nothing_through(keeping: Graph) -> None:
    """A record whose texts could not be scrubbed leaves numbers, too."""
    graph = failing(keeping, "project_content", "prompt = ")

    found = graph.route(event())

    assert set(found) == {QUARANTINE}
    assert found[QUARANTINE][0]["llmcost_state"] == "done"
    assert "Ann" not in json.dumps(found)


@pytest.mark.parametrize("kind", sorted(SECRETS))
def test_secrets_in_bodies_are_removed(keeping: Graph, kind: str) -> None:
    """In a message's content, as text and as JSON inside of it, with the stack's own patterns."""

    @settings(max_examples=5)
    @given(SECRETS[kind])
    def holds(secret: str) -> None:
        said = f"EMP-004711, {secret}"
        for content in (said, json.dumps([{"type": "text", "text": said}])):
            (kept,) = keeping.route(event(body_content=content))[TEXTS]

            assert "[employee]" in kept["llmcost_prompt"]
            assert secret not in kept["llmcost_prompt"]

    holds()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(sorted((DECLARED | SAID) - {"service_name"}))
        | st.sampled_from(["_timestamp", "trace_id", "severity", "event_name", "body_role"]),
        st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=30)
        | st.floats(allow_nan=False) | st.lists(st.integers(0, 9), max_size=2)
        | st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=2),
        max_size=8,
    )
)  # fmt: skip
def test_no_value_stops_the_functions(keeping: Graph, columns: Row) -> None:
    """Whatever a record holds, it is read, and it is in one stream."""
    found = keeping.route(event(**columns))

    assert sum(map(len, found.values())) == 1
    assert QUARANTINE not in found


def test_no_function_has_a_call_that_may_stop_it(keeping: Graph) -> None:
    """And none drops a row."""
    for role, function in keeping.rendered.functions.items():
        assert re.search(r"\w!\(", function.text) is None, role
        assert "abort" not in function.text, role
        assert function.text.endswith("\n."), role


def test_a_registered_team_is_spelled_as_it_is_registered(
    table: PriceTable, tmp_path: Path
) -> None:
    """A record's text belongs to whom the call belongs."""
    (tmp_path / "teams.yaml").write_text("teams:\n  ranking: {aliases: [{name: sorters}]}\n")
    values = {"environment": "staging", "prefix": "t_", "content": CONTENT_SETTINGS}
    spec, chosen = load_pipeline("llm_logs"), Settings.from_mapping(values)
    graph = Graph(render_pipeline(spec, chosen, table, load_teams(tmp_path)))

    (kept,) = graph.route(event(team="Sorters"))[TEXTS]

    assert kept["llmcost_team"] == "ranking"


@pytest.mark.parametrize("sources", [("service_squad",), ("squad", "service_squad")])
def test_attribution_follows_the_stacks_choice(table: PriceTable, sources: tuple[str, ...]) -> None:
    """A resource's attribute, prefixed in a span, has its own name in a log record."""
    values = {
        "environment": "staging",
        "prefix": "t_",
        "content": CONTENT_SETTINGS,
        "attribution": {"team": sources},
    }
    chosen = Settings.from_mapping(values)
    graph = Graph(render_pipeline(load_pipeline("llm_logs"), chosen, table))

    (kept,) = graph.route(event(squad="ranking"))[TEXTS]

    assert kept["llmcost_team"] == "ranking"
