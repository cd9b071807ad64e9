"""`llmcost reprice` finds stack and server, and prints a line a day."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.upkeep import reprice as module
from tests.cli.conftest import ERASED, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmcost_infra.local.server import LocalServer
    from tests.cli.conftest import Type

DAY = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A server that the environment names, with the LLM stream of a stack."""
    settings = "config:\n  mine:settings:\n    environment: test\n"
    with served(tmp_path, monkeypatch, test=settings) as server:
        yield server


@pytest.mark.usefixtures("server", "terminal")
def test_it_prints_a_line_a_day(llmcost: Type) -> None:
    """Days without calls are there too; JSON has the version of the prices."""
    ended = llmcost("reprice", "--stack", "test", "--from", DAY)
    assert ended.code == 0, ended.err
    assert " is priced again" in ended.err
    assert ended.err.endswith(ERASED)
    head, *days = ended.out.splitlines()
    assert head.split() == ["day", "calls", "changed", "list", "(USD)", "contract", "(USD)"]
    assert days[0].split() == [DAY, "0", "0", "+0.0000", "+0.0000"]
    told = json.loads(llmcost("reprice", "--stack", "test", "--from", DAY, "--json").out)
    assert [one["calls"] for one in told["days"]] == [0] * len(days)
    assert (told["dry_run"], told["without_price"]) == (False, [])
    assert told["price_version"]


@pytest.mark.usefixtures("server")
def test_a_range_that_is_none_is_a_mistake(llmcost: Type) -> None:
    """Before the server is asked anything."""
    ended = llmcost("reprice", "--stack", "test", "--from", DAY, "--to", DAY)
    assert ended.code == 2
    assert "--from has to be before --to" in ended.err


@pytest.mark.usefixtures("server")
def test_calls_without_a_price_end_it_with_four(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They keep theirs, and somebody has to look."""
    day = module.DayRepriced(datetime.now(UTC), calls=3)
    day.lost["gpt-1", "openai gpt-1 is not in the table"] = 3
    monkeypatch.setattr(module, "reprice", lambda *_args, **_more: iter([day]))
    ended = llmcost("reprice", "--stack", "test", "--from", DAY)
    assert ended.code == 4
    assert "3 calls of gpt-1 keep their price: openai gpt-1 is not in the table" in ended.err
