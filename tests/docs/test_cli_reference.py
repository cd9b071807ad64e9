"""The page about the command line is what the commands say themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cli_reference

if TYPE_CHECKING:
    import pytest


def test_the_page_is_current() -> None:
    """A changed option is in docs/cli.md before it is merged; `make docs` puts it there."""
    assert cli_reference.PAGE.read_text(encoding="utf-8") == cli_reference.reference()


def test_every_command_has_a_heading() -> None:
    """No command is left out, groups and what they hold included."""
    page = cli_reference.PAGE.read_text(encoding="utf-8")

    names = [name for name, _help in cli_reference.commands()]
    assert {"llmcost", "llmcost up", "llmcost local", "llmcost local serve"} <= set(names)
    for name in names:
        assert f"\n## `{name}`\n" in page


def test_the_page_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs `make docs` gets the same page."""
    monkeypatch.setenv("COLUMNS", "40")
    narrow = cli_reference.reference()
    monkeypatch.setenv("COLUMNS", "200")

    assert cli_reference.reference() == narrow
