"""`llmcost rollup` finds stack and server, and prints a line a day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client
from tests.cli.conftest import ERASED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Type

PASSWORD = "Complexpass#123"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A server that the environment names, with the streams of a stack that keeps a history."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    settings = "config:\n  mine:settings:\n    environment: test\n    history: true\n"
    (project / "Pulumi.test.yaml").write_text(settings)
    (project / "Pulumi.wrong.yaml").write_text(settings.replace("history", "histori"))
    (project / "Pulumi.empty.yaml").write_text("config: {}\n")
    (project / "__main__.py").write_text("")
    monkeypatch.chdir(project)
    with LocalServer(tmp_path / "data", password=PASSWORD) as server:
        named = {"URL": server.url, "USER": "root@example.com", "PASSWORD": PASSWORD}
        for name, value in named.items():
            monkeypatch.setenv(f"OPENOBSERVE_{name}", value)
        monkeypatch.delenv("OPENOBSERVE_ORG", raising=False)
        with Client(server.url, "root@example.com", PASSWORD) as client:
            columns = ("model", "team", "feature", "environment", "pricing_status")
            numbers = ("input_tokens", "output_tokens")
            money = ("cost_usd", "input_cost_usd", "output_cost_usd")
            fields = [
                *({"name": f"llmcost_{name}", "type": "Utf8"} for name in columns),
                *({"name": f"llmcost_{name}", "type": "Int64"} for name in numbers),
                *({"name": f"llmcost_{name}", "type": "Float64"} for name in money),
                {"name": "llmcost_adjusted_at", "type": "Int64"},
                {"name": "llmcost_is_call", "type": "Boolean"},
                *({"name": name, "type": "Utf8"} for name in ("trace_id", "span_id")),
            ]
            body = {"fields": fields, "settings": {}}
            client.post("/api/default/streams/llm_calls", body, {"type": "traces"})
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
