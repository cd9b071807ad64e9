"""The page about telemetry is what the pipeline makes of the recorded samples."""

from __future__ import annotations

import pytest
import telemetry_page
from recorded_samples import SAMPLES, Dialect, dialects, expected

PAGE = telemetry_page.PAGE.read_text(encoding="utf-8")


def test_the_page_is_current() -> None:
    """A new sample or a new reading is in docs/telemetry.md before it is merged: `make docs`."""
    assert telemetry_page.page() == PAGE


@pytest.mark.parametrize("dialect", dialects(), ids=lambda dialect: dialect.folder)
def test_every_sample_is_on_the_page(dialect: Dialect) -> None:
    """A reader finds each recorded scenario, and where it is not exact the bill and the reason."""
    section = PAGE.partition(f"\n### {dialect.folder}: ")[2].partition("\n### ")[0]
    for path in (SAMPLES / dialect.folder).glob("*.traces.json"):
        [line] = [
            one for one in section.splitlines() if f"| `{path.name.partition('.')[0]}` |" in one
        ]
        why = expected(dialect, path.name.partition(".")[0]).why
        *_, bill, reason, _ = line.split(" |")
        assert (bool(bill.strip()), reason.strip()) == (bool(why), why)
