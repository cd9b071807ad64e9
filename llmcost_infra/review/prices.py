"""What changes in the price table: rate by rate, and what that would have changed in the spend."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llmcost_infra.pricing.money import per_mtok
from llmcost_infra.pricing.table import SOLD_AS, STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.pricing.table import Model, Row
    from llmcost_infra.review.usage import Usage

__all__ = ["PriceChange", "SpendEffect", "price_changes", "spend_effect"]

_ZERO: Final = Decimal(0)
_Rates = dict[tuple[int, str, str], Decimal]


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One rate that changes.

    Args:
        model: id of the model, with its provider.
        row: row of the table, which names its first day.
        from_us: first moment of the row, Unix µs.
        over_input_tokens: size of input above which it holds.
        tier: service tier, or ``batch``.
        token_class: e.g. ``cache_read``.
        before: USD per token; None where there was no rate.
        after: USD per token; None where there is none any more.
        edited: the row was there before: what was charged in the past changes too.
        pays_for: classes of tokens that pay this rate: those without one of their own as well.
    """

    model: str
    row: str
    from_us: int
    over_input_tokens: int
    tier: str
    token_class: str
    before: Decimal | None
    after: Decimal | None
    edited: bool
    pays_for: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The change in words, in USD per million tokens."""
        before, after = (
            "no rate" if one is None else per_mtok(one) for one in (self.before, self.after)
        )
        tier = "" if self.tier == STANDARD else f"{self.tier} "
        size = f" above {self.over_input_tokens:,} tokens" if self.over_input_tokens else ""
        since = "in the row of" if self.edited else "from"
        what = f"{tier}{self.token_class.replace('_', ' ')}{size}"
        return f"{what} {before} → {after} {since} {self.row.rpartition('@')[2]}"


@dataclass(frozen=True, slots=True)
class SpendEffect:
    """What a changed rate would have changed in a spend.

    Args:
        change: the rate.
        usd: difference, USD.
    """

    change: PriceChange
    usd: Decimal


def price_changes(before: PriceTable, after: PriceTable) -> Iterator[PriceChange]:
    """Yield every rate that differs; an appended row is compared with the one before it.

    Args:
        before: table at the base.
        after: table at the head.
    """
    old = {one.id: one for models in before.providers.values() for one in models}
    new = {one.id: one for models in after.providers.values() for one in models}
    for model in sorted(old.keys() | new.keys()):
        yield from _of_model(model, old.get(model), new.get(model))


def spend_effect(
    changes: Iterable[PriceChange], usage: Iterable[Usage], table: PriceTable
) -> tuple[SpendEffect, ...]:
    """Return what each changed rate would have changed in a spend, at list price.

    Rates that begin later are applied to the same calls as if they held already. A rate that comes
    or goes has no effect that can be told: without it a call has no price.

    Args:
        changes: of the price table.
        usage: calls of a time, added up.
        table: prices at the head, which say what model an id is.
    """
    known = list(usage)
    sizes: dict[str, list[int]] = {}
    for models in table.providers.values():
        for model in models:
            cards = {card.over_input_tokens for row in model.rows for card in row.cards}
            sizes[model.id] = sorted(cards)
    told: list[SpendEffect] = []
    for change in changes:
        if change.before is None or change.after is None:
            continue
        step = change.after - change.before
        tokens = sum(
            one.tokens.get(token_class, 0)
            for one in known
            for token_class in change.pays_for
            if _pays(one, change, table, sizes.get(change.model, [0]))
        )
        told.append(SpendEffect(change, step * tokens))
    return tuple(told)


def _pays(one: Usage, change: PriceChange, table: PriceTable, sizes: list[int]) -> bool:
    """Tell whether calls pay a rate: its model, tier and size, and its row if that was there."""
    model = table.model(table.provider(one.provider), one.model)
    if model is None or model.id != change.model or one.tier != change.tier:
        return False
    size = max((limit for limit in sizes if limit == 0 or one.input_size > limit), default=0)
    if size != change.over_input_tokens:
        return False
    if not change.edited:
        return True
    row = model.row_at(one.at_us)
    return row is not None and row.id == change.row


def _of_model(name: str, old: Model | None, new: Model | None) -> Iterator[PriceChange]:
    rows: Mapping[str, Row] = {row.id: row for row in old.rows} if old else {}
    last: Row | None = None
    for row in new.rows if new else ():
        edited = row.id in rows
        earlier = rows.get(row.id, last)
        yield from _of_row(name, row, earlier, row, edited=edited)
        last = row
    there = {row.id for row in new.rows} if new else set[str]()
    for row in rows.values():
        if row.id not in there:
            yield from _of_row(name, row, row, None, edited=True)


def _of_row(
    name: str, row: Row, before: Row | None, after: Row | None, *, edited: bool
) -> Iterator[PriceChange]:
    old, new = _rates(before), _rates(after)
    for size, tier, token_class in dict.fromkeys([*new, *old]):
        key = (size, tier, token_class)
        if old.get(key) != new.get(key):
            also = (
                part
                for part, whole in SOLD_AS.items()
                if whole == token_class and (size, tier, part) not in new
            )
            rates, pays_for = (old.get(key), new.get(key)), (token_class, *also)
            yield PriceChange(name, row.id, row.from_us, *key, *rates, edited, pays_for)


def _rates(row: Row | None) -> _Rates:
    return {
        (card.over_input_tokens, tier, token_class): rate
        for card in (row.cards if row else ())
        for tier, rates in card.tiers.items()
        for token_class, rate in rates.items()
    }
