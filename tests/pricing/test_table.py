"""The table is read whole or refused with every problem at its line."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import DeclarationError
from llmcost_infra.pricing import load_table
from llmcost_infra.pricing.table import STANDARD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.pricing.table import Row


def rows(table: PriceTable) -> list[Row]:
    """Return every row of a table."""
    return [row for models in table.providers.values() for model in models for row in model.rows]


def us(year: int, month: int, day: int) -> int:
    """Return a midnight as Unix microseconds."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return (datetime(year, month, day, tzinfo=UTC) - epoch) // timedelta(microseconds=1)


def test_a_projects_provider_stands_beside_the_shipped_ones(acme: PriceTable) -> None:
    """A project adds a provider by a file of its own."""
    assert set(acme.providers) == {"acme", *load_table().providers}
    assert {"anthropic", "openai"} < set(acme.providers)


def test_a_projects_file_replaces_the_shipped_provider(
    project: Callable[..., Path], acme_yaml: str
) -> None:
    """A project's own file of a provider is the whole truth about that provider."""
    folder = project(acme_yaml.replace("acme", "openai"), "openai")

    assert [model.id for model in load_table(folder).providers["openai"]] == [
        "openai/one",
        "openai/vectors",
        "openai/voice",
    ]


def test_rates_are_usd_per_token(acme: PriceTable) -> None:
    """A rate of the file, per million tokens, is held per token, exactly."""
    model = acme.model("acme", "one")
    assert model is not None

    rates = model.rows[0].cards[0].tiers[STANDARD]

    assert dict(rates.items()) == {
        "input": Decimal("0.000002"),
        "output": Decimal("0.000008"),
        "cache_read": Decimal("0.0000002"),
        "cache_write": Decimal("0.0000025"),
    }


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("one", "acme/one"),
        ("one-2025", "acme/one"),
        ("acme/one", "acme/one"),
        ("vectors", "acme/vectors"),
        ("one-25", None),
        ("openai/one", None),
        ("", None),
        ("o" * 10_000, None),
    ],
)
def test_a_model_is_found_by_its_id(acme: PriceTable, name: str, found: str | None) -> None:
    """A model id finds the model whose pattern fits it, with or without its provider in front."""
    model = acme.model("acme", name)

    assert (model.id if model else None) == found


def test_an_unknown_provider_has_no_models(acme: PriceTable) -> None:
    """A provider that the table lacks has no models, not another provider's."""
    assert acme.model("nobody", "gpt-4o") is None


@pytest.mark.parametrize(
    ("at_us", "row"),
    [
        (us(2025, 1, 1) - 1, None),
        (us(2025, 1, 1), "acme/one@2025-01-01"),
        (us(2025, 6, 1) - 1, "acme/one@2025-01-01"),
        (us(2025, 6, 1), "acme/one@2025-06-01"),
        (us(2035, 1, 1), "acme/one@2025-06-01"),
    ],
)
def test_a_row_is_valid_from_its_first_microsecond(
    acme: PriceTable, at_us: int, row: str | None
) -> None:
    """A row starts at midnight UTC of its day and ends where the next one starts."""
    model = acme.model("acme", "one")
    assert model is not None

    found = model.row_at(at_us)

    assert (found.id if found else None) == row


def test_the_version_follows_prices_only(project: Callable[[str], Path], acme_yaml: str) -> None:
    """A version changes with what decides a price, not with comments, sources or reviews."""
    version = load_table(project(acme_yaml)).version

    same = "# reviewed\n" + acme_yaml.replace("a price list", "a letter").replace(
        "review_by: 2025-09-01", "review_by: 2025-10-01"
    )
    assert load_table(project(same)).version == version
    assert load_table(project(acme_yaml.replace('"2.00"', '"2.0"'))).version == version

    for old, new in (
        ('"8.00"', '"8.01"'),
        ("2025-06-01", "2025-06-02"),
        ("^vectors$", "^vectors?$"),
        ("priority", "fast"),
        ("1000", "1001"),
    ):
        assert load_table(project(acme_yaml.replace(old, new, 1))).version != version, old


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (('"8.00"', '"-8.00"'), 10, "is not a price"),
        (('"8.00"', "8.00"), 10, "is not a price"),
        (('"8.00"', '"8,00"'), 10, "is not a price"),
        (('"8.00"', '"1e3"'), 10, "is not a price"),
        (('{input: "0.02"}', '{output: "0.02"}'), 32, "input: is missing"),
        (("from: 2025-06-01", "from: 2025-01-01"), 11, "does not follow 2025-01-01"),
        (("from: 2025-06-01", "from: 2024-06-01"), 11, "does not follow 2025-01-01"),
        (("from: 2025-06-01", "from: June 2025"), 11, "from"),
        (("review_by: 2025-09-01", "review_by: 2025-06-02"), 14, "not after verified"),
        (("    source: another", "    to: 2025-06-01\n    source: another"), 12, "is not after"),
        (("over_input_tokens: 5000", "over_input_tokens: 1000"), 23, "limit does not grow"),
        (("over_input_tokens: 5000", "over_input_tokens: 0"), 23, "greater than 0"),
        (("'^vectors$'", "'^vectors'"), 26, "not anchored"),
        (("'^vectors$'", "'^one-2\\d{3}$'"), 26, "'one-2000' matches acme/one as well"),
        (("id: acme/vectors", "id: acme/one"), 25, "is not an id here"),
        (("id: acme/vectors", "id: vectors"), 25, "is not an id here"),
        (("provider: acme", "provider: other"), 1, "does not fit the file's name"),
        (("    batch:", "    bacth:"), 16, "bacth: unknown key"),
        (("flex: standard", "flex: default"), 18, "flex"),
        (("    source: a price list\n", ""), 6, "source: is missing"),
    ],
)
def test_a_wrong_file_is_refused_at_its_line(
    project: Callable[[str], Path], acme_yaml: str, change: tuple[str, str], line: int, said: str
) -> None:
    """A wrong price file is refused with the file, the line and what is wrong there."""
    assert change[0] in acme_yaml
    folder = project(acme_yaml.replace(*change, 1))

    with pytest.raises(DeclarationError) as refused:
        load_table(folder)

    assert re.search(rf"acme\.yaml:{line}: .*{re.escape(said)}", str(refused.value)), refused.value


def test_a_provider_s_other_name_belongs_to_one(
    project: Callable[..., Path], acme_yaml: str
) -> None:
    """Two files that claim one name of a provider are refused at the second claim."""
    project(acme_yaml.replace("models:", "aliases: [acme_corp]\nmodels:", 1))
    folder = project(acme_yaml.replace("acme", "zeta").replace(
        "models:", "aliases: [zeta_ai, acme_corp]\nmodels:", 1), "zeta")  # fmt: skip

    with pytest.raises(DeclarationError, match=r"zeta\.yaml:2: .*'acme_corp' is somebody else's"):
        load_table(folder)


def test_every_problem_of_a_file_is_told_at_once(
    project: Callable[[str], Path], acme_yaml: str
) -> None:
    """A file with two mistakes is not sent back twice."""
    folder = project(
        acme_yaml.replace("'^vectors$'", "'vectors'").replace(
            "review_by: 2025-09-01", "review_by: 2025-01-01"
        )
    )

    with pytest.raises(DeclarationError) as refused:
        load_table(folder)

    assert "not anchored" in str(refused.value)
    assert "not after verified" in str(refused.value)


def test_shipped_rows_are_to_be_reviewed_within_a_quarter(table: PriceTable) -> None:
    """Every shipped row says where it was read, when, and by when to look again."""
    for row in rows(table):
        assert row.source.startswith("https://"), row.id
        assert timedelta(0) < row.review_by - row.verified <= timedelta(days=92), row.id
        assert row.verified >= date(2026, 11, 23), row.id


def test_shipped_discounts_are_discounts(table: PriceTable) -> None:
    """Cached, batch and flex cost no more than standard; large requests no less."""
    for row in rows(table):
        base = row.cards[0].tiers[STANDARD]
        for card in row.cards:
            standard = card.tiers[STANDARD]
            assert standard.input >= base.input, row.id
            assert standard.cache_read is None or standard.cache_read < standard.input, row.id
            assert standard.cache_write is None or standard.cache_write >= standard.input, row.id
            for tier in {"batch", "flex"} & set(card.tiers):
                assert card.tiers[tier].input <= standard.input, row.id


def test_shipped_ids_of_samples_have_prices(table: PriceTable) -> None:
    """The models that people use today are in the table, as their providers name them."""
    names = {
        "openai": [
            "gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "o3-mini-2025-01-31",
            "gpt-4.1-2025-04-14", "gpt-5-2025-08-07", "gpt-5-mini", "gpt-5.1", "gpt-5.5",
            "gpt-6-sol", "text-embedding-3-small",
        ],
        "anthropic": [
            "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001", "claude-3-5-haiku-20241022",
            "claude-opus-4-1-20250805", "claude-opus-5-5", "claude-sonnet-5-5",
        ],
    }  # fmt: skip
    missing = [
        (provider, name)
        for provider, some in names.items()
        for name in some
        if table.model(provider, name) is None
    ]

    assert missing == []


def test_other_peoples_models_have_no_shipped_price(table: PriceTable) -> None:
    """Fine-tuned, audio and mistyped models have no price by accident of a similar name."""
    for name in (
        "ft:gpt-4o-mini-2024-07-18:acme::x",
        "gpt-4o-audio-preview",
        "gpt-4o-minimal",
        "o1x",
    ):
        assert table.model("openai", name) is None, name
