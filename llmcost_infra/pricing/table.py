"""The price table: every provider's dated rates, looked up by model id and moment."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from decimal import Decimal

    from llmcost_infra.pricing.pattern import Pattern

__all__ = ["BATCH", "STANDARD", "Card", "Model", "PriceTable", "Rates", "Row"]

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
    """

    input: Decimal
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    reasoning: Decimal | None = None

    def items(self) -> Iterator[tuple[str, Decimal]]:
        """Yield each class that has a rate."""
        for one in fields(self):
            rate = getattr(self, one.name)
            if rate is not None:
                yield one.name, rate


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
    """

    id: str
    from_us: int
    cards: tuple[Card, ...]
    source: str
    verified: date
    review_by: date

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
    """

    id: str
    pattern: Pattern
    rows: tuple[Row, ...]

    def row_at(self, at_us: int) -> Row | None:
        """Return the row that is valid at a moment (Unix µs), or None before the first."""
        index = bisect_right(self.rows, at_us, key=lambda row: row.from_us)
        return self.rows[index - 1] if index else None


@dataclass(frozen=True)
class PriceTable:
    """All providers' prices.

    Args:
        providers: OpenTelemetry provider name → models, sorted by id.
    """

    providers: Mapping[str, tuple[Model, ...]] = field(repr=False)

    @cached_property
    def version(self) -> str:
        """Hash of all that decides a price; comments, sources and dates of review do not."""
        content = [
            [model.id, model.pattern.text, [_content(row) for row in model.rows]]
            for models in self.providers.values()
            for model in models
        ]
        return hashlib.sha256(
            json.dumps(sorted(content, key=str), sort_keys=True).encode()
        ).hexdigest()[:12]

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
        name = model.removeprefix(f"{provider}/")
        if found := self._by_id.get((provider, name)):
            return found
        candidates = self._open.get(provider, ())
        return next((one for one in candidates if one.pattern.matches(name)), None)


def _content(row: Row) -> list[object]:
    return [
        row.from_us,
        [
            [
                card.over_input_tokens,
                tier,
                sorted((n, str(r.normalize())) for n, r in rates.items()),
            ]
            for card in row.cards
            for tier, rates in sorted(card.tiers.items())
        ],
    ]
