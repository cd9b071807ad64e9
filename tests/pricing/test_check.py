"""The table against the world: what fails, what warns, what a waiver covers and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import DeclarationError
from llmcost_infra.pricing import PriceTable, load_table, peer
from llmcost_infra.pricing.check import Finding, check_table, findings_of
from llmcost_infra.pricing.pattern import Pattern
from llmcost_infra.pricing.waivers import Waiver, load_waivers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MODEL = """\
provider: openai
models:
- id: openai/gpt-5.4
  match: '^gpt-5\\.4$'
  rates:
  - from: 2026-03-05
    source: a price list
    verified: 2026-11-23
    review_by: 2027-02-23
    per_mtok: {input: "2.50", cache_read: "0.25", cache_write: "2.50", output: "15.00"}
    batch: {input: "1.25", cache_read: "0.13", cache_write: "1.25", output: "7.50"}
    service_tiers:
      flex: {input: "1.25", cache_read: "0.13", cache_write: "1.25", output: "7.50"}
    context_tiers:
    - over_input_tokens: 272000
      per_mtok: {input: "5.00", cache_read: "0.50", cache_write: "5.00", output: "22.50"}
"""
WAIVER = Waiver(
    model="openai/gpt-5.4",
    classes=("input",),
    reason="a contract that is not public",
    expires=date(2026, 12, 1),
)


@pytest.fixture
def one_model(project: Callable[..., Path]) -> Callable[[str, str], PriceTable]:
    """Return a function that makes a table of one model, with one change to its file."""

    def make(old: str = "", new: str = "") -> PriceTable:
        assert old in MODEL
        table = load_table(project(MODEL.replace(old, new, 1), "openai"))
        return PriceTable({"openai": table.providers["openai"]})

    return make


def found(table: PriceTable, *waivers: Waiver, kind: str = "price") -> list[Finding]:
    """Return the findings of a kind."""
    return [one for one in findings_of(table, waivers, NOW) if one.kind == kind]


def test_rates_that_the_world_has_are_fine(one_model: Callable[..., PriceTable]) -> None:
    """A table that agrees in every class, tier and size has nothing to answer for."""
    assert found(one_model()) == []
    assert found(one_model(), kind="missing_rate") == []


@pytest.mark.parametrize(
    ("old", "new", "level", "row", "token_class"),
    [
        ('input: "2.50"', 'input: "2.52"', "error", "", "input"),
        ('output: "15.00"', 'output: "14.00"', "error", "", "output"),
        ('cache_read: "0.25"', 'cache_read: "0.30"', "error", "", "cache_read"),
        ('cache_write: "2.50"', 'cache_write: "3.00"', "warning", "", "cache_write"),
        ('input: "5.00"', 'input: "4.00"', "error", ">272000", "input"),
        ('flex: {input: "1.25"', 'flex: {input: "1.00"', "warning", "+flex", "input"),
        ('batch: {input: "1.25"', 'batch: {input: "1.00"', "warning", "+batch", "input"),
    ],
)
def test_a_wrong_rate_is_found_where_it_stands(  # noqa: PLR0913, PLR0917 - columns of a table
    one_model: Callable[..., PriceTable], old: str, new: str, level: str, row: str, token_class: str
) -> None:
    """Input, output and cache reads of the standard tier fail the check; the rest warns."""
    (finding,) = found(one_model(old, new))

    assert (finding.level, finding.token_class) == (level, token_class)
    assert finding.subject == f"openai/gpt-5.4@2026-03-05{row}"


def test_half_a_per_cent_is_no_difference(one_model: Callable[..., PriceTable]) -> None:
    """Rounding in somebody's price list does not fail the check."""
    assert found(one_model('input: "2.50"', 'input: "2.51"')) == []


def test_the_edges_of_a_size_are_compared(one_model: Callable[..., PriceTable]) -> None:
    """A limit that is off by a thousand tokens is found, since both sides of it are asked."""
    wrong = found(one_model("272000", "273000"))

    assert {one.token_class for one in wrong} == {"input", "output", "cache_read", "cache_write"}
    assert {one.subject for one in wrong if one.level == "error"} == {"openai/gpt-5.4@2026-03-05"}


def test_a_class_that_only_the_world_sells_is_a_warning(
    one_model: Callable[..., PriceTable],
) -> None:
    """A missing rate leaves calls unpriced, which is worth knowing and no wrong dollar."""
    (finding,) = found(one_model('cache_read: "0.25", ', ""), kind="missing_rate")

    assert (finding.level, finding.token_class) == ("warning", "cache_read")


def test_models_of_the_world_that_we_lack_are_listed(one_model: Callable[..., PriceTable]) -> None:
    """Whoever adds models sees which ones people can buy."""
    lacking = {one.subject for one in found(one_model(), kind="missing_model")}

    assert "openai/gpt-4o" in lacking
    assert "openai/gpt-5.4" not in lacking


def test_two_rows_that_fit_one_id_fail(one_model: Callable[..., PriceTable]) -> None:
    """No model id may have two prices, whether the pattern or the world knows it."""
    (model,) = one_model().providers["openai"]
    twin = replace(model, id="openai/twin", pattern=Pattern("^gpt-5\\.4(-nano)?$"))

    overlaps = found(PriceTable({"openai": (model, twin)}), kind="overlap")

    assert [one.subject for one in overlaps] == ["openai gpt-5.4"]
    assert overlaps[0].said == "fits openai/gpt-5.4 and openai/twin"


def test_no_id_of_the_world_fits_two_shipped_rows(table: PriceTable) -> None:
    """Every id that somebody sells has one price here, or none."""
    assert found(table, kind="overlap") == []


def test_a_row_past_its_review_is_a_warning(one_model: Callable[..., PriceTable]) -> None:
    """A table that nobody looks at says so."""
    (due,) = found(one_model("2027-02-23", "2026-11-24"), kind="review")

    assert (due.level, due.subject) == ("warning", "openai/gpt-5.4@2026-03-05")


def test_models_that_are_not_in_force_or_unknown_to_the_world_are_not_compared(
    one_model: Callable[..., PriceTable], acme: PriceTable
) -> None:
    """A price of tomorrow, a provider or a model of one's own has nothing to be compared with."""
    assert found(one_model("from: 2026-03-05", "from: 2027-01-01")) == []
    assert found(PriceTable({"acme": acme.providers["acme"]})) == []
    assert found(one_model("'^gpt-5\\.4$'", "'^our-own$'")) == []


def test_a_waiver_makes_an_error_a_note_until_it_expires(
    one_model: Callable[..., PriceTable],
) -> None:
    """A known difference passes with its reason, and fails again on the day of expiry."""
    table = one_model('input: "2.50"', 'input: "2.00"')

    (waived,) = found(table, WAIVER)
    expired = replace_expiry(WAIVER, date(2026, 11, 24))

    assert waived.level == "note"
    assert "a contract that is not public" in waived.said
    assert [one.level for one in found(table, expired)] == ["error"]
    assert [one.level for one in found(table, expired, kind="waiver")] == ["error"]


@pytest.mark.parametrize("change", [{"model": "openai/other"}, {"classes": ("output",)}])
def test_a_waiver_covers_only_what_it_names(
    one_model: Callable[..., PriceTable], change: dict[str, object]
) -> None:
    """A waiver of another model or class changes nothing, and is told to be of no use."""
    table = one_model('input: "2.50"', 'input: "2.00"')
    other = WAIVER.model_copy(update=change)

    assert [one.level for one in found(table, other)] == ["error"]
    assert [one.level for one in found(table, other, kind="waiver")] == ["warning"]


def replace_expiry(waiver: Waiver, expires: date) -> Waiver:
    """Return a waiver with another last day."""
    return waiver.model_copy(update={"expires": expires})


def test_the_shipped_table_passes() -> None:
    """What is shipped agrees with public price data, tiers and limits included."""
    errors = [one for one in check_table(None, NOW) if one.level == "error"]

    assert errors == []


def test_a_waiver_has_a_reason_and_a_last_day(tmp_path: Path) -> None:
    """A waiver without a reason or an expiry is refused at its line."""
    (tmp_path / "pricing/waivers").mkdir(parents=True)
    path = tmp_path / "pricing/waivers/genai-prices.yaml"
    path.write_text("waivers:\n- model: a\n  classes: [input]\n  reason: because\n")

    with pytest.raises(DeclarationError) as refused:
        load_waivers(tmp_path)

    assert "reason" in str(refused.value)
    assert "expires: is missing" in str(refused.value)


def test_a_project_without_waivers_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file, no waivers."""
    monkeypatch.setattr("llmcost_infra.declarations.roots", lambda *_: ())

    assert load_waivers(tmp_path) == ()


def test_a_finding_is_json(one_model: Callable[..., PriceTable]) -> None:
    """A script reads the same that a person does."""
    (finding,) = found(one_model('input: "2.50"', 'input: "3.00"'))

    assert finding.as_dict()["said"].startswith("input is 3.00 here and 2.5 in genai-prices ")


def test_unknown_models_and_providers_are_told_apart() -> None:
    """The peer's own guess of a provider is never used."""
    assert peer.knows("openai", "gpt-4o", NOW)
    assert not peer.knows("azure.ai.openai", "gemini-2.5-pro", NOW)
