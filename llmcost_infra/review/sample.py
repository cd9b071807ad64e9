"""Rows of the LLM stream for pictures: the sample calls, as the pipeline stores them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.first_run.traffic import traces_between
from llmcost_infra.first_run.truth import priceable
from llmcost_infra.pricing import Price, price_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.first_run.traffic import SampleCall, SampleTrace
    from llmcost_infra.pricing import PriceTable

__all__ = ["SAMPLE_END", "SAMPLE_START", "sample_rows"]

SAMPLE_START: Final = datetime(2026, 11, 23, 8, tzinfo=UTC)
"""First moment of the sample; always the same, so that pictures are."""
SAMPLE_END: Final = SAMPLE_START + timedelta(hours=4)
"""First moment after it."""


def sample_rows(table: PriceTable) -> Iterator[dict[str, Any]]:
    """Yield a row a sample call or tool run, priced by a table.

    Users are made up; no row has a text.

    Args:
        table: prices.
    """
    for trace in traces_between(SAMPLE_START, SAMPLE_END):
        for call in trace.calls:
            row = _tool(call) if call.tool else _call(trace, call, table)
            yield {**_span(trace, call), **row}


def _span(trace: SampleTrace, call: SampleCall) -> dict[str, Any]:
    feature = trace.feature
    return {
        "_timestamp": call.start_ns // 1_000,
        "start_time": call.start_ns,
        "end_time": call.end_ns,
        "duration": (call.end_ns - call.start_ns) // 1_000,
        "trace_id": f"{trace.trace_id:032x}",
        "span_id": f"{call.span_id:016x}",
        "service_name": feature.service,
        "span_status": "ERROR" if call.failed or call.rate_limited else "UNSET",
        "llmcost_is_call": call.tool is None,
        "llmcost_is_tool": call.tool is not None,
        "llmcost_feature": feature.name,
        "llmcost_team": feature.team,
        "llmcost_environment": "prod",
        "llmcost_user": trace.user,
        "llmcost_prompt_name": feature.prompt or None,
        "llmcost_duration_ms": (call.end_ns - call.start_ns) / 1_000_000,
        "llmcost_state": "done",
    }


def _tool(call: SampleCall) -> dict[str, Any]:
    return {"llmcost_operation": "execute_tool", "llmcost_tool": call.tool}


def _call(trace: SampleTrace, call: SampleCall, table: PriceTable) -> dict[str, Any]:
    feature = trace.feature
    row: dict[str, Any] = {
        "llmcost_provider": feature.provider,
        "llmcost_request_model": feature.model,
        "llmcost_response_model": feature.response_model,
        "llmcost_model": feature.response_model,
        "llmcost_operation": feature.operation,
    }
    if call.rate_limited:
        return row | {
            "llmcost_error_class": "rate_limit",
            "llmcost_pricing_status": "failed_no_charge",
        }
    first = call.first_token_ns
    row |= {
        "llmcost_input_tokens": call.input_tokens,
        "llmcost_output_tokens": call.output_tokens,
        "llmcost_cache_read_tokens": call.cached_tokens,
        "llmcost_ttft_ms": None if first is None else first / 1_000_000,
    }
    price = price_of(priceable(trace, call), table)
    if not isinstance(price, Price):
        return row | {"llmcost_pricing_status": price.reason}
    return row | {
        "llmcost_pricing_status": "priced",
        "llmcost_price_row": price.row,
        "llmcost_cost_usd": float(price.cost_usd),
        "llmcost_input_cost_usd": float(price.input_usd),
        "llmcost_output_cost_usd": float(price.output_usd),
        "llmcost_contract_cost_usd": float(price.cost_usd),
    }
