"""Logical columns, which SQL templates use, and the columns that this project stores."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "BILLING",
    "CONTENT",
    "COUNTED",
    "COUNTED_STREAM",
    "LOGICAL",
    "PRICED",
    "QUARANTINED",
    "ROLLUP",
    "STORED",
    "STORED_NAMES",
    "ColumnType",
    "LogicalColumn",
]

ColumnType = Literal["utf8", "int64", "uint64", "float64", "boolean"]
"""Types of stored columns; those that a pipeline function writes keep theirs."""


@dataclass(frozen=True, slots=True)
class LogicalColumn:
    """A column as SQL templates name it.

    Args:
        name: e.g. ``cost_usd``.
        type: what it holds.
        meaning: one sentence, with the unit; null means unknown unless it says otherwise.
    """

    name: str
    type: ColumnType
    meaning: str


_OWN: Final = (
    # Who was called, and for what.
    LogicalColumn("provider", "utf8", "Who bills the call, e.g. openai."),
    LogicalColumn("request_model", "utf8", "Model that the application asked for."),
    LogicalColumn("response_model", "utf8", "Model that answered."),
    LogicalColumn("model", "utf8", "Model that answered, else the one asked for."),
    LogicalColumn("operation", "utf8", "gen_ai.operation.name, e.g. chat or execute_tool."),
    LogicalColumn("is_call", "boolean", "Whether the row is one billable request to a model."),
    LogicalColumn("is_tool", "boolean", "Whether the row is one run of a tool."),
    LogicalColumn("tool", "utf8", "Name of the tool that ran."),
    # Tokens; null when the provider reported no usage.
    LogicalColumn("input_tokens", "int64", "All input tokens, cached ones included."),
    LogicalColumn("output_tokens", "int64", "All output tokens, reasoning included."),
    LogicalColumn("cache_read_tokens", "int64", "Input tokens read from the provider's cache."),
    LogicalColumn("cache_write_tokens", "int64", "Input tokens written to the provider's cache."),
    LogicalColumn(
        "cache_write_1h_tokens",
        "int64",
        "Those of them that live an hour; when null nobody told, and five minutes are priced.",
    ),
    LogicalColumn("reasoning_tokens", "int64", "Output tokens spent on reasoning."),
    # Parts with prices of their own; null where nobody told them apart.
    LogicalColumn("input_audio_tokens", "int64", "Input tokens that were audio."),
    LogicalColumn("cache_read_audio_tokens", "int64", "Audio read from the provider's cache."),
    LogicalColumn("output_audio_tokens", "int64", "Output tokens that were audio."),
    LogicalColumn("input_image_tokens", "int64", "Input tokens that were images."),
    LogicalColumn("output_image_tokens", "int64", "Output tokens that were images."),
    # Money; null unless the call is priced.
    LogicalColumn("cost_usd", "float64", "Cost in USD by list price; null when unknown, never 0."),
    LogicalColumn("input_cost_usd", "float64", "Part of the cost for input and cache, in USD."),
    LogicalColumn("output_cost_usd", "float64", "Part of the cost for output, in USD."),
    LogicalColumn("contract_cost_usd", "float64", "Cost by contract, else by list price, in USD."),
    LogicalColumn("contract", "utf8", "Contract whose prices apply; null without one."),
    LogicalColumn(
        "pricing_status",
        "utf8",
        "priced, unpriced_model, missing_rate, no_usage or failed_no_charge.",
    ),
    LogicalColumn("price_row", "utf8", "Row of the price table that applied."),
    LogicalColumn("price_version", "utf8", "Version of the price table that applied."),
    LogicalColumn("service_tier", "utf8", "Tier that the provider billed, e.g. flex."),
    LogicalColumn("account", "utf8", "Provider account that pays, where somebody said so."),
    LogicalColumn("region", "utf8", "Region of inference, where somebody said so."),
    # A call that was priced again has a further row; the newest counts.
    LogicalColumn("adjusted_at", "int64", "When it was priced again, in µs; null as it came."),
    LogicalColumn("adjusted_usd", "float64", "What that added to the cost by list price, in USD."),
    LogicalColumn(
        "adjusted_contract_usd", "float64", "What that added to the cost by contract, in USD."
    ),
    # How it went.
    LogicalColumn("ttft_ms", "float64", "Time to the first token, in ms."),
    LogicalColumn("duration_ms", "float64", "Time from request to last token, in ms."),
    LogicalColumn("finish_reason", "utf8", "Why the model stopped."),
    LogicalColumn("error_class", "utf8", "rate_limit, overloaded, quota, timeout or other."),
    # Whose spend it is.
    LogicalColumn("feature", "utf8", "Product feature that the call served."),
    LogicalColumn("team", "utf8", "Team that owns the spend."),
    LogicalColumn("environment", "utf8", "Deployment environment of the application."),
    LogicalColumn("user", "utf8", "Hashed id of the end user."),
    LogicalColumn("conversation", "utf8", "Hashed id of the conversation."),
    LogicalColumn("prompt_name", "utf8", "Name of the prompt template; never its text."),
    # What was asked for.
    LogicalColumn("max_tokens", "int64", "Most output tokens that the caller allowed."),
    LogicalColumn("temperature", "float64", "Sampling temperature that the caller chose."),
    LogicalColumn("batch", "boolean", "Whether the call went through the provider's batch API."),
    # How the row came about.
    LogicalColumn("dialect", "utf8", "Instrumentation dialect that the span was read from."),
    LogicalColumn("state", "utf8", "new until the pipeline has finished the row, then done."),
)

_TRACE: Final = (
    LogicalColumn("_timestamp", "int64", "Start of the span, in µs since 1970 UTC."),
    LogicalColumn("start_time", "uint64", "Start of the span, in ns since 1970 UTC."),
    LogicalColumn("end_time", "uint64", "End of the span, in ns since 1970 UTC."),
    LogicalColumn("duration", "int64", "Length of the span, in µs."),
    LogicalColumn("trace_id", "utf8", "Id of the trace."),
    LogicalColumn("span_id", "utf8", "Id of the span."),
    LogicalColumn("reference_parent_span_id", "utf8", "Id of the parent span."),
    LogicalColumn("operation_name", "utf8", "Name of the span."),
    LogicalColumn("service_name", "utf8", "Service that sent the span."),
    LogicalColumn("span_kind", "utf8", "Kind of the span, as a digit."),
    LogicalColumn("span_status", "utf8", "OK, ERROR or UNSET."),
    LogicalColumn("flags", "int64", "Trace flags."),
    LogicalColumn("events", "utf8", "Always []: texts do not reach the LLM stream."),
    LogicalColumn("links", "utf8", "Always []: texts do not reach the LLM stream."),
)

LOGICAL: Final[Mapping[str, LogicalColumn]] = MappingProxyType(
    {column.name: column for column in (*_OWN, *_TRACE)}
)
"""Every logical column by name."""

STORED_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {column.name: f"llmcost_{column.name}" for column in _OWN}
    | {column.name: column.name for column in _TRACE}
)
"""Logical column → column of the LLM stream."""

STORED: Final[Mapping[str, ColumnType]] = MappingProxyType(
    {stored: LOGICAL[name].type for name, stored in STORED_NAMES.items()}
)
"""Columns of the LLM stream and their types, as the pipeline's projection lets them through."""

PRICED: Final = frozenset(
    {
        "cost_usd", "input_cost_usd", "output_cost_usd", "contract_cost_usd", "contract",
        "pricing_status", "price_row", "price_version",
        "adjusted_at", "adjusted_usd", "adjusted_contract_usd",
    }
)  # fmt: skip
"""Logical columns that a price decides: of a call that was priced again, the newest row's count."""

_WHOSE: Final = (
    "provider", "model", "feature", "team", "environment", "user", "conversation", "prompt_name",
)  # fmt: skip
_TEXTS: Final[dict[str, ColumnType]] = {
    "llmcost_prompt": "utf8",
    "llmcost_completion": "utf8",
    "llmcost_state": "utf8",
}

_WHICH: Final[dict[str, ColumnType]] = {
    "_timestamp": "int64",
    "trace_id": "utf8",
    "span_id": "utf8",
    "operation_name": "utf8",
    "service_name": "utf8",
}

CONTENT: Final[Mapping[str, ColumnType]] = MappingProxyType(
    {
        **_WHICH,
        **{STORED_NAMES[name]: LOGICAL[name].type for name in _WHOSE},
        **_TEXTS,
    }
)
"""Columns of the content stream: whose call it was, and its scrubbed prompt and completion.

The ids are those of the call's row in the LLM stream; the state is always `scrubbed`. A log record
that tells of a call has a row of its own, with one of the texts or both.
"""

QUARANTINED: Final[Mapping[str, ColumnType]] = MappingProxyType(
    {
        **_WHICH,
        # Streams of logs infer a signed type.
        "start_time": "int64",
        "end_time": "int64",
        "duration": "int64",
        "reference_parent_span_id": "utf8",
        "llmcost_state": "utf8",
    }
)
"""Columns of the quarantine: numbers and ids of spans and log records that were not finished."""

ROLLUP: Final[Mapping[str, ColumnType]] = MappingProxyType(
    {
        "period": "utf8",
        "period_start": "int64",
        "environment": "utf8",
        "team": "utf8",
        "feature": "utf8",
        "model": "utf8",
        "llm_calls": "int64",
        "priced_calls": "int64",
        "failed_calls": "int64",
        "input_tokens": "int64",
        "output_tokens": "int64",
        "cost_usd": "float64",
        "input_cost_usd": "float64",
        "output_cost_usd": "float64",
        "computed_at": "int64",
    }
)
"""Columns of the rollup stream: totals of an hour or a day (`period`) from `period_start` (µs).

A period that was added up again has a row more; the greatest `computed_at` (µs) counts.
"""

BILLING: Final[Mapping[str, ColumnType]] = MappingProxyType(
    {
        "day_start": "int64",
        "provider": "utf8",
        "account": "utf8",
        "scope": "utf8",
        "model": "utf8",
        "ours_usd": "float64",
        "billed_usd": "float64",
        "billed_other_usd": "float64",
        "unexplained_usd": "float64",
        "ours_calls": "int64",
        "billed_requests": "int64",
        "ours_tokens": "int64",
        "billed_tokens": "int64",
        "cause": "utf8",
        "problem": "utf8",
        "computed_at": "int64",
    }
)
"""Columns of the billing stream: a UTC day (`day_start`, µs) of a model in a scope, on both sides.

A day that was compared again has its rows again; those of its greatest `computed_at` (µs) count.
"""

COUNTED_STREAM: Final = "gen_ai_usage_cost_usd_sum"
"""Stream of metrics in which OpenObserve keeps the sums of `gen_ai.usage.cost_usd`, a histogram."""

COUNTED: Final[Mapping[str, ColumnType]] = MappingProxyType(
    {
        "__hash__": "utf8",
        "start_time": "utf8",
        "value": "float64",
        "aggregation_temporality": "utf8",
        "service_name": "utf8",
        "deployment_environment_name": "utf8",
    }
)
"""Columns of that stream that statements read: an export of a series each row.

A series is a process and its labels; `start_time` (ns, as text) is when it began. Attributes of the
resource are columns without a prefix, as those of the series are.
"""
