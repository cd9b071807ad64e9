"""Makes what the examples need: environments with our wheel in them, Node packages, a Collector.

Standard library only, but for the wheel, which the project's own environment builds. Without Node
or a Collector it says so, and the tests that need one are skipped with that reason.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

import collector
import create_venv
import watched

__all__ = ["LIBRARIES", "NODE_APP", "VENV", "main"]

ROOT: Final = Path(__file__).resolve().parent.parent
VENV: Final = ROOT / ".venv-apps"
"""Environment of the examples."""

LIBRARIES: Final = ROOT / ".venv-libraries"
"""Environment of instrumentations that no example uses, and that would see its calls as well."""

NODE_APP: Final = ROOT / "examples" / "node-app"
_LOCKS: Final = {
    VENV: ROOT / "examples" / "requirements.lock",
    LIBRARIES: ROOT / "tests" / "apps" / "requirements.lock",
}
_STAMP: Final = ".llmcost-installed"


def main() -> int:
    """Make all of it; 0 when it is there, 1 when something cannot be made."""
    try:
        for venv, lock in _LOCKS.items():
            _packages(venv, lock)
        _wheel()
        _node()
        _collector()
    except create_venv.SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _packages(venv: Path, lock: Path) -> None:
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = venv / _STAMP
    if create_venv.fits(venv) and stamp.is_file() and stamp.read_text() == wanted:
        return
    create_venv.make(venv)
    create_venv.install_lock(lock, venv)
    stamp.write_text(wanted, encoding="utf-8")


def _wheel() -> None:
    """Install what users get: a wheel, not the checkout."""
    with tempfile.TemporaryDirectory() as folder:
        build = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps")
        command = [*build, "--no-build-isolation", "--wheel-dir", folder, str(ROOT)]
        built = watched.run(command, title="building the wheel", cwd=ROOT)
        wheels = [str(path) for path in Path(folder).glob("*.whl")]
        if built.code or not wheels:
            told = "\n".join(built.tail)
            raise create_venv.SetupError(f"The wheel was not built: {told}", " ".join(command))
        words = ("--force-reinstall", *wheels)
        for venv in _LOCKS:
            ended = create_venv.install(venv, ROOT, *words, title="installing the wheel")
            if ended.code:
                raise create_venv.SetupError("\n".join(ended.tail), "Run `make test-apps` again.")


def _node() -> None:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        watched.say("Node and npm are not here: the Node application is left out.")
        return
    lock, stamp = NODE_APP / "package-lock.json", NODE_APP / "node_modules" / _STAMP
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    # Every package is checked by the lock's hash; scripts of packages do not run.
    ended = watched.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        title="installing Node packages",
        cwd=NODE_APP,
    )
    if ended.code:
        told = "\n".join(ended.tail)
        raise create_venv.SetupError(
            f"The packages of the Node application were not installed: {told}",
            "Check the network and npm's configuration (npm config list), then run it again.",
        )
    stamp.write_text(wanted, encoding="utf-8")


def _collector() -> None:
    try:
        collector.collector(os.environ)
    except collector.NoCollectorError as error:
        watched.say(f"{error}\nThe tests that run the Collector's configuration are left out.")


if __name__ == "__main__":
    sys.exit(main())
