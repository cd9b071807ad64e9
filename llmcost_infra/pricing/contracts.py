"""Negotiated prices: `contracts/*.yaml`, one agreement with a provider a file."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llmcost_infra import declarations
from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.pricing import build, schema
from llmcost_infra.pricing.pattern import Claims, Pattern
from llmcost_infra.pricing.table import Contract, Model, Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmcost_infra.declarations import Document
    from llmcost_infra.errors import DeclarationError

__all__ = ["load_contracts"]

_OPEN_END: Final = date(9999, 1, 1)
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")


def load_contracts(project: Path | None = None) -> tuple[Contract, ...]:
    """Read every contract, the least specific first.

    Args:
        project: whose contracts go before shipped ones of the same name.

    Raises:
        DeclarationError: a file is wrong, or two contracts cover the same calls.
    """
    contracts: list[Contract] = []
    for name in declarations.names("contracts", project):
        document = declarations.read(declarations.find("contracts", name, project))
        parsed = document.parse(schema.ContractFile)
        problems = list(_problems(document, parsed, name))
        if problems:
            raise InvalidDeclaration(problems)
        contract = _contract(name, parsed)
        for other in contracts:
            if _collide(contract, other):
                raise document.problem(
                    ("from",), f"covers calls that the contract {other.id} covers as well",
                    "end the older one with `to`, or name an account or a region",
                )  # fmt: skip
        contracts.append(contract)
    return tuple(sorted(contracts, key=lambda one: (one.specificity, one.id)))


def _problems(
    document: Document, parsed: schema.ContractFile, name: str
) -> Iterator[DeclarationError]:
    if _NAME.fullmatch(name) is None:
        yield document.problem((), f"{name!r} is no name of a contract", "letters, digits, - and _")
    if parsed.to is not None and parsed.to <= parsed.from_:
        yield document.problem(("to",), f"{parsed.to} is not after {parsed.from_}")
    claims = Claims()
    for index, rates in enumerate(parsed.rates):
        at = ("rates", index)
        pattern = build.pattern(document, (*at, "match"), rates.match)
        if isinstance(pattern, Pattern):
            for common in claims.claim("above", pattern).values():
                yield document.problem((*at, "match"), f"{common!r} has rates above already")
        else:
            yield pattern
        yield from build.limit_problems(document, at, rates.context_tiers)


def _contract(name: str, parsed: schema.ContractFile) -> Contract:
    from_us = build.midnight_us(parsed.from_)
    rows = (
        (own.match, Row(name, from_us, build.cards(own, own.context_tiers), parsed.source,
                        parsed.from_, _OPEN_END))
        for own in parsed.rates
    )  # fmt: skip
    return Contract(
        id=name,
        provider=parsed.provider,
        from_us=from_us,
        to_us=build.midnight_us(parsed.to or _OPEN_END),
        account=parsed.account or "",
        region=parsed.region or "",
        multiplier=Decimal(parsed.multiplier),
        models=tuple(Model(name, Pattern(match), (row,)) for match, row in rows),
    )


def _collide(one: Contract, other: Contract) -> bool:
    same = (one.provider, one.account, one.region) == (other.provider, other.account, other.region)
    return same and one.from_us < other.to_us and other.from_us < one.to_us
