"""A folder to write declarations into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def declared(tmp_path: Path) -> Callable[[str], Path]:
    """Return how to write a declaration."""

    def write(text: str) -> Path:
        path = tmp_path / "some.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
