"""`llmcost rollup` finds stack and server, and prints a line a day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import ERASED, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmcost_infra.local.server import LocalServer
    from tests.cli.conftest import Type


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A server that the environment names, with the streams of a stack that keeps a history."""
    settings = "config:\n  mine:settings:\n    environment: test\n    history: true\n"
    wrong = settings.replace("history", "histori")
    stacks = {"test": settings, "wrong": wrong, "empty": "config: {}\n"}
    with served(tmp_path, monkeypatch, **stacks) as server:
        yield server


@pytest.mark.usefixtures("server", "terminal")
def test_it_prints_a_line_a_day(llmcost: Type) -> None:
    """Days oldest first, those that are still open last; a day without calls is there too."""
    ended = llmcost("rollup", "--stack", "test", "--days", "2")
    assert ended.code == 0, ended.err
    assert " is added up" in ended.err
    assert ended.err.endswith(ERASED)
    head, *days = ended.out.splitlines()
    assert head.split() == ["day", "groups", "calls", "cost", "(USD)"]
    closed, still_open = days[:2], days[2:]
    assert [line.split()[1:] for line in closed] == [["0", "0", "unknown"]] * 2
    assert {tuple(line.split()[1:]) for line in still_open} == {("(open)", "0", "0", "unknown")}
    assert days == sorted(days)


@pytest.mark.usefixtures("server")
def test_it_prints_json(llmcost: Type) -> None:
    """Unknown is null."""
    told = json.loads(llmcost("rollup", "--stack", "test", "--days", "1", "--json").out)
    assert {(one["groups"], one["llm_calls"], one["cost_usd"]) for one in told} == {(0, 0, None)}
    assert [one["closed"] for one in told][:2] == [True, False]


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        ("wrong", "Pulumi.wrong.yaml:4: histori: unknown key"),
        ("empty", "Pulumi.empty.yaml:1: config: has no mine:settings"),
        ("tset", "there is no stack 'tset'"),
    ],
)
@pytest.mark.usefixtures("server")
def test_what_is_wrong_with_a_stack_is_told_at_its_line(
    llmcost: Type, stack: str, said: str
) -> None:
    """Before the server is asked anything."""
    ended = llmcost("rollup", "--stack", stack)
    assert ended.code == 2
    assert said in ended.err


def test_a_server_that_is_not_there_ends_with_three(llmcost: Type, server: LocalServer) -> None:
    """As every command that cannot reach its server."""
    server.stop()
    assert llmcost("rollup", "--stack", "test").code == 3
