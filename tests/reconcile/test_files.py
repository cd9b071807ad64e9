"""Downloaded bills are read like those of the APIs, or refused at their line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import DeclarationError, ReconcileError
from llmcost_infra.reconcile import files
from llmcost_infra.reconcile.records import Lane, Part
from tests.reconcile.worlds import table

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.reconcile.records import Bill

DAYS = [date(2026, 10, 1), date(2026, 10, 2)]
DASHBOARD = (
    "start_time,end_time,start_time_iso,amount_value,amount_currency,quantity,quantity_unit,"
    "line_item,project_id\n"
)
FOCUS = (
    "ChargePeriodStart,BilledCost,BillingCurrency,ServiceName,ServiceProviderName,"
    "ChargeDescription,SkuMeter,ChargeCategory,ConsumedQuantity,ConsumedUnit,SubAccountId\n"
)


def read_file(path: Path, provider: str, days: list[date]) -> Bill:
    """Read a file with the shipped prices."""
    return files.read_file(path, provider, days, table())


def saved(folder: Path, *lines: str) -> Path:
    """Return a file."""
    path = folder / "bill.csv"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_the_dashboards_csv_is_read(tmp_path: Path) -> None:
    """Amounts, tokens where it counts them, and days without charges; other days stay out."""
    path = saved(
        tmp_path,
        DASHBOARD,
        '1790812800,,2026-10-01T00:00:00+00:00,0.5610,usd,0.4,1m tokens,"gpt-4o, input",proj_a\n',
        "1790812800,,2026-10-01T00:00:00+00:00,1.50,usd,2,images,image generation,proj_a\n",
        "1790899200,,2026-10-02T00:00:00+00:00,,,,,,\n",
        '1790726400,,2026-09-30T00:00:00+00:00,9,usd,,,"gpt-4o, input",proj_a\n',
    )
    bill = read_file(path, "openai", DAYS)
    assert [charge.usd for charge in bill.charges] == [Decimal("0.5610"), Decimal("1.50")]
    assert [used.tokens for used in bill.usage] == [{"input": 400_000}]
    assert bill.missing == ()
    assert bill.notes == ("1 lines of other days in the file were left out.",)


def test_days_beyond_the_files_ends_are_missing(tmp_path: Path) -> None:
    """A file that ends on the first does not tell of the second."""
    path = saved(tmp_path, DASHBOARD, '1790812800,,,1,usd,,,"gpt-4o, input",proj_a\n')
    bill = read_file(path, "openai", DAYS)
    assert (bill.missing, bill.counted) == ((DAYS[1],), False)


def test_a_focus_file_of_a_cloud_says_who_billed(tmp_path: Path) -> None:
    """Azure's calls are compared with Azure's bill; other services are left out."""
    path = saved(
        tmp_path,
        FOCUS,
        "2026-10-01T00:00:00Z,1.25,USD,Azure OpenAI,Microsoft,gpt 4o Input global Tokens,"
        "gpt-4o-0806-Inp-glbl Tokens,Usage,500,1K Tokens,sub-1\n",
        "2026-10-01T05:00:00Z,0.30,USD,Azure OpenAI,Microsoft,x,"
        "gpt-4o-0806-cached Inp-Batch Tokens,Usage,,,sub-1\n",
        "2026-10-02T00:00:00Z,70,USD,Virtual Machines,Microsoft,D4s,,Usage,1,Hours,sub-1\n",
        "2026-10-02T00:00:00Z,0.10,USD,Azure OpenAI,Microsoft,Sales tax,,Tax,,,sub-1\n",
    )
    bill = read_file(path, "openai", DAYS)
    assert bill.provider == "azure.ai.openai"
    plain, cached, tax = bill.charges
    assert (plain.model, plain.token_class, plain.part) == (
        "gpt-4o",
        "input",
        Part("sub-1"),
    )
    assert (cached.token_class, cached.lane) == ("cache_read", Lane("batch"))
    assert (tax.token_class, tax.known) == ("", True)
    assert [used.tokens for used in bill.usage] == [{"input": 500_000}]
    assert bill.notes[0] == "1 lines of other services were left out."


def test_focus_of_openai_uses_its_own_words(tmp_path: Path) -> None:
    """Line items that are understood go before guesses."""
    path = saved(
        tmp_path,
        FOCUS,
        '2026-10-01T00:00:00Z,1,USD,OpenAI API,OpenAI,"batch | o3, output",,Usage,,,proj_a\n',
        "2026-10-02T00:00:00Z,1,USD,OpenAI API,OpenAI,hyperloop,,Usage,,,proj_a\n",
    )
    known, new = read_file(path, "openai", DAYS).charges
    assert (known.model, known.token_class, known.lane) == ("o3", "output", Lane("batch"))
    assert new.known is False


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        (("a,b\n", "1,2\n"), 1, "no bill that is known"),
        ((DASHBOARD, *['1790812800,,,1,usd,,,"gpt-4o, input",p\n'] * 2), 3, "same as line 2"),
        ((DASHBOARD, 'soon,,,1,usd,,,"gpt-4o, input",p\n'), 2, "'soon' is no time"),
        ((DASHBOARD, ',,,1,usd,,,"gpt-4o, input",p\n'), 2, "says no time"),
        ((FOCUS, ",1,USD,OpenAI,OpenAI,x,,Usage,,,\n"), 2, "says no ChargePeriodStart"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_line(
    tmp_path: Path, lines: tuple[str, ...], line: int, said: str
) -> None:
    """Duplicates too: they would count twice."""
    with pytest.raises(DeclarationError, match=said) as caught:
        read_file(saved(tmp_path, *lines), "openai", DAYS)
    assert caught.value.line == line


def test_bills_of_several_in_one_file_are_refused(tmp_path: Path) -> None:
    """They are compared with different calls."""
    line = "2026-10-01T00:00:00Z,1,USD,OpenAI,{},x,,Usage,,,\n"
    path = saved(tmp_path, FOCUS, line.format("Microsoft"), line.format("AWS"))
    with pytest.raises(DeclarationError, match=r"aws\.bedrock, azure\.ai\.openai"):
        read_file(path, "openai", DAYS)


def test_another_currency_is_refused(tmp_path: Path) -> None:
    """With the line."""
    path = saved(tmp_path, FOCUS, "2026-10-01T00:00:00Z,1,EUR,OpenAI,OpenAI,x,,Usage,,,\n")
    with pytest.raises(ReconcileError, match=r"bill\.csv:2: the amount is in EUR"):
        read_file(path, "openai", DAYS)
