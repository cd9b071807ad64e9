"""Price files: `pricing/*.yaml` and `contracts/*.yaml` read as one table, with every problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra import declarations
from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.pricing import build, schema
from llmcost_infra.pricing.contracts import load_contracts
from llmcost_infra.pricing.table import PriceTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmcost_infra.declarations import Document, KeyPath
    from llmcost_infra.errors import DeclarationError
    from llmcost_infra.pricing.pattern import Pattern
    from llmcost_infra.pricing.table import Model

__all__ = ["load_table"]


def load_table(project: Path | None = None) -> PriceTable:
    """Read every file of `pricing/` and `contracts/` as one table.

    Args:
        project: a project whose own file of a provider replaces the shipped one.

    Raises:
        DeclarationError: a file is wrong, with every problem at its line.
    """
    providers: dict[str, tuple[Model, ...]] = {}
    aliases: dict[str, str] = {}
    for name in declarations.names("pricing", project):
        document = declarations.read(declarations.find("pricing", name, project))
        parsed = document.parse(schema.PriceFile)
        problems = list(_problems(document, parsed, name))
        if problems:
            raise InvalidDeclaration(problems)
        models = map(build.model, parsed.models)
        providers[parsed.provider] = tuple(sorted(models, key=lambda model: model.id))
        for place, alias in enumerate(parsed.aliases):
            if aliases.setdefault(alias, name) != name or alias in providers:
                raise document.problem(("aliases", place), f"{alias!r} is somebody else's name")
    return PriceTable(providers, load_contracts(project), aliases)


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
    pattern = build.pattern(document, at, model.match)
    if not isinstance(pattern, build.Pattern):
        yield pattern
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
        if rate.to is not None and rate.to <= rate.from_:
            yield document.problem((*at, index, "to"), f"{rate.to} is not after {rate.from_}")
        yield from build.limit_problems(document, (*at, index), rate.context_tiers)
