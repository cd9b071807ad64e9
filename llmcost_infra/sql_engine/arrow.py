"""The seam to Arrow and DataFusion, whose types strict checkers cannot read: Any from here."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["arrow", "compute", "datafusion", "parquet"]

arrow: Any = import_module("pyarrow")
"""pyarrow."""
# Hands memory back after a query; the default pool keeps a fifth more of a million rows.
arrow.set_memory_pool(arrow.system_memory_pool())
compute: Any = import_module("pyarrow.compute")
"""Functions on Arrow columns."""
parquet: Any = import_module("pyarrow.parquet")
"""Parquet files."""
datafusion: Any = import_module("datafusion")
"""The SQL engine."""
