"""What a stored call costs by the present prices, and the row that says so where it differs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.columns import STORED, STORED_NAMES
from llmcost_infra.pricing import Call, Price, Unpriced, price_of
from llmcost_infra.utc import at_microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.pricing import PriceTable

__all__ = ["Adjustment", "Lost", "StoredCall", "adjusted"]

StoredCall = dict[str, Any]
"""A call by logical column, as `stored_calls_statement` returns it; nulls are left out."""

_SAME: Final = 1e-9
_NOTHING: Final = 1e-15


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A call that costs something else by now.

    Args:
        row: stored column → value: the call's row with the new prices.
        usd: what that adds to the cost by list price; negative where the call got cheaper.
        contract_usd: what that adds to the cost by contract.
    """

    row: Mapping[str, Any]
    usd: Decimal
    contract_usd: Decimal


@dataclass(frozen=True, slots=True)
class Lost:
    """A call that had a price, and has none by the present table: it keeps what it had.

    Args:
        model: that answered.
        reason: why the table does not price it.
    """

    model: str
    reason: str


def adjusted(stored: StoredCall, table: PriceTable, now_us: int) -> Adjustment | Lost | None:
    """Return what the present table changes about a stored call, or None when it changes nothing.

    Args:
        stored: the call.
        table: the prices.
        now_us: when, µs.
    """
    price = price_of(_call(stored), table)
    if isinstance(price, Unpriced):
        if stored["pricing_status"] != "priced":
            return None
        return Lost(stored.get("model") or "unknown", price.detail)
    new = _priced(price)
    if all(_equal(stored.get(name), value) for name, value in new.items()):
        return None
    usd = price.cost_usd - _money(stored.get("cost_usd"))
    contract_usd = _money(price.contract_usd) - _money(stored.get("contract_cost_usd"))
    values: dict[str, Any] = {
        **stored,
        **new,
        "_timestamp": stored["started_at"],
        "price_row": price.row,
        "price_version": price.version,
        "adjusted_at": now_us,
        "adjusted_usd": float(usd),
        "adjusted_contract_usd": float(contract_usd),
    }
    row = {
        column: float(values[name]) if STORED[column] == "float64" else values[name]
        for name, column in STORED_NAMES.items()
        if values.get(name) is not None
    }
    return Adjustment(row, usd, contract_usd)


def _call(stored: StoredCall) -> Call:
    """Return a stored call as the price table reads calls; its input counts cached tokens too."""
    an_hour = stored.get("cache_write_1h_tokens") or 0
    return Call(
        provider=stored.get("provider") or "",
        model=stored.get("model") or "",
        at=at_microseconds(stored["started_at"]),
        input_tokens=stored.get("input_tokens"),
        output_tokens=stored.get("output_tokens"),
        cache_read_tokens=stored.get("cache_read_tokens") or 0,
        cache_write_tokens=max((stored.get("cache_write_tokens") or 0) - an_hour, 0),
        cache_write_1h_tokens=an_hour,
        reasoning_tokens=stored.get("reasoning_tokens") or 0,
        input_audio_tokens=stored.get("input_audio_tokens"),
        cache_read_audio_tokens=stored.get("cache_read_audio_tokens") or 0,
        output_audio_tokens=stored.get("output_audio_tokens"),
        input_image_tokens=stored.get("input_image_tokens"),
        output_image_tokens=stored.get("output_image_tokens"),
        service_tier=stored.get("service_tier") or "",
        batch=bool(stored.get("batch")),
        account=stored.get("account") or "",
        region=stored.get("region") or "",
    )


def _priced(price: Price) -> dict[str, Any]:
    """Return the logical columns by which two prices of a call differ."""
    return {
        "pricing_status": "priced",
        "cost_usd": float(price.cost_usd),
        "input_cost_usd": float(price.input_usd),
        "output_cost_usd": float(price.output_usd),
        "contract": price.contract or None,
        "contract_cost_usd": None if price.contract_usd is None else float(price.contract_usd),
    }


def _equal(stored: Any, value: Any) -> bool:
    """Tell whether a value is stored; the pipeline computes with floating point."""
    if isinstance(stored, int | float) and isinstance(value, float):
        return math.isclose(stored, value, rel_tol=_SAME, abs_tol=_NOTHING)
    return bool(stored == value)


def _money(amount: float | Decimal | None) -> Decimal:
    return Decimal(0) if amount is None else Decimal(str(amount))
