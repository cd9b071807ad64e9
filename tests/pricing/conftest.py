"""Price tables to compute with, and projects with a price file of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.pricing import Call, PriceTable, load_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ACME = """\
provider: acme
models:
- id: acme/one
  match: '^one(-\\d{4})?$'
  rates:
  - from: 2025-01-01
    source: a price list
    verified: 2025-01-02
    review_by: 2025-04-01
    per_mtok: {input: "2.00", cache_read: "0.20", cache_write: "2.50", output: "8.00"}
  - from: 2025-06-01
    source: another price list
    verified: 2025-06-02
    review_by: 2025-09-01
    per_mtok: {input: "1.00", cache_read: "0.10", output: "4.00", reasoning: "6.00"}
    batch: {input: "0.50", output: "2.00"}
    service_tiers:
      flex: standard
      priority: {input: "3.00", output: "12.00"}
    context_tiers:
    - over_input_tokens: 1000
      per_mtok: {input: "10.00", cache_read: "1.00", output: "40.00", reasoning: "60.00"}
    - over_input_tokens: 5000
      per_mtok: {input: "20.00", output: "80.00"}
- id: acme/vectors
  match: '^vectors$'
  rates:
  - from: 2025-01-01
    source: a price list
    verified: 2025-01-02
    review_by: 2025-04-01
    per_mtok: {input: "0.02"}
- id: acme/voice
  match: '^voice$'
  needs_split: true
  rates:
  - from: 2025-01-01
    source: a price list
    verified: 2025-01-02
    review_by: 2025-04-01
    per_mtok:
      input: "2.00"
      cache_read: "0.20"
      output: "9.00"
      input_audio: "20.00"
      cache_read_audio: "1.00"
      output_audio: "80.00"
      output_image: "60.00"
    regions: {eu: "1.10"}
"""

CONTRACTS = {
    "everybody": """\
provider: acme
from: 2025-03-01
to: 2025-09-01
source: a letter
multiplier: "0.90"
""",
    "europe": """\
provider: acme
region: eu
from: 2025-03-01
source: a letter
multiplier: "0.85"
""",
    "first-project": """\
provider: acme
account: proj-1
from: 2025-04-01
source: an order form
multiplier: "0.80"
rates:
- match: '^one(-\\d{4})?$'
  per_mtok: {input: "0.50", cache_read: "0.05", output: "2.00"}
  batch: {input: "0.25", output: "1.00"}
  context_tiers:
  - over_input_tokens: 2000
    per_mtok: {input: "0.70", output: "3.00"}
- match: '^vectors$'
  per_mtok: {input: "0.01"}
""",
}


@pytest.fixture(scope="session")
def table() -> PriceTable:
    """Return the shipped table."""
    return load_table()


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that makes a project with a price file for the provider acme."""

    def make(text: str, name: str = "acme") -> Path:
        (tmp_path / "pricing").mkdir(exist_ok=True)
        (tmp_path / "pricing" / f"{name}.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return make


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> PriceTable:
    """Return the shipped table and a small provider with every feature of a row."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pricing").mkdir()
    (folder / "pricing" / "acme.yaml").write_text(ACME, encoding="utf-8")
    (folder / "contracts").mkdir()
    for name, text in CONTRACTS.items():
        (folder / "contracts" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_table(folder)


@pytest.fixture
def acme_yaml() -> str:
    """Return the small provider's file, to be broken."""
    return ACME


@pytest.fixture
def call() -> Callable[..., Call]:
    """Return a function that makes a call of acme/one in July 2025, with changes."""

    def make(**changes: object) -> Call:
        given: dict[str, object] = {
            "provider": "acme",
            "model": "one",
            "at": datetime(2025, 7, 1, tzinfo=UTC),
            "input_tokens": 100,
            "output_tokens": 10,
        }
        return Call(**(given | changes))  # type: ignore[arg-type] # the caller names the fields

    return make
