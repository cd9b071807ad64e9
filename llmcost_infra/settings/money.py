"""Amounts of money in a stack's settings: exact, so written as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from llmcost_infra.declarations import Strict

__all__ = ["Budget", "Usd"]

_AMOUNT: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def _amount(value: object) -> Decimal:
    """Read money from text: a YAML number would pass through a float."""
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise ValueError('write an amount in quotes, like "500" or "0.25"')
    return Decimal(value)


Usd = Annotated[Decimal, BeforeValidator(_amount, json_schema_input_type=str), Field(gt=0)]
"""An amount in USD, written as text."""


class Budget(Strict):
    """What may be spent."""

    daily_usd: Usd = Decimal(500)
    """USD a day, over the whole stack."""
    monthly_usd: Usd | None = None
    """USD a calendar month, over the whole stack."""
    team_daily_usd: Mapping[str, Usd] = Field(default_factory=dict[str, Decimal])
    """USD a day, by team."""
    feature_daily_usd: Mapping[str, Usd] = Field(default_factory=dict[str, Decimal])
    """USD a day, by feature."""

    no_team_daily_usd: Usd | None = None
    """USD a day, for calls of no team and of teams that nobody registered."""

    @property
    def hourly_usd(self) -> Decimal:
        """An hour's share of the daily budget, in USD, to a hundredth of a cent."""
        return (self.daily_usd / 24).quantize(Decimal("0.0001"))
