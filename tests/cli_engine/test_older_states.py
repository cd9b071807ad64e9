"""States that earlier versions wrote still belong to the program that wrote them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli_engine.conftest import Deployed

pytestmark = pytest.mark.cli

STATES = Path(__file__).parents[1] / "data" / "states"


def test_the_first_state_is_kept() -> None:
    """A state is added with each release and none is taken away."""
    assert (STATES / "first.json").is_file()


@pytest.mark.parametrize("state", sorted(STATES.glob("*.json")), ids=lambda path: path.stem)
def test_an_older_state_needs_no_replacement(fresh: Deployed, state: Path) -> None:
    """Whoever updates the package sees nothing replaced or deleted: objects keep their ids."""
    imported = fresh.stack.run("stack", "import", "--file", str(state))
    assert imported.code == 0, imported.text
    assert {step.operation for step in fresh.stack.preview().values()} <= {"update"}
