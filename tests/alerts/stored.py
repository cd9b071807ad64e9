"""Tables of the LLM stream in memory: every stored column, also where a test has nothing to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from llmcost_infra.columns import STORED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["TYPES", "calls_table"]

TYPES = {
    "utf8": pa.string(),
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
}


def calls_table(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Return calls with some columns; all others are null.

    Args:
        columns: values by stored name, ``_timestamp`` among them.
    """
    count = len(columns["_timestamp"])
    given = {"llmcost_is_call": [True] * count, "trace_id": ["t"] * count, **columns}
    return pa.table(
        {
            name: pa.array(given.get(name, [None] * count), TYPES[kind])
            for name, kind in STORED.items()
        }
    )
