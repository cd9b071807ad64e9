"""Runs the Pulumi CLI on the stack of a first run, with state in the target's folder."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.errors import LlmCostError
from llmcost_infra.first_run.send import Endpoint
from llmcost_infra.first_run.state import locks, refuse_cut
from llmcost_infra.pulumi_cli import cli_on_path, run, show

if TYPE_CHECKING:
    from llmcost_infra.first_run.target import Target
    from llmcost_infra.settings import Settings

__all__ = ["STACK", "Engine"]

STACK = "local"

# Public on purpose: the stack holds no secret, and a passphrase that changed from one checkout
# to the next would rewrite the committed Pulumi.local.yaml.
_PASSPHRASE = "local"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Engine:
    """The Pulumi CLI on one stack.

    Args:
        project: folder of ``Pulumi.yaml``.
        target: whose folder keeps the state.
        url: address of the server.
        password: of the target's user.
    """

    project: Path
    target: Target
    url: str
    password: str = field(repr=False)

    @property
    def backend(self) -> Path:
        """Folder of the state."""
        return self.target.folder / "state"

    @property
    def home(self) -> Path:
        """Folder in which the CLI remembers which stack is selected."""
        return self.target.folder / "home"

    def environment(self) -> dict[str, str]:
        """Return the environment of the CLI: local state, no downloads, our credentials."""
        for folder in (self.backend, self.home):
            folder.mkdir(parents=True, exist_ok=True)
        return {
            **os.environ,
            # Our provider and the interpreter that runs the program are both beside this one.
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_BACKEND_URL": self.backend.as_uri(),
            "PULUMI_HOME": str(self.home),
            "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE,
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "OPENOBSERVE_URL": self.url,
            "OPENOBSERVE_USER": self.target.user,
            "OPENOBSERVE_PASSWORD": self.password,
            "OPENOBSERVE_ORG": self.target.organization,
        }

    def endpoint(self, settings: Settings) -> Endpoint:
        """Return where applications of this stack send their traces."""
        return Endpoint(
            self.url,
            self.target.organization,
            self.target.user,
            self.password,
            settings.streams.source,
            settings.environment,
        )

    def select(self) -> None:
        """Select the stack, making it at the first time.

        Raises:
            LlmCostError: the CLI is missing or failed, or what it kept was not written to its end.
        """
        refuse_cut(self.backend, self.home, STACK)
        self._asked("stack", "select", "--create", STACK)

    def up(self) -> None:
        """Bring the stack up, showing what the CLI shows.

        Raises:
            LlmCostError: the CLI is missing or failed; its own words are on the terminal.
        """
        self._free()
        # Not without the preview: it finds every mistake before the first write.
        self._shown("up", "--stack", STACK, "--yes")

    def destroy(self) -> None:
        """Destroy what the stack made.

        Raises:
            LlmCostError: the CLI is missing or failed, or what it kept was not written to its end.
        """
        refuse_cut(self.backend, self.home, STACK)
        self._free()
        self._shown("destroy", "--stack", STACK, "--yes", "--skip-preview")

    def _free(self) -> None:
        """Take away the lock of a run that was killed: its words name no way that works here.

        Raises:
            LlmCostError: another run is at work, or a lock does not say which one.
        """
        left = locks(self.backend, STACK)
        held = next((lock for lock in left if lock.may_be_held), None)
        if held:
            raise LlmCostError(
                f"Another run is at work on the stack {STACK}: process {held.pid}.",
                hint="Wait until it has ended, and run the command again.",
            )
        if left:
            self._asked("cancel", "--stack", STACK, "--yes")

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs."""
        text = self._asked("stack", "output", "--stack", STACK, "--json")
        return cast("dict[str, Any]", json.loads(text))

    def _asked(self, *arguments: str) -> str:
        done = run(_cli(), *arguments, folder=self.project, environment=self.environment())
        if done.returncode != 0:
            raise _failed(arguments, f"\n{done.stderr.strip()}")
        return done.stdout

    def _shown(self, *arguments: str) -> None:
        if show(_cli(), *arguments, folder=self.project, environment=self.environment()) != 0:
            raise _failed(arguments, " Its words are above.")


def _cli() -> str:
    found = cli_on_path()
    if found is None:
        raise LlmCostError(
            "The Pulumi CLI is not on PATH.",
            hint="`make up` finds or builds it; or install it and run the command again.",
        )
    return found


def _failed(arguments: tuple[str, ...], words: str) -> LlmCostError:
    command = " ".join(takewhile(lambda word: not word.startswith("-"), arguments))
    return LlmCostError(
        f"`pulumi {command}` failed.{words}",
        hint="Mend what it names and run the command again; what is done already is known.",
    )
