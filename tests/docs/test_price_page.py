"""The page about prices is the table, and its comparison is computed."""

from __future__ import annotations

import price_comparison
import price_page
import pytest

from llmcost_infra.pricing import load_table

TABLE = load_table()
CASES = {(one.case, one.model): one for one in price_comparison.compared(TABLE)}


def test_the_page_is_current() -> None:
    """A changed price is in docs/pricing.md before it is merged; `make docs` puts it there."""
    assert price_page.PAGE.read_text(encoding="utf-8") == price_page.page(TABLE)


def test_every_model_source_and_review_is_on_the_page() -> None:
    """A reader finds each model with where its price was read and when it is looked at again."""
    page = price_page.PAGE.read_text(encoding="utf-8")

    for provider, models in TABLE.providers.items():
        (_, section) = page.split(f"\n## {provider}\n")
        section = section.partition("\n## ")[0]
        for model in models:
            assert f"| `{model.id.partition('/')[2]}` | " in section
            assert model.rows[-1].source in section
            assert f"by {model.rows[-1].review_by}" in section


@pytest.mark.parametrize(
    ("case", "model", "naive", "exact"),
    [
        ("cached input", "gpt-4o", "0.008015", "0.005615"),
        ("a dated id", "gpt-4o-2024-08-06", "0", "0.005615"),
        ("a model that nobody added", "o3-mini-2025-01-31", "0", "0.0032692"),
        ("a price that changed", "o1-mini", "0.015", "0.0055"),
        ("a small call", "gpt-4o-mini", "0.000002", "0.0000021"),
        ("embeddings", "text-embedding-3-small", "0", "0.00000032"),
        ("one token above a limit", "claude-sonnet-4-5", "0", "1.2000285"),
        ("a tier that has no price", "gpt-4o", "0.0035", "none: missing_rate"),
        ("more cached than sent", "gpt-4o", "0.000035", "none: no_usage"),
        ("a fine-tuned model", "ft:gpt-4o:acme::x", "0", "none: unpriced_model"),
    ],
)
def test_the_dictionary_is_wrong_where_we_are_exact(
    case: str, model: str, naive: str, exact: str
) -> None:
    """Cache, dated ids, missing models, small calls: each has the amounts that a bill shows."""
    assert (CASES[case, model].naive, CASES[case, model].exact) == (naive, exact)


@pytest.mark.parametrize(
    ("case", "model", "bare", "full", "exact"),
    [
        ("as recorded", "acme-1", "0", "0.2", "0.2"),
        ("cached as `gen_ai.usage.cache_read.input_tokens`", "acme-1", "0", "0.2", "0.146"),
        ("cached as `gen_ai.usage.cache_read_tokens`", "acme-1", "0", "0.206", "0.146"),
        ("cached as `gen_ai.usage.cache_read_tokens`", "acme-2", "0", "0.2", "none: missing_rate"),
        ("as recorded", "acme-9", "0", "0", "none: unpriced_model"),
        ("as recorded", "o1-mini", "0", "0.0021", "0.000154"),
        ("as recorded", "gpt-4o-2024-08-06", "0", "0.00035", "0.00035"),
    ],
)
def test_openobserve_is_shown_as_it_was_recorded(
    case: str, model: str, bare: str, full: str, exact: str
) -> None:
    """A server's own cost stands beside ours for the same span and the same prices."""
    one = CASES[case, model]

    assert (one.bare, one.full, one.exact) == (bare, full, exact)
