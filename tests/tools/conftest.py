"""Programs that stand for the real ones: small shell scripts in a folder of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from pathlib import Path


class Programs(Protocol):
    """Writes a program and returns its path."""

    def __call__(self, name: str, *lines: str, folder: Path | None = None) -> Path:
        """Write a program of this name; on the test's PATH unless a folder is given."""
        ...


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """Return the folder that a test's PATH consists of."""
    folder = tmp_path / "path"
    folder.mkdir()
    return folder


@pytest.fixture
def program(bin_folder: Path) -> Programs:
    """Return what writes a program: a shell script of the lines given."""

    def write(name: str, *lines: str, folder: Path | None = None) -> Path:
        path = (folder or bin_folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(("#!/bin/sh", *lines, "")))
        path.chmod(0o755)
        return path

    return write
