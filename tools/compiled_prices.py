"""Writes the price table that applications read, so that it cannot disagree with the YAML."""

from __future__ import annotations

import sys

from llmcost_infra.pricing import load_table
from llmcost_infra.pricing.compiled import SHIPPED, compile_table

__all__ = ["main"]


def main() -> int:
    """Write the table."""
    SHIPPED.write_text(compile_table(load_table()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
