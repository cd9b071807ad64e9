"""The price table, its exact computation and its compilers.

`price_of(call, load_table())` is what a call costs; `compile_vrl(table)` is the same in the
language of an ingest pipeline, and `load_compiled()` the shipped table for applications.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra.pricing.compiled import load_compiled
from llmcost_infra.pricing.compute import Call, Price, Unpriced, price_of
from llmcost_infra.pricing.table import PriceTable

if TYPE_CHECKING:
    from llmcost_infra.pricing.files import load_table
    from llmcost_infra.pricing.vrl import compile_vrl

__all__ = [
    "Call",
    "Price",
    "PriceTable",
    "Unpriced",
    "compile_vrl",
    "load_compiled",
    "load_table",
    "price_of",
]


def __getattr__(name: str) -> object:
    """Import what reads YAML when it is asked for: applications price calls without it."""
    if name == "load_table":
        from llmcost_infra.pricing.files import load_table  # noqa: PLC0415 - see above

        return load_table
    if name == "compile_vrl":
        from llmcost_infra.pricing.vrl import compile_vrl  # noqa: PLC0415 - see above

        return compile_vrl
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
