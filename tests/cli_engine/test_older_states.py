"""States that earlier versions wrote still belong to the program that wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_engine.stacks import Stack

pytestmark = pytest.mark.cli

STATES = Path(__file__).parents[1] / "data" / "states"


def test_the_first_state_is_kept() -> None:
    """A state is added with each release and none is taken away."""
    assert (STATES / "first.json").is_file()


@pytest.mark.parametrize("state", sorted(STATES.glob("*.json")), ids=lambda path: path.stem)
def test_an_older_state_needs_no_replacement(tmp_path: Path, cli: Path, state: Path) -> None:
    """Whoever updates the package sees nothing replaced or deleted: objects keep their ids."""
    stack = Stack.make(tmp_path / "stack", cli)
    imported = stack.run("stack", "import", "--file", str(state))
    assert imported.code == 0, imported.text
    assert operations(stack) <= {"update"}


def operations(stack: Stack) -> set[str]:
    """Return what a preview would do to resources of the older state."""
    return {step.operation for step in stack.preview().values()}
