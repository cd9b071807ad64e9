"""`llmcost forget` asks for the key, and says what is found."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.pseudonyms import pseudonym
from llmcost_infra.upkeep import forget as module
from tests.cli.test_reprice import server  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.cli.conftest import Type

ANN = ("forget", "--stack", "test", "--user", "ann@example.com")


@pytest.mark.usefixtures("server")
def test_nothing_is_found_where_nothing_is(llmcost: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is fine; the id is told as it would be stored, the key is not."""
    monkeypatch.setenv("LLMCOST_HASH_KEY", "grains-of-salt")
    ended = llmcost(*ANN, "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert told == {"stored_as": pseudonym("ann@example.com", "grains-of-salt"), "found": []}
    assert "grains-of-salt" not in ended.out + ended.err


@pytest.mark.usefixtures("server")
def test_what_is_found_ends_it_with_four(llmcost: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line a stream, with the day on which its rows are gone."""
    monkeypatch.setenv("LLMCOST_HASH_KEY", "grains-of-salt")
    today = datetime.now(UTC).date()
    one = module.Stored("llm_calls", "llmcost_user", 1_200, today, today, date(2030, 1, 2))
    monkeypatch.setattr(module, "stored_of", lambda *_args: iter([one]))
    ended = llmcost(*ANN)
    assert ended.code == 4
    assert ended.out.splitlines()[1].split() == [
        "llm_calls", "llmcost_user", "1,200", str(today), str(today), "2030-01-02",
    ]  # fmt: skip


@pytest.mark.usefixtures("server")
def test_without_a_key_and_a_terminal_it_is_a_mistake(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key on the command line would stay in the shell's history."""
    monkeypatch.delenv("LLMCOST_HASH_KEY", raising=False)
    ended = llmcost(*ANN)
    assert ended.code == 2
    assert "LLMCOST_HASH_KEY is not set" in ended.err
