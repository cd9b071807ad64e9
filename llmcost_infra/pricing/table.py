"""The price table: every provider's dated rates, looked up by model id and moment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from llmcost_infra.pricing.pattern import Pattern

__all__ = [
    "BATCH",
    "CLASSES",
    "OUTPUT_CLASSES",
    "SOLD_AS",
    "STANDARD",
    "Card",
    "Contract",
    "Model",
    "PriceTable",
    "Rates",
    "Row",
]

STANDARD: Final = "standard"
"""Name of the tier that a call has when it names none."""

BATCH: Final = "batch"
"""Name under which the rates of the batch API stand beside the service tiers."""


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per token of each class; None where there is no rate.

    Args:
        input: input that neither came from a cache nor went into one.
        output: output, reasoning included unless it has its own rate.
        cache_read: input read from a cache.
        cache_write: input written to a cache (five minutes where lifetimes differ).
        cache_write_1h: input written to a cache for an hour.
        reasoning: hidden output, where it has its own rate.
        input_audio: audio that was sent.
        cache_read_audio: audio read from a cache.
        output_audio: audio that came back.
        input_image: images that were sent, where they have their own rate.
        output_image: images that came back.
    """

    input: Decimal
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    reasoning: Decimal | None = None
    input_audio: Decimal | None = None
    cache_read_audio: Decimal | None = None
    output_audio: Decimal | None = None
    input_image: Decimal | None = None
    output_image: Decimal | None = None

    def rate(self, token_class: str) -> Decimal | None:
        """Return the rate of a class; some are sold like the one they are part of."""
        rate: Decimal | None = getattr(self, token_class)
        if rate is None and (whole := SOLD_AS.get(token_class)):
            rate = getattr(self, whole)
        return rate

    def items(self) -> Iterator[tuple[str, Decimal]]:
        """Yield each class that has a rate."""
        for one in CLASSES:
            rate = getattr(self, one)
            if rate is not None:
                yield one, rate


CLASSES: Final = tuple(one.name for one in fields(Rates))
"""Every class of tokens; no token is in two of them."""

OUTPUT_CLASSES: Final = frozenset({"output", "reasoning", "output_audio", "output_image"})
"""The classes of what comes back; all others are sent."""

SOLD_AS: Final = {"reasoning": "output", "input_image": "input"}
"""Class → the one whose rate it pays where it has none of its own."""


@dataclass(frozen=True, slots=True)
class Card:
    """The rates at one size of input.

    Args:
        over_input_tokens: total input above which the card is valid; 0 for the first one.
        tiers: service tier → rates; always holds `standard`.
    """

    over_input_tokens: int
    tiers: Mapping[str, Rates]


@dataclass(frozen=True, slots=True)
class Row:
    """A model's rates from one day on.

    Args:
        id: model id, `@`, first day: what a priced call names as its source.
        from_us: first moment, Unix microseconds UTC.
        cards: by size of input, smallest first.
        source: where the figures were read.
        verified: day on which they were last compared.
        review_by: day by which they have to be compared again.
        regions: region of inference → what every rate is multiplied with; 1 elsewhere.
        to_us: first moment at which it no longer holds, where the next rates are not known.
    """

    id: str
    from_us: int
    cards: tuple[Card, ...]
    source: str
    verified: date
    review_by: date
    regions: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    to_us: int | None = None

    def card_at(self, input_tokens: int) -> Card:
        """Return the rates of a request with so much input, cached ones included.

        The whole request moves to the larger card, also the part below its limit.
        """
        found = self.cards[0]
        for card in self.cards[1:]:
            if input_tokens <= card.over_input_tokens:
                break
            found = card
        return found

    def name(self, card: Card, tier: str) -> str:
        """Return what a priced call names as its row: with the limit and the tier, if any."""
        size = f">{card.over_input_tokens}" if card.over_input_tokens else ""
        return f"{self.id}{size}" if tier == STANDARD else f"{self.id}{size}+{tier}"


@dataclass(frozen=True, slots=True)
class Model:
    """A model's rates over time.

    Args:
        id: provider, slash, name.
        pattern: the model ids that cost this.
        rows: oldest first.
        needs_split: audio or images are most of what it is used for, at rates of their own, so that
            a call which does not tell them apart cannot be priced.
    """

    id: str
    pattern: Pattern
    rows: tuple[Row, ...]
    needs_split: bool = False

    def row_at(self, at_us: int) -> Row | None:
        """Return the row that is valid at a moment (Unix µs), or None where no rate is known."""
        for row in reversed(self.rows):
            if row.from_us <= at_us:
                return row if row.to_us is None or at_us < row.to_us else None
        return None


@dataclass(frozen=True, slots=True)
class Contract:
    """Prices that were negotiated with a provider.

    Args:
        id: name of its file.
        provider: OpenTelemetry provider name.
        from_us: first moment, Unix microseconds UTC.
        to_us: first moment at which it no longer holds.
        account: provider account (organization, project, subscription) it is about; empty is all.
        region: region of inference it is about; empty is all.
        multiplier: of the list price, for models without own rates.
        models: models with own rates; one row each.
    """

    id: str
    provider: str
    from_us: int
    to_us: int
    account: str = ""
    region: str = ""
    multiplier: Decimal = Decimal(1)
    models: tuple[Model, ...] = ()

    @property
    def specificity(self) -> tuple[bool, bool]:
        """Rank among the contracts that cover one call: an account goes before a region."""
        return bool(self.account), bool(self.region)

    def covers(self, provider: str, account: str, region: str, at_us: int) -> bool:
        """Tell whether a call is under this contract."""
        return (
            self.provider == provider
            and self.account in {"", account}
            and self.region in {"", region}
            and self.from_us <= at_us < self.to_us
        )

    def own_row(self, model: str) -> Row | None:
        """Return the negotiated rates of a model id, or None where the multiplier holds."""
        return next((one.rows[0] for one in self.models if one.pattern.matches(model)), None)


@dataclass(frozen=True)
class PriceTable:
    """All providers' prices.

    Args:
        providers: OpenTelemetry provider name → models, sorted by id.
        contracts: what was negotiated, the least specific first.
        aliases: other name → OpenTelemetry provider name.
    """

    providers: Mapping[str, tuple[Model, ...]] = field(repr=False)
    contracts: tuple[Contract, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def provider(self, name: str) -> str:
        """Return the OpenTelemetry name of a provider that goes by several."""
        return self.aliases.get(name, name)

    @cached_property
    def version(self) -> str:
        """Hash of all that decides a price; comments, sources and dates of review do not."""
        content = [_model_content(model) for models in self.providers.values() for model in models]
        content += [[*alias] for alias in self.aliases.items()]
        content += [_contract_content(contract) for contract in self.contracts]
        return hashlib.sha256(
            json.dumps(sorted(content, key=str), sort_keys=True).encode()
        ).hexdigest()[:12]

    @cached_property
    def moments(self) -> tuple[int, ...]:
        """Every moment (Unix µs) at which some price changes, the earliest first."""
        spans = [(row.from_us, row.to_us) for row in self._rows()]
        spans += [(one.from_us, one.to_us) for one in self.contracts]
        return tuple(sorted({moment for span in spans for moment in span if moment is not None}))

    @cached_property
    def limits(self) -> tuple[int, ...]:
        """Every size of input above which some price changes, the smallest first."""
        own = (model.rows[0] for contract in self.contracts for model in contract.models)
        cards = (card for row in (*self._rows(), *own) for card in row.cards[1:])
        return tuple(sorted({card.over_input_tokens for card in cards}))

    @cached_property
    def regions(self) -> frozenset[str]:
        """Every region that some price depends on."""
        named = {one.region for one in self.contracts if one.region}
        return frozenset(named.union(*(row.regions for row in self._rows())))

    def _rows(self) -> Iterator[Row]:
        for models in self.providers.values():
            for model in models:
                yield from model.rows

    @cached_property
    def _by_id(self) -> dict[tuple[str, str], Model]:
        return {
            (provider, literal): model
            for provider, models in self.providers.items()
            for model in models
            for literal in model.pattern.literals
        }

    @cached_property
    def _open(self) -> dict[str, tuple[Model, ...]]:
        return {
            provider: tuple(model for model in models if model.pattern.open_forms)
            for provider, models in self.providers.items()
        }

    def model(self, provider: str, model: str) -> Model | None:
        """Return a model's prices, or None for a model that the table lacks.

        Args:
            provider: OpenTelemetry provider name.
            model: id as the provider answers it; may carry the provider and a slash in front.
        """
        if found := self._by_id.get((provider, model)):
            return found
        name = model.removeprefix(f"{provider}/")
        if found := self._by_id.get((provider, name)):
            return found
        candidates = self._open.get(provider, ())
        return next((one for one in candidates if one.pattern.matches(name)), None)

    def contract(self, provider: str, account: str, region: str, at_us: int) -> Contract | None:
        """Return the most specific contract that covers a call, or None."""
        if not self.contracts:
            return None
        covering = (
            one for one in reversed(self.contracts) if one.covers(provider, account, region, at_us)
        )
        return next(covering, None)


def _model_content(model: Model) -> list[object]:
    content: list[object] = [model.id, model.pattern.text, [_content(row) for row in model.rows]]
    return [*content, "needs_split"] if model.needs_split else content


def _contract_content(one: Contract) -> list[object]:
    models = [_model_content(model) for model in one.models]
    covered = [one.provider, one.account, one.region, one.from_us, one.to_us]
    return [one.id, *covered, str(one.multiplier.normalize()), models]


def _content(row: Row) -> list[object]:
    cards = [
        [card.over_input_tokens, tier, sorted((n, str(r.normalize())) for n, r in rates.items())]
        for card in row.cards
        for tier, rates in sorted(card.tiers.items())
    ]
    regions = sorted((name, str(factor.normalize())) for name, factor in row.regions.items())
    return [row.from_us, cards, *regions, *([row.to_us] if row.to_us else [])]
