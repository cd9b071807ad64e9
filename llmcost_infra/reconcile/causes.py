"""Why two sums differ: the causes that are known, and what was found of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

__all__ = ["NEXT_STEPS", "Cause", "Finding", "Range"]


class Cause(StrEnum):
    """Why ours and the bill differ."""

    MISSING_TRAFFIC = "missing traffic"
    DOUBLE_COUNTING = "double counting"
    CACHED = "cached tokens"
    BATCH = "batch"
    SERVICE_TIER = "service tier"
    CONTEXT_TIER = "context tier"
    CONTRACT_PRICE = "contract price"
    PRICE_CHANGE = "price-change date"
    UNPRICED_MODEL = "unpriced model"
    NO_USAGE = "calls without usage"
    SAMPLING = "sampling"
    LATE_DATA = "late data"
    NOT_OBSERVABLE = "not observable"
    ROUNDING = "rounding"
    UNPARSED = "unparsed line items"
    AMBIGUOUS = "ambiguous"
    UNEXPLAINED = "unexplained"


NEXT_STEPS: Final[Mapping[Cause, str]] = {
    Cause.MISSING_TRAFFIC: "Instrument what makes these calls, or map their project elsewhere.",
    Cause.DOUBLE_COUNTING: "Leave one instrumentation switched on; two report the same call.",
    Cause.CACHED: "Use an instrumentation that reports cached tokens, such as genai-openai.",
    Cause.BATCH: "Set the attribute `batch` on calls that go through the batch API.",
    Cause.SERVICE_TIER: "Use an instrumentation that reports the service tier of the answer.",
    Cause.CONTEXT_TIER: "Add the context tier to the model in pricing/.",
    Cause.CONTRACT_PRICE: "Write what was negotiated into contracts/, with its dates.",
    Cause.PRICE_CHANGE: "Add a dated row to the model in pricing/, then run `llmcost reprice`.",
    Cause.UNPRICED_MODEL: "Add the model to pricing/, then run `llmcost reprice`.",
    Cause.NO_USAGE: "Ask for usage on streams: stream_options include_usage.",
    Cause.SAMPLING: "Keep every span of calls to models: sampling makes sums too low.",
    Cause.LATE_DATA: "Nothing to do: the sums of the days differ, that of the month does not.",
    Cause.NOT_OBSERVABLE: "Nothing to do: no span shows it. Budget for it beside the calls.",
    Cause.ROUNDING: "Nothing to do.",
    Cause.UNPARSED: "Report the line items, so that they are understood.",
    Cause.AMBIGUOUS: "Remove one of the causes that are named; what is left is the other.",
    Cause.UNEXPLAINED: "Look at the day and the model in LLM Cost Details, tab Attribution.",
}


@dataclass(frozen=True, slots=True)
class Range:
    """How much of an ambiguous amount a cause may be.

    Args:
        cause: one of several.
        low: least amount in USD, ours less the bill.
        high: greatest amount.
    """

    cause: Cause
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Finding:
    """Part of a difference.

    Args:
        scope: whose.
        day: UTC.
        model: of the price table, else as the provider calls it; empty where it is about none.
        cause: why.
        usd: ours less the bill.
        evidence: what shows it.
        ranges: of an ambiguous amount, each cause that it may be.
    """

    scope: str
    day: date
    model: str
    cause: Cause
    usd: Decimal
    evidence: str = ""
    ranges: tuple[Range, ...] = ()
