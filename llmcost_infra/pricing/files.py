"""Price files: `pricing/*.yaml` and `contracts/*.yaml` read as one table, with every problem."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llmcost_infra import declarations
from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.pricing import build, remembered, schema
from llmcost_infra.pricing.contracts import load_contracts
from llmcost_infra.pricing.pattern import Claims, Pattern
from llmcost_infra.pricing.table import PriceTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmcost_infra.declarations import Document, KeyPath
    from llmcost_infra.errors import DeclarationError
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
        path = declarations.find("pricing", name, project)
        parsed = _parsed(name, path)
        models = map(build.model, parsed.models)
        providers[parsed.provider] = tuple(sorted(models, key=lambda model: model.id))
        for place, alias in enumerate(parsed.aliases):
            if aliases.setdefault(alias, name) != name or alias in providers:
                raise declarations.read(path).problem(
                    ("aliases", place), f"{alias!r} is somebody else's name"
                )
    return PriceTable(providers, load_contracts(project), aliases)


def _parsed(name: str, path: Path) -> schema.PriceFile:
    """Return a file without problems; one that was read before is not read again."""
    key = remembered.key_of(path.read_bytes()) if path.is_file() else ""
    if values := remembered.recall(name, key):
        return schema.PriceFile.model_validate_json(values)
    document = declarations.read(path)
    parsed = document.parse(schema.PriceFile)
    if problems := list(_problems(document, parsed, name)):
        raise InvalidDeclaration(problems)
    remembered.remember(name, key, json.dumps(document.data))
    return parsed


def _problems(
    document: Document, parsed: schema.PriceFile, name: str
) -> Iterator[DeclarationError]:
    if parsed.provider != name:
        yield document.problem(
            ("provider",), f"{parsed.provider!r} does not fit the file's name", f"write {name!r}"
        )
    ids, claims = set[str](), Claims()
    for index, model in enumerate(parsed.models):
        at: KeyPath = ("models", index)
        if not model.id.startswith(f"{parsed.provider}/") or model.id in ids:
            hint = f"{parsed.provider}/ and a name that no other model has"
            yield document.problem((*at, "id"), f"{model.id!r} is not an id here", hint)
        ids.add(model.id)
        yield from _pattern_problems(document, (*at, "match"), model, claims)
        yield from _rate_problems(document, (*at, "rates"), model.rates)


def _pattern_problems(
    document: Document, at: KeyPath, model: schema.ModelPrices, claims: Claims
) -> Iterator[DeclarationError]:
    pattern = build.pattern(document, at, model.match)
    if not isinstance(pattern, Pattern):
        yield pattern
        return
    for other, common in claims.claim(model.id, pattern).items():
        yield document.problem(
            at, f"{common!r} matches {other} as well", "one model id has one price"
        )


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
