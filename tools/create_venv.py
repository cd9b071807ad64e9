"""Creates .venv: the packages of requirements.lock, checked by hash, then the project itself.

Runs on the system's Python before anything is installed: standard library only. The Makefile has
checked by then that this Python is new enough.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import watched

__all__ = [
    "PipProgress",
    "SetupError",
    "check_modules",
    "create",
    "fingerprint",
    "fits",
    "install",
    "install_lock",
    "main",
    "make",
]

ROOT = Path(__file__).resolve().parent.parent
_STAMP = "llmcost-installed"
_NO_NETWORK = (
    "No matching distribution",
    "Could not find a version",
    "NewConnectionError",
    "NameResolutionError",
    "Temporary failure in name resolution",
    "ConnectTimeout",
    "Connection refused",
    "Connection to ",
    "Network is unreachable",
    "ProxyError",
    "Read timed out",
    "SSLError",
)


class SetupError(Exception):
    """Set-up cannot go on: says why, and what to do next."""

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(f"{message}\n  {next_step}")


def main() -> int:
    """Create or complete the environment; 0 when it is there, 1 when it cannot be."""
    try:
        check_modules()
        create(ROOT, ROOT / ".venv")
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def check_modules() -> None:
    """Refuse a Python that cannot make environments: some systems package that apart."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        version = "{}.{}".format(*sys.version_info)
        raise SetupError(
            f"{sys.executable} (Python {version}) comes without {' and '.join(missing)}, "
            "so it cannot make a virtual environment.",
            f"On Debian and Ubuntu: apt-get install python{version}-venv. "
            "Or name another Python: make up PYTHON=/path/to/python3.12",
        )


def create(root: Path, venv: Path) -> None:
    """Bring the environment in line with the lock and the project; nothing if it is already.

    Args:
        root: the checkout, with requirements.lock and pyproject.toml.
        venv: the environment's folder.

    Raises:
        SetupError: it cannot be made or filled.
    """
    wanted = fingerprint(root)
    stamp = venv / _STAMP
    if fits(venv):
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return
    else:
        make(venv)
    # A stamp that is gone while we install says that the environment is not complete.
    stamp.unlink(missing_ok=True)
    install_lock(root / "requirements.lock", venv)
    _install_project(root, venv)
    stamp.write_text(wanted, encoding="utf-8")


def fingerprint(root: Path) -> str:
    """What an environment is made from: the lock, and how the project is packaged."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    packaging = {
        "build-system": project["build-system"],
        "project": project["project"],
        "hatch": project.get("tool", {}).get("hatch"),
    }
    digest = hashlib.sha256((root / "requirements.lock").read_bytes())
    digest.update(json.dumps(packaging, sort_keys=True).encode())
    return digest.hexdigest()


def fits(venv: Path) -> bool:
    """Tell whether an environment is there, and of this Python."""
    # An environment breaks when it is moved or its Python goes away, so it is asked.
    python = venv / "bin" / "python"
    if not python.exists():
        return False
    question = "import sys, pip; print(*sys.version_info[:2], sys.prefix)"
    answer = subprocess.run(
        [str(python), "-c", question], capture_output=True, text=True, check=False
    )
    expected = "{} {} {}".format(*sys.version_info[:2], venv)
    return answer.returncode == 0 and answer.stdout.strip() == expected


def make(venv: Path) -> None:
    """Make an empty environment in the place of whatever is there.

    Raises:
        SetupError: it cannot be made.
    """
    watched.say(f"Creating {venv.name} with {sys.executable}")
    command = [sys.executable, "-m", "venv", "--clear", str(venv)]
    ended = watched.run(command, title="creating the environment", cwd=venv.parent)
    if ended.code:
        raise SetupError(
            f"The virtual environment {venv} could not be made: {_last(ended.tail)}",
            f"To see all of it: {' '.join(command)}",
        )


def install_lock(lock: Path, venv: Path) -> None:
    """Install exactly what a lock names, each package checked by hash.

    Args:
        lock: complete: what it does not name is not installed.
        venv: the environment's folder.

    Raises:
        SetupError: it cannot be installed.
    """
    total = sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())
    watched.say(f"Installing {total} packages of {lock.name} (a minute or two the first time)")
    # The lock is complete. Left to resolve, an older pip takes the newest `coverage[toml]` instead
    # of the one that is locked as `coverage`, and then misses its hash.
    ended = watched.run(
        [
            *(*_pip(venv), "install", "--no-deps", "--require-hashes", "--progress-bar=off"),
            *("-r", str(lock)),
        ],
        title="installing",
        note=PipProgress(total),
        env=_environment(),
        cwd=lock.parent,
    )
    if ended.code:
        raise _explain(ended.tail)


def install(venv: Path, cwd: Path, *words: str, title: str) -> watched.Finished:
    """Run `pip install --no-deps` of an environment; return how it ended.

    Args:
        venv: the environment's folder.
        cwd: where.
        words: what follows on the command line.
        title: what a person is told that it does.
    """
    command = [*_pip(venv), "install", "--no-deps", *words]
    return watched.run(command, title=title, env=_environment(), cwd=cwd)


def _install_project(root: Path, venv: Path) -> None:
    words = ("--no-build-isolation", "--editable", str(root))
    ended = install(venv, root, *words, title="installing the project")
    if ended.code:
        raise SetupError(
            f"The project itself could not be installed: {_last(ended.tail)}",
            "To see all of it: .venv/bin/pip install --no-deps --no-build-isolation -e .",
        )


def _pip(venv: Path) -> list[str]:
    return [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]


def _environment() -> dict[str, str]:
    # A shell's PYTHONPATH would be seen as installed packages, and --user has no place in a venv.
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return {**kept, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "1"}


class PipProgress:
    """Words for a line of pip's output."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._met = 0

    def __call__(self, line: str) -> str | None:
        """Return what the line tells about progress, or None."""
        if line.startswith("Collecting "):
            self._met += 1
            return f"{self._met} of {self._total}: {line.split()[1].partition('==')[0]}"
        if line.startswith("Installing collected packages"):
            return "unpacking"
        if "Retrying" in line:
            return "the package index does not answer, trying again"
        return None


def _explain(tail: tuple[str, ...]) -> SetupError:
    text = "\n".join(tail)
    again = "run the same command again; what was downloaded is kept"
    if "DO NOT MATCH THE HASHES" in text:
        return SetupError(
            "A package differs from the one that requirements.lock names, so it was not installed.",
            "Check where pip gets its packages (pip config list). "
            "If you changed the lock yourself: make lock",
        )
    if "No space left" in text:
        return SetupError(
            "The disk is full; the packages need about 1 GB.", f"Make room, then {again}."
        )
    if any(words in text for words in _NO_NETWORK):
        return SetupError(
            f"The packages could not be fetched: {_last(tail)}",
            "Check the network, the proxy and the index that pip uses (pip config list), "
            f"then {again}.",
        )
    return SetupError(
        f"The packages could not be installed: {_last(tail)}",
        "To see all of it: .venv/bin/pip install --no-deps --require-hashes -r requirements.lock",
    )


def _last(tail: tuple[str, ...]) -> str:
    errors = [line for line in tail if line.startswith("ERROR")] or [line for line in tail if line]
    return errors[-1] if errors else "it said nothing"


if __name__ == "__main__":
    sys.exit(main())
