"""The price table, its exact computation and its compilers.

`price_of(call, load_table())` is what a call costs; `compile_vrl(table)` is the same in the
language of an ingest pipeline.
"""

from __future__ import annotations

from llmcost_infra.pricing.compute import Call, Price, Unpriced, price_of
from llmcost_infra.pricing.files import load_table
from llmcost_infra.pricing.table import PriceTable
from llmcost_infra.pricing.vrl import compile_vrl

__all__ = ["Call", "Price", "PriceTable", "Unpriced", "compile_vrl", "load_table", "price_of"]
