"""Runs the Pulumi CLI on the stack of a first run, with state in the target's folder."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.errors import LlmCostError
from llmcost_infra.first_run.send import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    def environment(self) -> dict[str, str]:
        """Return the environment of the CLI: local state, no downloads, our credentials."""
        state = self.target.folder / "state"
        home = self.target.folder / "home"
        for folder in (state, home):
            folder.mkdir(parents=True, exist_ok=True)
        return {
            **os.environ,
            # Our provider and the interpreter that runs the program are both beside this one.
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_HOME": str(home),
            "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
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
            LlmCostError: the CLI is missing or failed.
        """
        self._run("stack", "select", "--create", STACK, quiet=True)

    def up(self) -> None:
        """Bring the stack up, showing what the CLI shows.

        Raises:
            LlmCostError: the CLI is missing or failed; its own words are on the terminal.
        """
        self._free()
        # Not without the preview: it finds every mistake before the first write.
        self._run("up", "--stack", STACK, "--yes")

    def destroy(self) -> None:
        """Destroy what the stack made.

        Raises:
            LlmCostError: the CLI is missing or failed.
        """
        self._free()
        self._run("destroy", "--stack", STACK, "--yes", "--skip-preview")

    def _free(self) -> None:
        """Take away the lock of a run that was killed: its words name no way that works here.

        Raises:
            LlmCostError: another run is at work.
        """
        locks = (self.target.folder / "state").glob(f".pulumi/locks/**/{STACK}/*.json")
        holders = [json.loads(lock.read_text(encoding="utf-8")) for lock in locks]
        working = [one["pid"] for one in holders if _works(one)]
        if working:
            raise LlmCostError(
                f"Another run is at work on the stack {STACK}: process {working[0]}.",
                hint="Wait until it has ended, and run the command again.",
            )
        if holders:
            self._run("cancel", "--stack", STACK, "--yes", quiet=True)

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs."""
        text = self._run("stack", "output", "--stack", STACK, "--json", quiet=True)
        return cast("dict[str, Any]", json.loads(text))

    def settings(self) -> dict[str, Any]:
        """Return the stack's ``llmcost:settings``."""
        text = self._run("config", "get", "--stack", STACK, "settings", quiet=True)
        return cast("dict[str, Any]", json.loads(text))

    def _run(self, *arguments: str, quiet: bool = False) -> str:
        pulumi = shutil.which("pulumi")
        if pulumi is None:
            raise LlmCostError(
                "The Pulumi CLI is not on PATH.",
                hint="`make up` finds or builds it; or install it and run the command again.",
            )
        done = subprocess.run(  # noqa: S603 - arguments are ours
            [pulumi, *arguments, "--non-interactive", "--color", _colour()],
            cwd=self.project,
            env=self.environment(),
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.PIPE if quiet else None,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            words = f"\n{(done.stderr or '').strip()}" if quiet else " Its words are above."
            raise LlmCostError(
                f"`pulumi {_command(arguments)}` failed.{words}",
                hint="Mend what it names and run the command again; what is done already is known.",
            )
        return done.stdout or ""


def _works(holder: Mapping[str, Any]) -> bool:
    """Tell whether the process that holds a lock is there; on another machine it may be."""
    if holder["hostname"] != socket.gethostname():
        return True
    try:
        os.kill(holder["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _command(arguments: tuple[str, ...]) -> str:
    return " ".join(takewhile(lambda word: not word.startswith("-"), arguments))


def _colour() -> str:
    return "auto" if sys.stdout.isatty() else "never"
