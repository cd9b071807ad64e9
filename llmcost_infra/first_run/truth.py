"""What the panels must show for the sample traffic, computed exactly and without the pipeline."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost_infra.pricing import Call, Price, PriceTable, price_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmcost_infra.first_run.traffic import SampleCall, SampleTrace

__all__ = ["Truth", "truth_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Truth:
    """Totals of some sample traces.

    Args:
        cost_usd: of the calls that have a price, USD.
        input_tokens: of all calls that report usage.
        output_tokens: of all calls that report usage.
        calls: requests to a model, refused ones included.
        unpriced: calls with usage that nobody has a price for.
        cost_by_model: USD by response model.
    """

    cost_usd: Decimal
    input_tokens: int
    output_tokens: int
    calls: int
    unpriced: int
    cost_by_model: Mapping[str, Decimal]

    def by_column(self) -> dict[str, Decimal]:
        """Return what the sum of each column of the shipped panels must be."""
        return {
            "total_cost": self.cost_usd,
            "cost": self.cost_usd,
            "input_tokens": Decimal(self.input_tokens),
            "output_tokens": Decimal(self.output_tokens),
            "llm_calls": Decimal(self.calls),
        }


def truth_of(traces: Iterable[SampleTrace], table: PriceTable) -> Truth:
    """Add up the sample traces with the exact price of every call."""
    cost: defaultdict[str, Decimal] = defaultdict(Decimal)
    calls = unpriced = inputs = outputs = 0
    for trace in traces:
        for call in trace.calls:
            if call.tool:
                continue
            calls += 1
            if call.rate_limited:
                continue
            inputs += call.input_tokens
            outputs += call.output_tokens
            price = price_of(_priceable(trace, call), table)
            if isinstance(price, Price):
                cost[trace.feature.response_model] += price.cost_usd
            else:
                unpriced += 1
    return Truth(sum(cost.values(), Decimal(0)), inputs, outputs, calls, unpriced, dict(cost))


def _priceable(trace: SampleTrace, call: SampleCall) -> Call:
    return Call(
        provider=trace.feature.provider,
        model=trace.feature.response_model,
        at=_EPOCH + timedelta(microseconds=call.start_ns // 1_000),
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cache_read_tokens=call.cached_tokens,
    )
