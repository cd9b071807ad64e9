"""`llmcost statement`, as somebody types it."""

from __future__ import annotations

import csv
import io
import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from llmcost_infra import statement as room
from llmcost_infra.first_run import at_hand
from tests.backtest.conftest import ROOT
from tests.cli.conftest import ERASED
from tests.statement.test_statement import CHARGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmcost_infra.statement import Charge
    from tests.cli.conftest import Type

CHARGES = [CHARGE, replace(CHARGE, team="ads", list_usd=None, contract_usd=None, unpriced_calls=2)]


@pytest.fixture(autouse=True)
def charged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with two charges, in November 2026."""
    monkeypatch.chdir(ROOT)
    client = nullcontext(SimpleNamespace(organization="acme"))
    monkeypatch.setattr(at_hand, "client_at_hand", lambda: client)
    monkeypatch.setattr(room, "charges_of", lambda *_: iter(CHARGES))
    days_of, now = room.days_of, datetime(2026, 11, 28, tzinfo=UTC)
    monkeypatch.setattr(room, "days_of", lambda month, settings, _: days_of(month, settings, now))


def typed(llmcost: Type, *more: str) -> str:
    """Return what it prints for a month that is over."""
    ended = llmcost("statement", "--stack", "prod", "--month", "2026-10", *more)
    assert ended.code == 0, ended.err
    return ended.out


def test_the_table_has_a_row_a_team_and_their_sum(llmcost: Type) -> None:
    """What is not known is called so."""
    lines = typed(llmcost).splitlines()

    assert [line.split()[0] for line in lines[-3:]] == ["search", "ads", "all"]
    assert "unknown" in lines[-2]
    assert lines[-1].split()[-2:] == ["1.10", "0.99"]


def test_a_team_is_told_by_feature_and_model(llmcost: Type) -> None:
    """One row needs no sum."""
    lines = typed(llmcost, "--team", "search").splitlines()

    assert lines[-1].split()[:2] == ["chat", "gpt-4o"]


@pytest.mark.parametrize("form", ["csv", "focus"])
def test_files_for_others_can_be_read(llmcost: Type, form: str) -> None:
    """CSV with a head, a line a charge, and nothing where nothing is known."""
    rows = list(csv.DictReader(io.StringIO(typed(llmcost, "--format", form))))

    money = "list_usd" if form == "csv" else "ListCost"
    assert [row[money] for row in rows] == ["1.10", ""]


def test_json_has_every_charge(llmcost: Type) -> None:
    """Money is text, because it is exact; unknown is null."""
    first, second = json.loads(typed(llmcost, "--json"))

    assert (first["list_usd"], first["day"], first["llm_calls"]) == ("1.10", "2026-11-23", 2)
    assert second["list_usd"] is None


@pytest.mark.usefixtures("terminal")
def test_progress_leaves_nothing_on_the_terminal(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day that is asked for is shown while it is, and its line is empty again afterwards."""

    def telling(*given: object) -> Iterator[Charge]:
        tell = cast("Callable[[date], object]", given[-1])
        tell(date(2026, 10, 31))
        yield from CHARGES

    monkeypatch.setattr(room, "charges_of", telling)
    ended = llmcost("statement", "--stack", "prod", "--month", "2026-10", "--json")

    assert "2026-10-31" in ended.err
    assert ended.err.endswith(ERASED)
    assert json.loads(ended.out)
