"""A project and its stacks, run by the real Pulumi CLI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["PASSWORD", "Cli", "Outcome", "Stack", "Step"]

PASSWORD = "Complexpass#123"
_PROGRAM = Path(__file__).parent / "program" / "__main__.py"
_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Cli:
    """The Pulumi CLI.

    Args:
        folder: where it and its Python host are.
        log: file with a line for every start, of all processes that run tests; by default none.
    """

    folder: Path
    log: Path | None = None

    def started(self) -> Path:
        """Return the program for one more start."""
        if self.log is not None:
            with self.log.open("a") as log:
                log.write("started\n")
        return self.folder / "pulumi"

    @property
    def starts(self) -> int:
        """How often it was started."""
        if self.log is None or not self.log.exists():
            return 0
        return len(self.log.read_text().splitlines())


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    text: str


@dataclass(frozen=True)
class Step:
    """What a preview would do to one resource: kinds, old and new values by path."""

    operation: str
    changes: dict[str, tuple[str, Any, Any]]


@dataclass
class Stack:
    """One stack of a project of its own, with its state in a folder.

    Args:
        folder: where project, state and the CLI's own files are.
        cli: what runs it.
        environment: what is set besides the CLI's own variables.
    """

    folder: Path
    cli: Cli
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(
        cls,
        folder: Path,
        cli: Cli,
        url: str = "",
        *,
        program: Path = _PROGRAM,
        stack: str = "test",
        **environment: str,
    ) -> Stack:
        """Return a new stack of a program whose provider talks to the server at a URL."""
        made = cls(folder, cli, _access(url) | environment)
        for name in ("project", "state", "home"):
            (folder / name).mkdir(parents=True)
        shutil.copy(program, folder / "project" / "__main__.py")
        project = {
            "name": "kinds",
            "runtime": {"name": "python"},
            "plugins": {
                "analyzers": [{"name": "policy-llmcost", "path": str(_BIN)}],
                "providers": [{"name": "openobserve", "path": str(_BIN)}],
            },
        }
        (folder / "project" / "Pulumi.yaml").write_text(json.dumps(project))
        assert made.run("stack", "init", stack).code == 0
        return made

    def copy(self, folder: Path, url: str) -> Stack:
        """Return a stack of its own that is where this one is, on the server at a URL."""
        shutil.copytree(self.folder, folder)
        # The CLI remembers by path which stack is meant.
        selected = {"PULUMI_STACK": self._file.stem}
        return Stack(folder, self.cli, self.environment | _access(url) | selected)

    def run(self, *arguments: str, **environment: str) -> Outcome:
        """Run a command of the CLI in the project."""
        done = subprocess.run(  # noqa: S603 - the CLI that we test with
            [self.cli.started(), *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder / "project",
            env=self._environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        return Outcome(done.returncode, done.stdout)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command of the CLI in the project and do not wait for its end."""
        return subprocess.Popen(  # noqa: S603 - the CLI that we test with
            [self.cli.started(), *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder / "project",
            env=self._environment(environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def up(self, *arguments: str, **environment: str) -> Outcome:
        """Bring the stack up, without a preview first."""
        return self.run("up", "--yes", "--skip-preview", *arguments, **environment)

    def preview(self, **environment: str) -> dict[str, Step]:
        """Return what an update would do, by resource; what stays the same is left out."""
        outcome = self.run("preview", "--json", **environment)
        assert outcome.code == 0, outcome.text
        steps = json.loads(outcome.text)["steps"]
        return {
            step["urn"].rpartition("::")[2]: _step(step) for step in steps if step["op"] != "same"
        }

    def state(self) -> str:
        """Return all that is stored: the state, the ones before it, and how each run went."""
        files = (file for file in (self.folder / "state").rglob("*") if file.is_file())
        return "".join(file.read_text() for file in files)

    def deployment(self) -> dict[str, Any]:
        """Return the state; empty if nothing was ever made."""
        latest: dict[str, Any] = json.loads(self._file.read_text())["checkpoint"].get("latest", {})
        return latest

    def ids(self) -> dict[str, tuple[str, str]]:
        """Return type and id of every resource by its name."""
        return {
            one["urn"].rpartition("::")[2]: (one["type"], one["id"])
            for one in self.deployment().get("resources", [])
            if one["type"].startswith("openobserve:")
        }

    @property
    def _file(self) -> Path:
        (file,) = (self.folder / "state").rglob("stacks/*/*.json")
        return file

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        ours = {
            "PATH": os.pathsep.join((str(self.cli.folder), str(_BIN), os.environ["PATH"])),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_BACKEND_URL": (self.folder / "state").as_uri(),
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_ERROR_OUTPUT_STRING": "true",
        }
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PULUMI_", "OPENOBSERVE_"))
        }
        return kept | ours | self.environment | more


def _access(url: str) -> dict[str, str]:
    return {
        "OPENOBSERVE_URL": url,
        "OPENOBSERVE_USER": "root@example.com",
        "OPENOBSERVE_PASSWORD": PASSWORD,
    }


def _step(step: dict[str, Any]) -> Step:
    old, new = (step.get(state, {}).get("inputs", {}) for state in ("oldState", "newState"))
    return Step(
        step["op"],
        {
            path: (change["kind"], _at(old, path), _at(new, path))
            for path, change in (step.get("detailedDiff") or {}).items()
        },
    )


def _at(inputs: Any, path: str) -> Any:
    for key in path.split("."):
        inputs = inputs.get(key) if isinstance(inputs, dict) else None
    return inputs
