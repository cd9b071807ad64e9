"""What a call costs: exact, split by class of tokens, or the reason why nobody can say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact
from functools import reduce
from typing import TYPE_CHECKING, Final, Literal

from llmcost_infra.errors import PricingError
from llmcost_infra.pricing.table import BATCH, STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmcost_infra.pricing.table import PriceTable, Rates, Row

__all__ = ["STANDARD_TIERS", "Call", "Price", "Reason", "Unpriced", "price_of"]

STANDARD_TIERS: Final = frozenset({"", "auto", "default", STANDARD})
"""What a provider answers for the tier that everybody has."""

Reason = Literal["unpriced_model", "missing_rate", "no_usage"]
"""Why a call has no price; the values of the column `pricing_status` beside `priced`."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

_INPUT_CLASSES: Final = ("input", "cache_read", "cache_write", "cache_write_1h")
_OUTPUT_CLASSES: Final = ("output", "reasoning")

# Money is never rounded here: a product that does not fit raises instead.
_EXACT: Final = Context(prec=60, traps=[Inexact])


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to a model, as its telemetry tells it.

    Args:
        provider: OpenTelemetry provider name, such as `openai`.
        model: the model that answered, or else the one asked for.
        at: when the call started, with a time zone.
        input_tokens: None when nobody counted.
        output_tokens: None when nobody counted; embeddings have none.
        cache_read_tokens: input read from the provider's cache.
        cache_write_tokens: input written to it, for five minutes or of unknown lifetime.
        cache_write_1h_tokens: input written to it for an hour.
        reasoning_tokens: part of the output that nobody reads.
        service_tier: as the provider answered it; empty is standard.
        batch: the call went through the batch API.
        cache_inside_input: `input_tokens` counts cached tokens too (OpenAI and OpenTelemetry do,
            Anthropic's own API does not).
    """

    provider: str
    model: str
    at: datetime
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int = 0
    service_tier: str = ""
    batch: bool = False
    cache_inside_input: bool = True

    @property
    def tier(self) -> str:
        """Name under which the call's rates stand on a card."""
        if self.batch:
            return BATCH
        tier = self.service_tier.lower()
        return STANDARD if tier in STANDARD_TIERS else tier

    @property
    def at_us(self) -> int:
        """Start of the call, Unix microseconds.

        Raises:
            PricingError: the time has no zone, so that its day is anybody's guess.
        """
        if self.at.tzinfo is None:
            raise PricingError(
                f"the time {self.at.isoformat()} has no zone", hint="pass a time in UTC"
            )
        return (self.at - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Price:
    """What a call costs, in USD.

    Args:
        by_class: class of tokens → USD; only classes that the call used.
        row: the row that was applied, with the tier and the context limit if any.
        version: version of the table.
    """

    by_class: Mapping[str, Decimal]
    row: str
    version: str

    @property
    def cost_usd(self) -> Decimal:
        """The whole call."""
        return _sum(self.by_class.values())

    @property
    def input_usd(self) -> Decimal:
        """Everything that was sent, cache reads and writes included."""
        return _sum(usd for name, usd in self.by_class.items() if name not in _OUTPUT_CLASSES)

    @property
    def output_usd(self) -> Decimal:
        """Everything that came back, reasoning included."""
        return _sum(usd for name, usd in self.by_class.items() if name in _OUTPUT_CLASSES)


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A call whose cost nobody can say; never to be shown as 0.

    Args:
        reason: for machines.
        detail: for people: what is missing.
        row: the row that lacks the rate, if one was found.
    """

    reason: Reason
    detail: str
    row: str = ""


def price_of(call: Call, table: PriceTable) -> Price | Unpriced:
    """Return what a call costs by the table, or why it has no price.

    Args:
        call: the call.
        table: the prices.

    Raises:
        PricingError: the call's time has no zone.
    """
    at_us = call.at_us
    tokens = _tokens(call)
    if isinstance(tokens, Unpriced):
        return tokens
    model = table.model(call.provider, call.model)
    if model is None:
        asked = f"{call.provider} {call.model}".strip()
        return Unpriced("unpriced_model", f"{asked} is not in the table")
    row = model.row_at(at_us)
    if row is None:
        return Unpriced("missing_rate", f"{model.id} has no rates at {call.at.isoformat()}")
    return _priced(call, tokens, row, table.version)


def _tokens(call: Call) -> dict[str, int] | Unpriced:
    """Split the tokens into classes that do not overlap, or say why that is impossible."""
    if call.input_tokens is None:
        return Unpriced("no_usage", "input tokens are missing")
    output = call.output_tokens or 0
    cached = call.cache_read_tokens + call.cache_write_tokens + call.cache_write_1h_tokens
    tokens = {
        "input": call.input_tokens - cached if call.cache_inside_input else call.input_tokens,
        "cache_read": call.cache_read_tokens,
        "cache_write": call.cache_write_tokens,
        "cache_write_1h": call.cache_write_1h_tokens,
        "output": output - call.reasoning_tokens,
        "reasoning": call.reasoning_tokens,
    }
    impossible = [name for name, count in tokens.items() if count < 0]
    if impossible:
        what = f"{cached} cached of {call.input_tokens} input, {call.reasoning_tokens} reasoning"
        return Unpriced("no_usage", f"counts contradict each other: {what} of {output} output")
    return tokens


def _priced(call: Call, tokens: dict[str, int], row: Row, version: str) -> Price | Unpriced:
    card = row.card_at(sum(tokens[name] for name in _INPUT_CLASSES))
    name = row.name(card, STANDARD)
    rates = card.tiers.get(call.tier)
    if rates is None:
        return Unpriced("missing_rate", f"{name} has no rates for tier {call.tier}", name)
    if call.tier != STANDARD:
        name = f"{name}+{call.tier}"
    if call.output_tokens is None and rates.output is not None:
        return Unpriced("no_usage", "output tokens are missing", name)
    by_class: dict[str, Decimal] = {}
    for one, count in tokens.items():
        if not count:
            continue
        rate = _rate(rates, one)
        if rate is None:
            return Unpriced("missing_rate", f"{name} has no rate for {one}", name)
        by_class[one] = _EXACT.multiply(rate, count)
    return Price(by_class, name, version)


def _rate(rates: Rates, name: str) -> Decimal | None:
    if name == "reasoning" and rates.reasoning is None:
        return rates.output
    rate: Decimal | None = getattr(rates, name)
    return rate


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return reduce(_EXACT.add, amounts, Decimal(0))
