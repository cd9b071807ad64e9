"""Amounts and rates as text: every digit, no exponent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["per_mtok", "plain"]

_MEGA: Final = 6


def plain(usd: Decimal) -> str:
    """Return an amount with every digit it has and no others, such as `0.005615`."""
    # Not normalize(): that rounds to the digits of the current context.
    text = format(usd, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def per_mtok(rate: Decimal) -> str:
    """Return a rate per token as USD per million tokens, with cents at least.

    Args:
        rate: USD per token.
    """
    text = plain(rate.scaleb(_MEGA))
    whole, _, part = text.partition(".")
    return f"{whole}.{part:0<2}"
