"""Every script of the example workflows is one that a shell reads."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[2] / "examples"


def scripts() -> Iterator[Any]:
    """Yield the script of each step, or of each job where a job has no steps."""
    for path in sorted(EXAMPLES.glob("git*/*.yml")):
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, job in loaded.get("jobs", loaded).items():
            steps = [{"run": "\n".join(job["script"])}] if "script" in job else job["steps"]
            for number, step in enumerate(steps):
                if "run" in step:
                    yield pytest.param(step["run"], id=f"{path.stem}-{name}-{number}")


@pytest.mark.parametrize("script", list(scripts()))
def test_a_shell_reads_it(script: str) -> None:
    """None ends in a syntax error on its first run, which may be months from now."""
    read = subprocess.run(
        ["bash", "-n"],  # noqa: S607 - bash, wherever it is
        env={**os.environ, "LC_ALL": "C"},  # a locale that is not there is no syntax error
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (read.returncode, read.stderr) == (0, "")
