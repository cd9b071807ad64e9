"""Pull requests that are recorded as small repositories, made from the shipped declarations."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.program import Program, run_program
from llmcost_infra.review.reviewing import Extras, review
from tests.check.conftest import client  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.review.report import Report

CHECKOUT = Path(__file__).parents[2]
_DECLARATIONS = ("dashboards", "alerts", "pipelines", "pricing")
_FILES = ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "__main__.py", "teams.yaml")


@dataclass
class Repository:
    """A project under version control, whose base was run before.

    Args:
        folder: of the project.
        ran: stack → what its program registers as long as nothing is changed.
    """

    folder: Path
    ran: dict[str, Program] = field(default_factory=dict)

    def edit(self, name: str, old: str, new: str) -> None:
        """Put other words at the one place of a file that holds these."""
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1, (name, text.count(old))
        path.write_text(text.replace(old, new))

    def git(self, *arguments: str) -> str:
        """Run Git in the project, as nobody in particular."""
        done = subprocess.run(  # noqa: S603 - our own arguments
            ["git", "-C", str(self.folder), *arguments],  # noqa: S607 - whichever there is
            env={**os.environ, **_NOBODY},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def commit(self) -> None:
        """Make what is there the base of whatever comes after."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "as it was")

    def review(self, stacks: Sequence[str] = (), extras: Extras | None = None) -> Report:
        """Review what was changed since the last commit."""
        return review(self.folder, "HEAD", stacks, self._run, extras)

    def _run(self, folder: Path, stack: str) -> Program:
        """Run a program; the base, which all pull requests share, only once."""
        if folder == self.folder:
            return run_program(folder, stack)
        if stack not in self.ran:
            self.ran[stack] = run_program(folder, stack)
        return self.ran[stack]


_NOBODY = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The shipped declarations with two stacks, committed; never changed."""
    made = Repository(tmp_path_factory.mktemp("shipped") / "project")
    made.folder.mkdir()
    for name in _DECLARATIONS:
        shutil.copytree(CHECKOUT / name, made.folder / name)
    for name in _FILES:
        shutil.copy(CHECKOUT / name, made.folder / name)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit()
    return made


@pytest.fixture
def pull_request(
    shipped: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Repository:
    """A copy of the shipped declarations, to be changed."""
    monkeypatch.delenv("OPENOBSERVE_ORG", raising=False)
    folder = tmp_path / "project"
    shutil.copytree(shipped.folder, folder)
    return Repository(folder, shipped.ran)
