"""Rows of a price table to and from the server's form: decimal texts, tiers as a map."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.openobserve.kinds.ordering import in_order, numbered
from llmcost_infra.openobserve.kinds.rules import entries, maps
from llmcost_infra.openobserve.kinds.values import plain, without_defaults
from llmcost_infra.utc import at_microseconds, microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost_infra.openobserve.kinds.base import Inputs

__all__ = ["canonical_row", "exact", "fold_row", "moment", "unfold_row"]

_DEFAULTS: Inputs = {"enabled": True, "sort_order": 0}
_STORED = frozenset(
    {"description", "enabled", "match_pattern", "provider", "sort_order", "valid_from"}
)


def exact(value: Any) -> Decimal | None:
    """Return the number that a text stands for, or None if it is none."""
    if not isinstance(value, str):
        return None
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def moment(value: Any) -> datetime | None:
    """Return the moment that a text stands for, in UTC, or None if it is none.

    A day is its first moment; a time of day without a zone is no moment.
    """
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if parsed.tzinfo is None:
        return parsed.replace(tzinfo=UTC) if _is_day(value) else None
    return parsed.astimezone(UTC)


def canonical_row(row: Inputs) -> Inputs:
    """Return a row without nulls and defaults, and with prices and times in one spelling."""
    values: Inputs = plain(row)
    if (since := moment(values.get("valid_from"))) is not None:
        values["valid_from"] = _written(since)
    tiers = entries(values.get("tiers"))
    if tiers:
        values["tiers"] = {name: _canonical_tier(tier) for name, tier in tiers.items()}
    return without_defaults(values, _DEFAULTS, frozenset({"tiers"}))


def fold_row(name: str, row: Inputs) -> dict[str, Any]:
    """Return a row in the server's form; tiers go by their order, the one for the rest last."""
    row = canonical_row(row)
    tiers: dict[str, dict[str, Any]] = row["tiers"]
    orders = {called: tier["order"] for called, tier in tiers.items() if "order" in tier}
    body: dict[str, Any] = {
        **_DEFAULTS,
        **row,
        "name": name,
        "tiers": [_fold_tier(called, tier) for called, tier in in_order(tiers, orders)],
    }
    if since := moment(row.get("valid_from")):
        body["valid_from"] = microseconds(since)
    return body


def unfold_row(stored: Mapping[str, Any], known: Inputs) -> Inputs:
    """Return the inputs of a row, canonical.

    Args:
        stored: the row as the server has it.
        known: the row of the last state, for the order numbers of its tiers.
    """
    row: Inputs = {key: value for key, value in stored.items() if key in _STORED}
    if row.get("valid_from") is not None:
        row["valid_from"] = _since(row["valid_from"])
    row["tiers"] = _unfold_tiers(maps(stored["tiers"]), entries(known.get("tiers")))
    return canonical_row(row)


def _canonical_tier(tier: Inputs) -> Inputs:
    prices: Any = tier.get("prices")
    if isinstance(prices, dict):
        shown = {key: _spelt(price) for key, price in cast("Inputs", prices).items()}
        tier = {**tier, "prices": shown}
    return tier


def _spelt(price: Any) -> Any:
    """Return a price in digits only: the shortest text without an exponent."""
    number = exact(price)
    if number is None:
        return price
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _fold_tier(name: str, tier: Inputs) -> dict[str, Any]:
    # The server keeps prices as doubles; every text that was let through comes back as it is.
    prices = {key: float(price) for key, price in tier["prices"].items()}
    condition = {"condition": tier["condition"]} if "condition" in tier else {}
    return {"name": name, **condition, "prices": prices}


def _unfold_tiers(tiers: Sequence[Inputs], known: Mapping[str, Inputs]) -> Inputs:
    named = _by_name(tiers)
    conditional = [name for name, tier in named.items() if tier.get("condition")]
    orders = {name: known[name]["order"] for name in conditional if "order" in known.get(name, {})}
    numbers = numbered(conditional, orders)
    return {
        name: {
            "prices": {key: _spelt(str(price)) for key, price in tier["prices"].items()},
            **({"condition": tier["condition"], "order": numbers[name]} if name in numbers else {}),
        }
        for name, tier in named.items()
    }


def _by_name(tiers: Sequence[Inputs]) -> dict[str, Inputs]:
    """Return tiers by their name; the server lets two have the same one."""
    named: dict[str, Inputs] = {}
    for tier in tiers:
        name, count = tier["name"], 1
        while name in named:
            count += 1
            name = f"{tier['name']} {count}"
        named[name] = tier
    return named


def _is_day(text: str) -> bool:
    return "T" not in text and ":" not in text


def _since(micros: int) -> str:
    try:
        return _written(at_microseconds(micros))
    except OverflowError:
        return f"{micros} µs"


def _written(since: datetime) -> str:
    return since.isoformat().replace("+00:00", "Z")
