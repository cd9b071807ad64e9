"""What tests of several rooms need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says more about the machine than about a law.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def pulumi_folder() -> Path:
    """Folder of a Pulumi CLI with its Python language host, found as set-up finds it."""
    found = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(CHECKOUT / "tools" / "pulumi_cli.py")],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Path(found.stdout.strip())


@pytest.fixture
def pulumi_on_path(pulumi_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put this environment's programs and the Pulumi CLI first on PATH."""
    folders = (str(Path(sys.executable).parent), str(pulumi_folder), os.environ["PATH"])
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
