"""What a call costs: exact, split by class of tokens, or the reason why nobody can say."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from llmcost_infra.errors import PricingError
from llmcost_infra.pricing.table import BATCH, OUTPUT_CLASSES, STANDARD
from llmcost_infra.utc import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from llmcost_infra.pricing.table import Card, Contract, PriceTable, Row

__all__ = ["STANDARD_TIERS", "Call", "Price", "Reason", "Unpriced", "price_of"]

STANDARD_TIERS: Final = frozenset({"", "auto", "default", STANDARD})
"""What a provider answers for the tier that everybody has."""

Reason = Literal["unpriced_model", "missing_rate", "no_usage"]
"""Why a call has no price; the values of the column `pricing_status` beside `priced`."""

# Calls and prices are tuples: applications make one of each a call, and a frozen dataclass of that
# size takes four times as long.

# Money is never rounded here: a product that does not fit raises instead.
_EXACT: Final = Context(prec=60, traps=[Inexact])
_ZERO: Final = Decimal(0)


class Call(NamedTuple):
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
        input_audio_tokens: part of the input; None when nobody told it apart.
        cache_read_audio_tokens: part of the audio that was read from the cache.
        output_audio_tokens: part of the output; None when nobody told it apart.
        input_image_tokens: part of the input; None when nobody told it apart.
        output_image_tokens: part of the output; None when nobody told it apart.
        service_tier: as the provider answered it; empty is standard.
        batch: the call went through the batch API.
        cache_inside_input: `input_tokens` counts cached tokens too (OpenAI and OpenTelemetry do,
            Anthropic's own API does not).
        account: provider account that pays, for contracts; empty if unknown.
        region: region of inference; empty if unknown or global.
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
    input_audio_tokens: int | None = None
    cache_read_audio_tokens: int = 0
    output_audio_tokens: int | None = None
    input_image_tokens: int | None = None
    output_image_tokens: int | None = None
    service_tier: str = ""
    batch: bool = False
    cache_inside_input: bool = True
    account: str = ""
    region: str = ""

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
        return microseconds(self.at)

    @property
    def is_split(self) -> bool:
        """Whether anybody told audio or images apart from text."""
        return (
            self.input_audio_tokens is not None
            or self.output_audio_tokens is not None
            or self.input_image_tokens is not None
            or self.output_image_tokens is not None
        )


class Price(NamedTuple):
    """What a call costs, in USD.

    Args:
        by_class: class of tokens → USD at list price; only classes that the call used.
        row: the row that was applied, with the tier, the context limit and the region if any.
        version: version of the table.
        contract: the contract that covers the call, if one does.
        contract_usd: what the contract makes of it, the list price without one; None where the
            contract's own rates lack one that the call needs.
    """

    by_class: Mapping[str, Decimal]
    row: str
    version: str
    contract: str
    contract_usd: Decimal | None

    @property
    def cost_usd(self) -> Decimal:
        """The whole call."""
        if self.contract_usd is not None and not self.contract:
            return self.contract_usd
        return _sum(self.by_class.values())

    @property
    def input_usd(self) -> Decimal:
        """Everything that was sent, cache reads and writes included."""
        return _sum(usd for name, usd in self.by_class.items() if name not in OUTPUT_CLASSES)

    @property
    def output_usd(self) -> Decimal:
        """Everything that came back, reasoning included."""
        return _sum(usd for name, usd in self.by_class.items() if name in OUTPUT_CLASSES)


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
    provider = table.provider(call.provider)
    row = _row(call, table, provider, at_us)
    if isinstance(row, Unpriced):
        return row
    card, tier = row.card_at(_input_size(call)), call.tier
    by_class = _by_class(call, tokens, row, card, tier)
    if isinstance(by_class, Unpriced):
        return by_class
    name = row.name(card, tier)
    if factor := row.regions.get(call.region):
        name = f"{name}~{call.region}"
        by_class = {one: _EXACT.multiply(usd, factor) for one, usd in by_class.items()}
    contract = table.contract(provider, call.account, call.region, at_us)
    if contract is None:
        return Price(by_class, name, table.version, "", _sum(by_class.values()))
    usd = _contract_usd(call, tokens, contract, by_class)
    return Price(by_class, name, table.version, contract.id, usd)


def _row(call: Call, table: PriceTable, provider: str, at_us: int) -> Row | Unpriced:
    model = table.model(provider, call.model)
    if model is None:
        asked = f"{call.provider} {call.model}".strip()
        return Unpriced("unpriced_model", f"{asked} is not in the table")
    row = model.row_at(at_us)
    if row is None:
        return Unpriced("missing_rate", f"{model.id} has no rates at {call.at.isoformat()}")
    if model.needs_split and not call.is_split:
        return Unpriced("no_usage", "audio and images are not told apart from text", row.id)
    return row


def _tokens(call: Call) -> dict[str, int] | Unpriced:
    """Split the tokens into classes that do not overlap, or say why that is impossible."""
    if call.input_tokens is None:
        return Unpriced("no_usage", "input tokens are missing")
    cached = _cached(call)
    plain = call.input_tokens - cached if call.cache_inside_input else call.input_tokens
    visible = (call.output_tokens or 0) - call.reasoning_tokens
    tokens = {
        "input": plain,
        "cache_read": call.cache_read_tokens,
        "cache_write": call.cache_write_tokens,
        "cache_write_1h": call.cache_write_1h_tokens,
        "output": visible,
        "reasoning": call.reasoning_tokens,
    }
    if call.is_split:
        _take_apart(call, tokens)
    if min(tokens.values()) < 0:
        what = f"{cached} cached of {call.input_tokens} input, {call.reasoning_tokens} reasoning"
        return Unpriced(
            "no_usage", f"counts contradict each other: {what} of {call.output_tokens or 0} output"
        )
    return tokens


def _take_apart(call: Call, tokens: dict[str, int]) -> None:
    """Move audio and images out of the classes that they are counted in."""
    cached_audio = call.cache_read_audio_tokens
    audio = (call.input_audio_tokens or 0) - cached_audio
    images = call.input_image_tokens or 0
    out_audio, out_images = call.output_audio_tokens or 0, call.output_image_tokens or 0
    tokens["input"] -= audio + images
    tokens["cache_read"] -= cached_audio
    tokens["output"] -= out_audio + out_images
    tokens |= {
        "input_audio": audio,
        "cache_read_audio": cached_audio,
        "output_audio": out_audio,
        "input_image": images,
        "output_image": out_images,
    }


def _cached(call: Call) -> int:
    return call.cache_read_tokens + call.cache_write_tokens + call.cache_write_1h_tokens


def _input_size(call: Call) -> int:
    sent = call.input_tokens or 0
    return sent if call.cache_inside_input else sent + _cached(call)


def _by_class(
    call: Call, tokens: dict[str, int], row: Row, card: Card, tier: str
) -> dict[str, Decimal] | Unpriced:
    """Return what each class costs by one row, before region and contract."""
    rates = card.tiers.get(tier)
    if rates is None:
        name = row.name(card, STANDARD)
        return Unpriced("missing_rate", f"{name} has no rates for tier {tier}", name)
    if call.output_tokens is None and rates.output is not None:
        return Unpriced("no_usage", "output tokens are missing", row.name(card, tier))
    by_class: dict[str, Decimal] = {}
    for one, count in tokens.items():
        if count:
            rate = rates.rate(one)
            if rate is None:
                name = row.name(card, tier)
                return Unpriced("missing_rate", f"{name} has no rate for {one}", name)
            by_class[one] = _EXACT.multiply(rate, count)
    return by_class


def _contract_usd(
    call: Call, tokens: dict[str, int], contract: Contract, by_class: Mapping[str, Decimal]
) -> Decimal | None:
    own = contract.own_row(call.model.removeprefix(f"{contract.provider}/"))
    if own is None:
        return _EXACT.multiply(_sum(by_class.values()), contract.multiplier)
    negotiated = _by_class(call, tokens, own, own.card_at(_input_size(call)), call.tier)
    return None if isinstance(negotiated, Unpriced) else _sum(negotiated.values())


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = _ZERO
    for usd in amounts:
        total = _EXACT.add(total, usd)
    return total
