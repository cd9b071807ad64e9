"""What the panels must show for the sample traffic, computed exactly and without the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost_infra.pricing import Call, Price, PriceTable, price_of
from llmcost_infra.utc import at_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmcost_infra.first_run.traffic import SampleCall, SampleTrace

__all__ = ["Truth", "priceable", "truth_of"]

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Truth:
    """Totals of some sample traces; each is called as the column that shows it.

    Args:
        cost: of the calls that have a price, USD.
        input_cost: part of it for input and cache.
        output_cost: part of it for output.
        input_tokens: of all calls that report usage.
        output_tokens: of all calls that report usage.
        llm_calls: requests to a model, refused ones included.
        no_price: calls with usage that nobody has a price for.
        not_charged: calls that the provider refused.
        tool_runs: runs of tools.
        tool_errors: those that failed.
        tool_cost: USD of the calls in traces that ran a tool.
    """

    cost: Decimal = _NONE
    input_cost: Decimal = _NONE
    output_cost: Decimal = _NONE
    input_tokens: int = 0
    output_tokens: int = 0
    llm_calls: int = 0
    no_price: int = 0
    not_charged: int = 0
    tool_runs: int = 0
    tool_errors: int = 0
    tool_cost: Decimal = _NONE

    def __add__(self, other: Truth) -> Truth:
        """Return the totals of both."""
        return Truth(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def by_column(self) -> dict[str, Decimal]:
        """Return what the sum of each column of the shipped panels must be."""
        sums = {one.name: Decimal(getattr(self, one.name)) for one in fields(self)}
        charged = self.llm_calls - self.not_charged
        priced = Decimal(100 * (charged - self.no_price)) / charged if charged else Decimal(100)
        return sums | {
            "total_cost": self.cost,
            "priced_pct": priced,
            # The sample's only failures are calls that a provider refused for being too many.
            "failed_calls": Decimal(self.not_charged),
            "rate_limited": Decimal(self.not_charged),
        }


def truth_of(traces: Iterable[SampleTrace], table: PriceTable) -> Truth:
    """Add up the sample traces with the exact price of every call."""
    total = Truth()
    for trace in traces:
        whole = sum((_of_call(trace, call, table) for call in trace.calls), Truth())
        total += whole
        if whole.tool_runs:
            total += Truth(tool_cost=whole.cost)
    return total


def _of_call(trace: SampleTrace, call: SampleCall, table: PriceTable) -> Truth:
    if call.tool:
        return Truth(tool_runs=1, tool_errors=int(call.failed))
    if call.rate_limited:
        return Truth(llm_calls=1, not_charged=1)
    used = Truth(llm_calls=1, input_tokens=call.input_tokens, output_tokens=call.output_tokens)
    price = price_of(priceable(trace, call), table)
    if not isinstance(price, Price):
        return used + Truth(no_price=1)
    return used + Truth(
        cost=price.cost_usd, input_cost=price.input_usd, output_cost=price.output_usd
    )


def priceable(trace: SampleTrace, call: SampleCall) -> Call:
    """Return a sample call as prices see it."""
    return Call(
        provider=trace.feature.provider,
        model=trace.feature.response_model,
        at=at_microseconds(call.start_ns // 1_000),
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cache_read_tokens=call.cached_tokens,
    )
