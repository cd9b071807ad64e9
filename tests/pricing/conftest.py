"""Price tables to compute with, and projects with a price file of their own."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.pricing import Call, PriceTable, load_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llmcost_infra.pricing.table import Model

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

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


@pytest.fixture(scope="session")
def corpus() -> Callable[[PriceTable, int], list[Call]]:
    """Return a function that makes many calls of a table's models, the same ones every time."""
    return _corpus


@pytest.fixture(scope="session")
def some_call() -> Callable[[random.Random, str, Model], Call]:
    """Return a function that makes a call of a model by chance."""
    return _call


def _corpus(table: PriceTable, size: int) -> list[Call]:
    """Return calls of every model and id form, around every date and limit, with odd counts too."""
    chance = random.Random("calls")  # noqa: S311 - the same calls every time
    models = [(p, model) for p, models in table.providers.items() for model in models]
    # The small provider has every feature of a row and all the contracts.
    models += [(p, model) for p, model in models if p == "acme"] * (len(models) // 12)
    return [_call(chance, *chance.choice(models)) for _ in range(size)]


def _call(chance: random.Random, provider: str, model: Model) -> Call:
    row = chance.choice(model.rows)
    limit = chance.choice(row.cards).over_input_tokens
    tokens = chance.choice([limit, limit + 1, chance.randrange(10**6), 0, chance.randrange(10**9)])
    cached = [
        chance.randrange(tokens + 1) * (chance.random() < often) for often in (0.4, 0.1, 0.05)
    ]
    output = chance.choice([None, 0, *[chance.randrange(10**6)] * 6])
    moment = chance.choice([-1, 0, *[chance.randrange(-(10**14), 10**15)] * 4])
    return Call(
        provider=chance.choice([provider] * 9 + ["other"]),
        model=_id(chance, provider, model),
        at=_EPOCH + timedelta(microseconds=row.from_us + moment),
        input_tokens=chance.choice([tokens] * 9 + [None]),
        output_tokens=output,
        cache_read_tokens=cached[0],
        cache_write_tokens=cached[1] // 4,
        cache_write_1h_tokens=cached[2] // 8,
        reasoning_tokens=chance.choice([*[0] * 6, (output or 0) // 2, (output or 0) + 1]),
        **_parts(chance, tokens, output or 0),
        account=chance.choice(["", "", "proj-1", "proj-2"]),
        region=chance.choice(["", "", "eu", "us"]),
        service_tier=chance.choice([*[""] * 9, "default", "flex", "priority", "batch", "scale"]),
        batch=chance.random() < 0.1,
        cache_inside_input=chance.random() < 0.7,
    )


def _parts(chance: random.Random, tokens: int, output: int) -> dict[str, Any]:
    """Return audio and images, mostly not told apart, and sometimes more than there was."""
    if chance.random() < 0.7:
        return {}
    audio = chance.choice([0, tokens // 10, tokens // 3])
    return {
        "input_audio_tokens": chance.choice([None, audio, audio]),
        "cache_read_audio_tokens": chance.choice([0, 0, audio // 5]),
        "output_audio_tokens": chance.choice([None, 0, output // 7]),
        "input_image_tokens": chance.choice([None, 0, tokens // 9]),
        "output_image_tokens": chance.choice([None, 0, output // 3]),
    }


def _id(chance: random.Random, provider: str, model: Model) -> str:
    form = chance.choice(model.pattern.forms)
    name = "".join(chance.choice(characters) for characters in form)
    return chance.choice([name] * 8 + [f"{provider}/{name}", f"{name}x"])
