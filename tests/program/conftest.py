"""A Pulumi project in a folder of its own, and what its program registers."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.program import Program, Registered, run_program

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Project:
    """A folder with ``Pulumi.yaml``, a stack ``dev`` and a program."""

    folder: Path

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
        return path

    def run(self, program: str = "", stack: str = "dev") -> Program:
        """Run a program, or the one that is there."""
        if program:
            self.write("__main__.py", program)
        return run_program(self.folder, stack)

    def resources(self, program: str) -> dict[str, Registered]:
        """Run a program and return what it registers, by name."""
        return {one.name: one for one in self.run(program).resources}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project whose program does nothing yet."""
    monkeypatch.delenv("OPENOBSERVE_ORG", raising=False)
    made = Project(tmp_path / "project")
    made.write("Pulumi.yaml", "name: shop\nruntime: python\n")
    made.write("Pulumi.dev.yaml", "config:\n  shop:size: 3\n")
    made.write("__main__.py", "import pulumi\n")
    return made
