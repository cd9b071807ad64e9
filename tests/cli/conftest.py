"""Runs the command in this process, as a person would type it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pytest

from llmcost_infra.cli.main import main

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
