"""The table held against public price data: wrong rates, missing models, overlaps, due reviews."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from llmcost_infra.pricing import peer
from llmcost_infra.pricing.compute import Call
from llmcost_infra.pricing.files import load_table
from llmcost_infra.pricing.model_prices import WRONG, unsaid
from llmcost_infra.pricing.money import per_mtok, plain
from llmcost_infra.pricing.reports import due_rows
from llmcost_infra.pricing.table import STANDARD
from llmcost_infra.pricing.waivers import load_waivers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime
    from pathlib import Path

    from llmcost_infra.pricing.table import Card, Model, PriceTable, Row
    from llmcost_infra.pricing.waivers import Waiver

__all__ = ["Finding", "check_table", "findings_of"]

Level = Literal["error", "warning", "note"]

_TOLERANCE: Final = Decimal("0.005")
_DECISIVE: Final = frozenset({"input", "output", "cache_read"})
_PEER: Final = f"genai-prices {peer.VERSION}"
# Sizes of input at which somebody is known to change a rate, beside our own limits.
_SIZES: Final = (1_000, 100_001, 128_001, 200_000, 200_001, 272_001, 1_000_000)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    Args:
        level: an error fails the check.
        kind: price, missing_rate, missing_model, overlap, review, waiver or openobserve.
        subject: row, model or file.
        said: what is wrong, for people.
        model: id of our model, where it is about one.
        token_class: class of tokens, where it is about one.
    """

    level: Level
    kind: str
    subject: str
    said: str
    model: str = ""
    token_class: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return it as JSON."""
        return asdict(self)


def check_table(project: Path | None, now: datetime) -> list[Finding]:
    """Check a project's table, with its waivers.

    Args:
        project: whose files go before the shipped ones.
        now: when.

    Raises:
        DeclarationError: a file is wrong.
    """
    return findings_of(load_table(project), load_waivers(project), now)


def findings_of(table: PriceTable, waivers: Iterable[Waiver], now: datetime) -> list[Finding]:
    """Check a table.

    Args:
        table: the prices.
        waivers: differences that are known.
        now: when.
    """
    found = list(dict.fromkeys(_prices(table, now)))
    found = list(_waived(found, tuple(waivers), now.date()))
    found += [*_overlaps(table), *_missing(table), *_due(table, now.date())]
    return [*found, *_openobserve(table)]


def _prices(table: PriceTable, now: datetime) -> Iterator[Finding]:
    now_us = Call(provider="", model="", at=now).at_us
    for provider, models in table.providers.items():
        for model in models if provider in peer.PROVIDERS else ():
            row = model.row_at(now_us)
            known = _known_id(provider, model, now)
            if row is not None and known:
                yield from _row_prices(provider, known, model, row, now)


def _known_id(provider: str, model: Model, now: datetime) -> str:
    """Return an id of the model that the peer knows."""
    ids = sorted(model.pattern.examples, key=len)
    known = (one for one in ids if peer.knows(provider, one, now))
    return next(known, "")


def _row_prices(
    provider: str, known: str, model: Model, row: Row, now: datetime
) -> Iterator[Finding]:
    limits = [card.over_input_tokens for card in row.cards[1:]]
    for size in sorted({*_SIZES, *limits, *(limit + 1 for limit in limits)}):
        card = row.card_at(size)
        for tier in card.tiers:
            theirs = peer.rates_at(provider, known, tier=tier, input_tokens=size, at=now)
            if theirs.own_tier:
                yield from _rate_findings(model, row, card, tier, theirs)


def _rate_findings(
    model: Model, row: Row, card: Card, tier: str, theirs: peer.PeerRates
) -> Iterator[Finding]:
    name = row.name(card, tier)
    rates = dict(card.tiers[tier].items())
    for one, rate in rates.items():
        said = theirs.per_mtok.get(one, theirs.implied.get(one))
        ours = rate.scaleb(6)
        if said is not None and abs(said - ours) > _TOLERANCE * max(said, ours):
            level: Level = "error" if one in _DECISIVE and tier == STANDARD else "warning"
            text = f"{one} is {per_mtok(rate)} here and {_short(said)} in {_PEER}"
            yield Finding(level, "price", name, text, model.id, one)
    for one in sorted(theirs.per_mtok.keys() - rates.keys()):
        text = f"{one} has no rate here and is {_short(theirs.per_mtok[one])} in {_PEER}"
        yield Finding("warning", "missing_rate", name, text, model.id, one)


def _short(usd: Decimal) -> str:
    return plain(round(usd, 9))


def _waived(
    found: Iterable[Finding], waivers: tuple[Waiver, ...], today: date
) -> Iterator[Finding]:
    used: set[Waiver] = set()
    for finding in found:
        waiver = next((one for one in waivers if _covers(one, finding)), None)
        if waiver is None or today >= waiver.expires:
            yield finding
        else:
            said = f"{finding.said} (waived until {waiver.expires}: {waiver.reason})"
            yield replace(finding, level="note", said=said)
        if waiver is not None:
            used.add(waiver)
    for waiver in waivers:
        if today >= waiver.expires:
            said = f"the waiver expired on {waiver.expires}: {waiver.reason}"
            yield Finding("error", "waiver", waiver.model, said)
        elif waiver not in used:
            said = "the waiver covers no difference any more: remove it"
            yield Finding("warning", "waiver", waiver.model, said)


def _covers(waiver: Waiver, finding: Finding) -> bool:
    return waiver.model == finding.model and finding.token_class in waiver.classes


def _overlaps(table: PriceTable) -> Iterator[Finding]:
    for provider, models in table.providers.items():
        theirs = peer.models(provider) if provider in peer.PROVIDERS else ()
        ids = {*theirs, *(one for model in models for one in model.pattern.examples)}
        for one in sorted(ids):
            fitting = [model.id for model in models if model.pattern.matches(one)]
            if len(fitting) > 1:
                said = f"fits {' and '.join(fitting)}"
                yield Finding("error", "overlap", f"{provider} {one}", said)


def _missing(table: PriceTable) -> Iterator[Finding]:
    for provider in table.providers:
        for one in peer.models(provider) if provider in peer.PROVIDERS else ():
            if table.model(provider, one) is None:
                said = f"is in {_PEER} and not in the table"
                yield Finding("note", "missing_model", f"{provider}/{one}", said)


def _due(table: PriceTable, today: date) -> Iterator[Finding]:
    for row in due_rows(table, today):
        yield Finding("warning", "review", row["row"], f"the review was due on {row['review_by']}")


def _openobserve(table: PriceTable) -> Iterator[Finding]:
    for wrong in WRONG:
        yield Finding("note", "openobserve", "OpenObserve's own cost", wrong)
    for lost, where in unsaid(table).items():
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        yield Finding("note", "openobserve", f"{where[0]}{more}", lost)
