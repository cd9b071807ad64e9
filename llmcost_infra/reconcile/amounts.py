"""Amounts as providers write them: numbers, texts, cents."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from llmcost_infra.errors import ReconcileError

__all__ = ["CENT", "ZERO", "exact_json", "in_usd", "usd_of"]

ZERO: Final = Decimal(0)
CENT: Final = Decimal("0.01")


def exact_json(text: str | bytes) -> Any:
    """Return JSON in which no number went through a float."""
    return json.loads(text, parse_float=Decimal)


def usd_of(value: object, where: str, *, cents: bool = False) -> Decimal:
    """Return an amount in USD.

    Args:
        value: a number or a text.
        where: what it belongs to, for the error.
        cents: whether it counts cents.

    Raises:
        ReconcileError: it is no amount.
    """
    try:
        amount = Decimal(str(value).strip()) if not isinstance(value, bool) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite():
        raise ReconcileError(
            f"{where}: {value!r} is no amount.",
            hint="The source may have changed its form; report it with this line.",
        )
    return amount.scaleb(-2) if cents else amount


def in_usd(currency: object, where: str) -> None:
    """Refuse another currency than USD.

    Raises:
        ReconcileError: the amount is in another one.
    """
    if str(currency).strip().lower() != "usd":
        raise ReconcileError(
            f"{where}: the amount is in {currency}, and our prices are in USD.",
            hint="Ask the provider for a bill in USD; amounts are never converted here.",
        )
