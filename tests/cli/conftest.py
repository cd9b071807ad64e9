"""Runs the command in this process, as a person would type it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest

from llmcost_infra.cli.main import main
from llmcost_infra.columns import STORED
from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

ERASED = "\x1b[2K"
"""Erases the line that the cursor is on, and leaves it at its start."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


class Type(Protocol):
    """Types a command."""

    def __call__(self, *arguments: str) -> Ended:
        """Run `llmcost` with these arguments."""
        ...


@pytest.fixture
def llmcost(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Type:
    """Return what runs `llmcost` with arguments."""
    monkeypatch.delenv("LLMCOST_TRACEBACK", raising=False)

    def run(*arguments: str) -> Ended:
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        said = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return Ended(caught.value.code, said.out, said.err)

    return run


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have progress think that it is on a terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")


@contextmanager
def served(folder: Path, monkeypatch: pytest.MonkeyPatch, **stacks: str) -> Generator[LocalServer]:
    """Go into a project, with a server that the environment names and that has the LLM stream.

    Args:
        folder: an empty one.
        monkeypatch: of the test.
        stacks: name and file of each stack.
    """
    project = folder / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    (project / "__main__.py").write_text("")
    for name, text in stacks.items():
        (project / f"Pulumi.{name}.yaml").write_text(text)
    monkeypatch.chdir(project)
    monkeypatch.delenv("OPENOBSERVE_ORG", raising=False)
    user, password = "root@example.com", "Complexpass#123"
    with LocalServer(folder / "data", user=user, password=password) as server:
        for name, value in {"URL": server.url, "USER": user, "PASSWORD": password}.items():
            monkeypatch.setenv(f"OPENOBSERVE_{name}", value)
        with Client(server.url, user, password) as client:
            fields = [{"name": name, "type": kind} for name, kind in STORED.items()]
            body = {"fields": fields, "settings": {}}
            client.post("/api/default/streams/llm_calls", body, {"type": "traces"})
        yield server
