"""Writes requirements.lock anew: exact versions with hashes, for every platform and Python."""

from __future__ import annotations

import os
import sys
import tempfile
import venv
from pathlib import Path

import watched

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Resolve pyproject.toml with uv, which lives in an environment that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder) / "bin"
        steps = (
            ("getting uv", [str(programs / "python"), "-m", "pip", "install", "--quiet", "uv"]),
            ("resolving", [str(programs / "uv"), *_compile(sys.argv[1:])]),
        )
        for title, command in steps:
            ended = watched.run(command, title=title, env=_environment(), cwd=ROOT, limit=900)
            if ended.code:
                watched.say("\n".join((f"{title} failed:", *ended.tail)))
                return 1
    return 0


def _compile(more: list[str]) -> list[str]:
    # Versions that the lock has already are kept unless --upgrade or --upgrade-package says else.
    return [
        *("pip", "compile", "pyproject.toml", "--all-extras"),
        *("--universal", "--python-version", "3.11", "--generate-hashes"),
        *("--constraints", "tools/constraints.txt", "--output-file", "requirements.lock"),
        *("--no-emit-index-url", "--no-annotate", "--no-header", *more),
    ]


def _environment() -> dict[str, str]:
    # uv has its own names for what pip is configured with.
    given = os.environ
    certificates = given.get("PIP_CERT") or given.get("SSL_CERT_FILE", "")
    return {**given, **({"SSL_CERT_FILE": certificates} if certificates else {})}


if __name__ == "__main__":
    sys.exit(main())
