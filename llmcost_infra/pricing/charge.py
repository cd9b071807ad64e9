"""The rates by which many calls at once are charged: looked up once for all that are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from llmcost_infra.pricing.table import CLASSES

if TYPE_CHECKING:
    from decimal import Decimal

    from llmcost_infra.pricing.table import Model, PriceTable, Row

__all__ = ["Charge", "Key", "Owner", "charge_of", "owner_of"]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose prices a call pays at its moment.

    Args:
        provider: OpenTelemetry name of the provider.
        name: model id, where a contract may have rates of its own for it; otherwise empty.
        model: the model of the table, if it has one.
        row: the row that is valid, if one is.
    """

    provider: str
    name: str
    model: Model | None
    row: Row | None

    @property
    def identity(self) -> tuple[object, ...]:
        """What two calls have in common that pay by the same prices."""
        return self.provider, self.name, id(self.model), id(self.row)


class Key(NamedTuple):
    """All that decides the rates of a call.

    Args:
        owner: whose prices it pays.
        tier: name under which rates stand on a card.
        region: region of inference.
        account: provider account.
        at_us: when, Unix microseconds; as exact as contracts need it.
        sent: total input; as exact as limits need it.
    """

    owner: Owner
    tier: str
    region: str
    account: str
    at_us: int
    sent: int


@dataclass(frozen=True, slots=True)
class Charge:
    """What calls with one key pay.

    Args:
        known: whether the table has the model.
        row: the row's name, with its size, tier and region.
        rates: class → USD per token; None where the model, the moment or the tier has none.
        needs_split: calls that do not tell audio and images apart cannot be priced.
        contract: name of the contract that covers them, if one does.
        multiplier: what the contract makes of the list price.
        own: the contract's own rates, in place of the multiplier; empty where it lacks the tier.
    """

    known: bool
    row: str = ""
    rates: dict[str, float] | None = None
    needs_split: bool = False
    contract: str = ""
    multiplier: float = 1.0
    own: dict[str, float] | None = None


def owner_of(provider: str, model: str, at_us: int, table: PriceTable) -> Owner:
    """Return whose prices a call pays.

    Args:
        provider: name of the provider, or one of its other names.
        model: model id.
        at_us: when, Unix microseconds.
        table: the prices.
    """
    provider = table.provider(provider)
    found = table.model(provider, model)
    name = model.removeprefix(f"{provider}/") if table.contracts else ""
    return Owner(provider, name, found, found.row_at(at_us) if found else None)


def charge_of(key: Key, table: PriceTable) -> Charge:
    """Return what calls with a key pay.

    Args:
        key: what they have in common.
        table: the prices.
    """
    owner, row = key.owner, key.owner.row
    if owner.model is None or row is None:
        return Charge(known=owner.model is not None)
    factor = row.regions.get(key.region)
    place = f"~{key.region}" if factor else ""
    contract = table.contract(owner.provider, key.account, key.region, key.at_us)
    own = contract.own_row(owner.name) if contract else None
    return Charge(
        known=True,
        row=row.name(row.card_at(key.sent), key.tier) + place,
        rates=_rates(row, key, factor),
        needs_split=owner.model.needs_split,
        contract=contract.id if contract else "",
        multiplier=float(contract.multiplier) if contract else 1.0,
        own=(_rates(own, key, None) or {}) if own else None,
    )


def _rates(row: Row, key: Key, factor: Decimal | None) -> dict[str, float] | None:
    rates = row.card_at(key.sent).tiers.get(key.tier)
    if rates is None:
        return None
    told = {name: rate for name in CLASSES if (rate := rates.rate(name)) is not None}
    return {name: float(rate * (factor or 1)) for name, rate in told.items()}
