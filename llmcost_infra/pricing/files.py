"""Price files: `pricing/*.yaml` read as one table, with every problem at its line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from llmcost_infra import declarations
from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.pricing import schema
from llmcost_infra.pricing.pattern import Pattern, PatternError
from llmcost_infra.pricing.table import BATCH, STANDARD, Card, Model, PriceTable, Rates, Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmcost_infra.declarations import Document, KeyPath
    from llmcost_infra.errors import DeclarationError

__all__ = ["load_table"]

_MILLIONTH: Final = -6
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
