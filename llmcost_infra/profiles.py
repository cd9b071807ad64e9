"""Column profiles: how the logical columns are read from one shape of data.

``pipeline`` is what this project's ingest pipeline writes. The others read streams that somebody
else fills, so they are as good as what was sent: costs are the server's or the client's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from llmcost_infra.columns import LOGICAL, STORED_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.columns import ColumnType

__all__ = ["ATTRIBUTED", "PROFILES", "Profile", "attributed"]

ATTRIBUTED: Final = ("feature", "team", "environment", "user", "prompt_name")
"""Logical columns that a stack's attribution settings choose the sources of."""


def attributed(name: str) -> str:
    """Return what stands for an attributed column until a stack says where it comes from."""
    return f"\1{name}\1"


@dataclass(frozen=True, slots=True)
class Profile:
    """How one shape of data provides the logical columns.

    Args:
        name: what a stack's settings call it.
        expressions: logical column → SQL expression over one stored row.
        choices: logical column → plain column that lists its values, where the expression is none.
        declares: columns that have to exist before a panel may name them, with their types;
            empty for a stream that this project fills.
        adjustable: whether calls can be priced again: they have a row for each time then.
    """

    name: str
    expressions: Mapping[str, str]
    choices: Mapping[str, str] = field(default_factory=dict[str, str])
    declares: Mapping[str, ColumnType] = field(default_factory=dict[str, "ColumnType"])
    adjustable: bool = False


_CALLS: Final = "('chat', 'text_completion', 'generate_content', 'embeddings')"
# A wrapper round an instrumented client reports the same call again, on a span that is no client's.
_WRAPPER: Final = (
    "(span_kind <> '3' AND COALESCE(gen_ai_usage_cost_usd, gen_ai_latency_duration_ms) IS NOT NULL)"
)
_SIGNS: Final = "LOWER(CONCAT(COALESCE(error_type, ''), ' ', COALESCE(status_message, '')))"
_ERROR_CLASS: Final = (
    "CASE WHEN span_status IS DISTINCT FROM 'ERROR' THEN NULL"
    f" WHEN {_SIGNS} LIKE '%quota%' THEN 'quota'"
    f" WHEN {_SIGNS} LIKE '%rate%limit%' THEN 'rate_limit'"
    f" WHEN {_SIGNS} LIKE '%overloaded%' THEN 'overloaded'"
    f" WHEN {_SIGNS} LIKE '%timeout%' OR {_SIGNS} LIKE '%timed out%' THEN 'timeout'"
    " ELSE 'other' END"
)
# Some servers keep a moment in this column where it should be a length: no call waits for a day.
_FIRST_CHUNK_S: Final = "TRY_CAST(gen_ai_response_time_to_first_chunk AS DOUBLE)"
_TTFT: Final = f"CASE WHEN {_FIRST_CHUNK_S} < 86400 THEN {_FIRST_CHUNK_S} * 1000 END"
_NONE: Final = {
    "utf8": "CAST(NULL AS VARCHAR)",
    "int64": "CAST(NULL AS BIGINT)",
    "float64": "CAST(NULL AS DOUBLE)",
    "boolean": "CAST(NULL AS BOOLEAN)",
}

_TEXTS: Final = (
    "error_type",
    "gen_ai_conversation_id",
    "gen_ai_latency_duration_ms",
    "gen_ai_latency_ttft_ms",
    "gen_ai_operation_name",
    "gen_ai_provider_name",
    "gen_ai_request_model",
    "gen_ai_response_finish_reasons",
    "gen_ai_response_model",
    "gen_ai_system",
    "gen_ai_tool_name",
    "gen_ai_usage_cost_usd",
    "status_message",
)
"""What clients send, and servers keep as text."""


def _profile(name: str, own: Mapping[str, str], **declares: ColumnType) -> Profile:
    """Return a profile of a stream that somebody else fills."""
    known = {
        "provider": "COALESCE(gen_ai_provider_name, gen_ai_system)",
        "request_model": "gen_ai_request_model",
        "response_model": "gen_ai_response_model",
        "model": "COALESCE(gen_ai_response_model, gen_ai_request_model)",
        "operation": "gen_ai_operation_name",
        "is_tool": "gen_ai_operation_name = 'execute_tool'",
        "tool": "gen_ai_tool_name",
        "ttft_ms": _TTFT,
        "duration_ms": "duration / 1000.0",
        "finish_reason": "gen_ai_response_finish_reasons",
        "error_class": _ERROR_CLASS,
        "conversation": "gen_ai_conversation_id",
        "dialect": f"'{name}'",
        "state": "'done'",
        **{column: attributed(column) for column in ATTRIBUTED},
        **own,
    }
    expressions = {column: known.get(column) or _unsaid(column) for column in LOGICAL}
    texts: dict[str, ColumnType] = dict.fromkeys(_TEXTS, "utf8")
    return Profile(
        name,
        MappingProxyType(expressions),
        {"model": "gen_ai_response_model", "provider": "gen_ai_provider_name"},
        MappingProxyType(texts | declares),
    )


def _unsaid(column: str) -> str:
    """Return a trace column, which every stream of traces has, or that nothing is known."""
    stored = STORED_NAMES[column]
    return column if stored == column else _NONE[LOGICAL[column].type]


def _server(
    name: str, columns: Mapping[str, str], operation: str, **declares: ColumnType
) -> Profile:
    """Return a profile of the columns that a version of OpenObserve adds by itself.

    It counts and prices even calls that failed before they cost anything, and says 0 for unknown.

    Args:
        name: of the profile.
        columns: the server's columns of tokens (input, output) and cost (total, input, output).
        operation: expression of the operation.
        declares: further columns that the profile reads, with their types.
    """
    total = columns["total"]
    refused = f"(span_status = 'ERROR' AND COALESCE({columns['output']}, 0) = 0)"
    priced = f"{total} > 0 AND NOT {refused}"
    own = {
        "operation": operation,
        "is_call": f"{operation} IN {_CALLS} AND NOT {_WRAPPER}",
        "is_tool": f"{operation} = 'execute_tool'",
        "input_tokens": f"CASE WHEN NOT {refused} THEN NULLIF({columns['input']}, 0) END",
        "output_tokens": f"NULLIF({columns['output']}, 0)",
        "cost_usd": f"CASE WHEN {priced} THEN {total} END",
        "input_cost_usd": f"CASE WHEN {priced} THEN COALESCE({columns['input_cost']}, 0) END",
        "output_cost_usd": (
            f"CASE WHEN {priced} THEN {total} - COALESCE({columns['input_cost']}, 0) END"
        ),
        "pricing_status": (
            f"CASE WHEN {refused} THEN 'failed_no_charge' WHEN {priced} THEN 'priced'"
            f" WHEN COALESCE({columns['input']}, 0) + COALESCE({columns['output']}, 0) = 0"
            " THEN 'no_usage' ELSE 'unpriced_model' END"
        ),
    }
    types: dict[str, ColumnType] = {
        columns["input"]: "int64",
        columns["output"]: "int64",
        columns["total"]: "float64",
        columns["input_cost"]: "float64",
    }
    return _profile(name, own, **types, **declares)


_PIPELINE: Final = Profile("pipeline", STORED_NAMES, adjustable=True)

_GEN_AI: Final = _server(
    "gen_ai",
    {
        "input": "gen_ai_usage_input_tokens",
        "output": "gen_ai_usage_output_tokens",
        "total": "gen_ai_usage_cost",
        "input_cost": "gen_ai_usage_cost_input",
    },
    operation="gen_ai_operation_name",
    gen_ai_response_time_to_first_chunk="float64",
)

_LLM: Final = _server(
    "llm",
    {
        "input": "llm_usage_tokens_input",
        "output": "llm_usage_tokens_output",
        "total": "llm_usage_cost_total",
        "input_cost": "llm_usage_cost_input",
    },
    operation=(
        "CASE llm_observation_type WHEN 'GENERATION' THEN 'chat'"
        " WHEN 'EMBEDDING' THEN 'embeddings' WHEN 'TOOL' THEN 'execute_tool' END"
    ),
    gen_ai_response_time_to_first_chunk="utf8",
    llm_observation_type="utf8",
)

# What the application computed itself: a price table in its own code, and no split of the cost.
_COST: Final = "NULLIF(TRY_CAST(gen_ai_usage_cost_usd AS DOUBLE), 0)"
_INPUT: Final = "TRY_CAST(gen_ai_usage_input_tokens AS BIGINT)"
_OUTPUT: Final = "TRY_CAST(gen_ai_usage_output_tokens AS BIGINT)"
_ATTRIBUTES: Final = _profile(
    "attributes",
    {
        "operation": "COALESCE(gen_ai_operation_name, 'chat')",
        "is_call": "COALESCE(gen_ai_usage_cost_usd, gen_ai_latency_duration_ms) IS NOT NULL",
        "input_tokens": f"NULLIF({_INPUT}, 0)",
        "output_tokens": f"NULLIF({_OUTPUT}, 0)",
        "cost_usd": _COST,
        "pricing_status": (
            f"CASE WHEN {_COST} IS NOT NULL THEN 'priced'"
            " WHEN span_status = 'ERROR' THEN 'failed_no_charge'"
            f" WHEN COALESCE({_INPUT}, 0) + COALESCE({_OUTPUT}, 0) = 0"
            " THEN 'no_usage' ELSE 'unpriced_model' END"
        ),
        "ttft_ms": "TRY_CAST(gen_ai_latency_ttft_ms AS DOUBLE)",
        "duration_ms": (
            "COALESCE(TRY_CAST(gen_ai_latency_duration_ms AS DOUBLE), duration / 1000.0)"
        ),
    },
    gen_ai_usage_input_tokens="utf8",
    gen_ai_usage_output_tokens="utf8",
)

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {profile.name: profile for profile in (_PIPELINE, _GEN_AI, _LLM, _ATTRIBUTES)}
)
"""Every profile by name.

``pipeline``: the columns that this project's pipeline writes. ``gen_ai``: those that OpenObserve
0.92 and later adds to LLM spans. ``llm``: those of 0.90. ``attributes``: what the application's own
wrapper sent (`gen_ai.usage.cost_usd`, `gen_ai.latency.*`).
"""
