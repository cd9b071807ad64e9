"""The price table: every provider's dated rates, checked as a whole and looked up by model id."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from llmcost_infra import declarations
from llmcost_infra.declarations import Document, InvalidDeclaration, KeyPath
from llmcost_infra.pricing import schema
from llmcost_infra.pricing.pattern import Pattern, PatternError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from llmcost_infra.errors import DeclarationError

__all__ = ["BATCH", "STANDARD", "Card", "Model", "PriceTable", "Rates", "Row", "load_table"]

STANDARD: Final = "standard"
"""Name of the tier that a call has when it names none."""

BATCH: Final = "batch"
"""Name under which the rates of the batch API stand beside the service tiers."""

_MILLIONTH: Final = -6
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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


def load_table(project: Path | None = None) -> PriceTable:
    """Read every file of `pricing/` as one table.

    Args:
        project: a project whose own file of a provider replaces the shipped one.

    Raises:
        DeclarationError: a file is wrong, with every problem at its line.
    """
    providers: dict[str, tuple[Model, ...]] = {}
    for name in declarations.names("pricing", project):
        document = declarations.read(declarations.find("pricing", name, project))
        parsed = document.parse(schema.PriceFile)
        problems = list(_problems(document, parsed, name))
        if problems:
            raise InvalidDeclaration(problems)
        providers[parsed.provider] = tuple(sorted(map(_model, parsed.models), key=lambda m: m.id))
    return PriceTable(providers)


def _problems(
    document: Document, parsed: schema.PriceFile, name: str
) -> Iterator[DeclarationError]:
    if parsed.provider != name:
        yield document.problem(
            ("provider",), f"{parsed.provider!r} does not fit the file's name", f"write {name!r}"
        )
    patterns: dict[str, Pattern] = {}
    for index, model in enumerate(parsed.models):
        at: KeyPath = ("models", index)
        if not model.id.startswith(f"{parsed.provider}/") or model.id in patterns:
            hint = f"{parsed.provider}/ and a name that no other model has"
            yield document.problem((*at, "id"), f"{model.id!r} is not an id here", hint)
        yield from _pattern_problems(document, (*at, "match"), model, patterns)
        yield from _rate_problems(document, (*at, "rates"), model.rates)


def _pattern_problems(
    document: Document, at: KeyPath, model: schema.ModelPrices, seen: dict[str, Pattern]
) -> Iterator[DeclarationError]:
    try:
        pattern = Pattern(model.match)
    except PatternError as error:
        yield document.problem(at, f"the pattern {error}", r"like '^gpt-4o(-\d{4}-\d{2}-\d{2})?$'")
        return
    for other, theirs in seen.items():
        if common := pattern.common_id(theirs):
            yield document.problem(
                at, f"{common!r} matches {other} as well", "one model id has one price"
            )
    seen[model.id] = pattern


def _rate_problems(
    document: Document, at: KeyPath, rates: list[schema.DatedRates]
) -> Iterator[DeclarationError]:
    for index, rate in enumerate(rates):
        if index and rate.from_ <= rates[index - 1].from_:
            yield document.problem(
                (*at, index, "from"), f"{rate.from_} does not follow {rates[index - 1].from_}",
                "append the newer rates below the older ones",
            )  # fmt: skip
        if rate.review_by <= rate.verified:
            yield document.problem(
                (*at, index, "review_by"), "is not after verified", "a quarter later is usual"
            )
        limits = [0, *(tier.over_input_tokens for tier in rate.context_tiers)]
        for place, (below, limit) in enumerate(pairwise(limits)):
            if limit <= below:
                where = (*at, index, "context_tiers", place, "over_input_tokens")
                yield document.problem(where, "the limit does not grow", "smallest limit first")


def _model(spec: schema.ModelPrices) -> Model:
    return Model(spec.id, Pattern(spec.match), tuple(_row(spec.id, rate) for rate in spec.rates))


def _row(model: str, spec: schema.DatedRates) -> Row:
    start = datetime(spec.from_.year, spec.from_.month, spec.from_.day, tzinfo=UTC)
    return Row(
        id=f"{model}@{spec.from_.isoformat()}",
        from_us=(start - _EPOCH) // timedelta(microseconds=1),
        cards=(_card(0, spec), *(_card(t.over_input_tokens, t) for t in spec.context_tiers)),
        source=spec.source,
        verified=spec.verified,
        review_by=spec.review_by,
    )


def _card(over_input_tokens: int, spec: schema.Card) -> Card:
    standard = _rates(spec.per_mtok)
    tiers = {STANDARD: standard}
    if spec.batch is not None:
        tiers[BATCH] = _rates(spec.batch)
    for name, rates in spec.service_tiers.items():
        tiers[name] = standard if rates == "standard" else _rates(rates)
    return Card(over_input_tokens, tiers)


def _rates(spec: schema.Rates) -> Rates:
    given = spec.model_dump(exclude_none=True)
    return Rates(**{name: Decimal(usd).scaleb(_MILLIONTH) for name, usd in given.items()})


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
