"""Records which price rows have been released, so that a test can tell an edit from an addition.

Run it when a version is released: rows and ids that are new are added to the record; it refuses to
record a table in which a released row was changed or removed.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost_infra.pricing import load_table
from llmcost_infra.pricing.pattern import Pattern

if TYPE_CHECKING:
    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.pricing.table import Row

__all__ = ["RECORD", "edits", "main", "snapshot"]

RECORD = Path(__file__).resolve().parent.parent / "tests" / "data" / "released-prices.json"

Snapshot = dict[str, dict[str, str]]
"""`patterns`: model → pattern of its ids; `rows`: row → hash of all that decides a price."""


def main() -> int:
    """Add what is new; return 1 where history was edited."""
    table = load_table()
    found = edits(json.loads(RECORD.read_text(encoding="utf-8")), table) if RECORD.exists() else []
    for one in found:
        print(one, file=sys.stderr)
    if not found:
        text = json.dumps(snapshot(table), indent=1, sort_keys=True)
        RECORD.write_text(f"{text}\n", encoding="utf-8")
    return int(bool(found))


def snapshot(table: PriceTable) -> Snapshot:
    """Return what a table says, short enough to be kept."""
    models = [model for some in table.providers.values() for model in some]
    return {
        "patterns": {model.id: model.pattern.text for model in models},
        "rows": {row.id: _fingerprint(row) for model in models for row in model.rows},
    }


def edits(released: Snapshot, table: PriceTable) -> list[str]:
    """Return each released row or id that is not what it was, by name; additions are none."""
    rows = snapshot(table)["rows"]
    found = [
        f"the row {row} was {'edited' if row in rows else 'removed'}"
        for row, was in released["rows"].items()
        if rows.get(row) != was
    ]
    for model, pattern in released["patterns"].items():
        provider = model.partition("/")[0]
        for one in sorted(Pattern(pattern).examples):
            now = table.model(provider, one)
            if now is None or now.id != model:
                whose = now.id if now else "nobody"
                found.append(f"the id {one} of {model} belongs to {whose} now")
    return found


def _fingerprint(row: Row) -> str:
    # Sources and dates of review may be corrected; they decide no price.
    decisive: dict[str, Any] = {
        "from": row.from_us,
        "to": row.to_us,
        "regions": {name: str(factor.normalize()) for name, factor in row.regions.items()},
        "cards": [
            {
                "over": card.over_input_tokens,
                "tiers": {
                    tier: {name: str(rate.normalize()) for name, rate in rates.items()}
                    for tier, rates in card.tiers.items()
                },
            }
            for card in row.cards
        ],
    }
    text = json.dumps(decisive, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())
