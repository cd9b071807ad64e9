"""The wheel, and what makes a team's repository of the template."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import copier
import pytest

from tests.package.conftest import installed, wheel  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).parents[2]
TEMPLATE = CHECKOUT / "templates" / "team"
ANSWERS: Mapping[str, Any] = {
    "team": "search",
    "environments": ["dev", "prod"],
    "monthly_usd": "4000",
    "owners": "ann@example.com, bob@example.com",
    "features": "summarize,rank",
    "routes": ["email"],
    "url": "https://observe.example.com",
    "user": "llmcost@example.com",
}


class Generate(Protocol):
    """Makes a repository with some answers given otherwise."""

    def __call__(self, **other: Any) -> Path:
        """Return its folder."""


@pytest.fixture
def generate(tmp_path: Path) -> Generate:
    """Return what makes a team's repository, as `copier copy` does."""

    def make(**other: Any) -> Path:
        folder = tmp_path / "team"
        copier.run_copy(str(TEMPLATE), folder, data={**ANSWERS, **other}, defaults=True, quiet=True)
        return folder

    return make
