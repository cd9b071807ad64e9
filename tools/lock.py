"""Writes the locks anew: exact versions with hashes, for every platform and Python."""

from __future__ import annotations

import os
import sys
import tempfile
import venv
from pathlib import Path
from typing import Final

import watched

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Resolve the project and what its applications need with uv, which is then thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder) / "bin"
        steps = (
            ("getting uv", [str(programs / "python"), "-m", "pip", "install", "--quiet", "uv"]),
            ("resolving", [str(programs / "uv"), *_project(), *sys.argv[1:]]),
            *(
                (f"resolving {folder}", [str(programs / "uv"), *_in(folder), *sys.argv[1:]])
                for folder in ("examples", "tests/apps")
            ),
        )
        for title, command in steps:
            ended = watched.run(command, title=title, env=_environment(), cwd=ROOT, limit=900)
            if ended.code:
                watched.say("\n".join((f"{title} failed:", *ended.tail)))
                return 1
    return 0


# Versions that a lock has already are kept unless --upgrade or --upgrade-package says else.
_UNIVERSAL: Final = ("--universal", "--python-version", "3.11", "--generate-hashes")
_PLAIN: Final = ("--no-emit-index-url", "--no-annotate", "--no-header")


def _project() -> list[str]:
    return [
        *("pip", "compile", "pyproject.toml", "--all-extras", *_UNIVERSAL),
        *("--constraints", "tools/constraints.txt", "--output-file", "requirements.lock"),
        *_PLAIN,
    ]


def _in(folder: str) -> list[str]:
    files = (f"{folder}/requirements.txt", "--output-file", f"{folder}/requirements.lock")
    return ["pip", "compile", *files, *_UNIVERSAL, *_PLAIN]


def _environment() -> dict[str, str]:
    # uv has its own names for what pip is configured with.
    given = os.environ
    certificates = given.get("PIP_CERT") or given.get("SSL_CERT_FILE", "")
    return {**given, **({"SSL_CERT_FILE": certificates} if certificates else {})}


if __name__ == "__main__":
    sys.exit(main())
