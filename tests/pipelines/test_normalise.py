"""A finished row has every column of ours, says which instrumentation wrote it, and whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.columns import STORED
from tests.pipelines.conftest import Graph, hashed

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_finished_row_has_every_column_of_ours(
    graph: Graph, span: Callable[..., dict[str, Any]]
) -> None:
    """Each column of ours is assigned on every row, so that a client's value never stands."""
    own = {name for name in STORED if name.startswith("llmcost_")}
    row = span(**dict.fromkeys(own, "sent by a client"))

    made = graph.function("normalise").run(row)

    assert own <= set(made)
    assert "sent by a client" not in [made[name] for name in own]


def test_types_are_the_declared_ones(graph: Graph, chat: Callable[..., dict[str, Any]]) -> None:
    """Each column holds null or the type that the stream declares."""
    python = {"utf8": str, "int64": int, "uint64": int, "float64": float, "boolean": bool}
    row = chat(
        gen_ai_usage_cache_read_input_tokens="50",
        gen_ai_usage_reasoning_output_tokens=3,
        gen_ai_response_time_to_first_chunk="2",
        feature="f",
        error_type="X",
    )

    (stored,) = graph.route(row)["t_llm_calls"]

    for name, value in stored.items():
        assert type(value) is python[STORED[name]], name


@pytest.mark.parametrize(
    ("columns", "dialect"),
    [
        ({}, "genai"),
        ({"gen_ai_provider_name": None, "gen_ai_system": "openai"}, "openai_v2"),
        ({"gen_ai_is_streaming": "false"}, "openllmetry"),
        ({"openinference_span_kind": "LLM"}, "openinference"),
        ({"gen_ai_usage_cost_usd": "1", "span_kind": "1"}, "wrapper"),
        ({"gen_ai_provider_name": None}, "other"),
    ],
)
def test_a_row_names_its_dialect(
    normalised: Callable[..., dict[str, Any]], columns: dict[str, Any], dialect: str
) -> None:
    """A row says which instrumentation's words it was read from."""
    row = normalised(**columns)

    assert row["dialect"] == dialect


@pytest.mark.parametrize(
    ("columns", "column", "expected"),
    [
        ({"feature": "a", "service_feature": "b"}, "feature", "a"),
        ({"feature": " ", "service_feature": "b"}, "feature", None),
        ({"service_feature": "b"}, "feature", "b"),
        ({"team": "x", "service_team": "y"}, "team", "x"),
        ({"service_team": "y"}, "team", "y"),
        ({}, "team", None),
        (
            {"environment": "a", "service_deployment_environment_name": "b"},
            "environment",
            "a",
        ),
        ({"deployment_environment_name": "b"}, "environment", "b"),
        ({"service_deployment_environment_name": "b"}, "environment", "b"),
        ({"service_deployment_environment": "c"}, "environment", "c"),
        ({}, "environment", "staging"),
        ({"user_id": "u"}, "user", hashed("u")),
        ({"service_user_id": "u"}, "user", hashed("u")),
        ({"gen_ai_conversation_id": "c", "session_id": "s"}, "conversation", hashed("c")),
        ({"session_id": "s"}, "conversation", hashed("s")),
        ({"prompt_name": "a_v2", "gen_ai_prompt_name": "b"}, "prompt_name", "a_v2"),
        ({"gen_ai_prompt_name": "b"}, "prompt_name", "b"),
        ({}, "prompt_name", None),
    ],
)
def test_attribution_has_an_order(
    normalised: Callable[..., dict[str, Any]],
    columns: dict[str, Any],
    column: str,
    expected: str | None,
) -> None:
    """What a span says wins over what its resource says; the stack names the last environment."""
    assert normalised(**columns)[column] == expected


@pytest.mark.parametrize("column", ["user_id", "gen_ai_conversation_id"])
@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("ann@example.com", hashed("ann@example.com")),
        ("  ann@example.com ", hashed("ann@example.com")),
        ("Ann", hashed("Ann")),
        ("üñí", hashed("üñí")),
        (hashed("ann"), hashed("ann")),
        ("a" * 64, "a" * 64),
        ("A" * 32, hashed("A" * 32)),
        ("a" * 31, hashed("a" * 31)),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_ids_of_people_are_hashed_once(
    normalised: Callable[..., dict[str, Any]], column: str, sent: str | None, stored: str | None
) -> None:
    """An id tells callers apart and names nobody; what was hashed before it was sent stays."""
    kept = {"user_id": "user", "gen_ai_conversation_id": "conversation"}[column]
    assert normalised(**{column: sent})[kept] == stored
