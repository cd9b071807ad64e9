"""No library without a reason, and none that nothing uses."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
SECTIONS = {
    "For everyone": PROJECT["dependencies"],
    "Extra `local`": EXTRAS["local"],
    "Extra `telemetry`": EXTRAS["telemetry"],
    "Extra `dev`": EXTRAS["dev"],
}


def declared(requirements: list[str]) -> dict[str, str]:
    """Return name → bound."""
    parts = (re.fullmatch(r"([\w.-]+(?:\[\w+\])?)(.*)", text) for text in requirements)
    return {part[1]: part[2] for part in parts if part}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_library_has_a_row_with_its_bound(section: str) -> None:
    """The page and pyproject.toml name the same libraries with the same bounds."""
    page = (ROOT / "docs/dependencies.md").read_text()
    (part,) = [part for part in page.split("\n## ") if part.startswith(section)]
    rows = dict(re.findall(r"^\| ([a-z0-9.\[\]-]+) \| (\S+) \|", part, re.MULTILINE))
    written = {name: bound.strip("`") for name, bound in rows.items() if name != "library"}

    expected = {name: bound or "any" for name, bound in declared(SECTIONS[section]).items()}

    assert written == expected


@pytest.mark.parametrize("name", sorted(declared([*SECTIONS["For everyone"], *EXTRAS["local"]])))
def test_every_library_is_in_the_lock(name: str) -> None:
    """What pyproject.toml asks for is what set-up installs."""
    lock = (ROOT / "requirements.lock").read_text()

    assert re.search(rf"^{re.escape(name)}==", lock, re.MULTILINE)


def test_every_package_of_the_lock_is_checked_by_hash() -> None:
    """Set-up installs nothing that could have been exchanged on the way."""
    lock = (ROOT / "requirements.lock").read_text()
    entries = re.split(r"\n(?=\S)", lock.strip())

    assert len(entries) > 50
    for entry in entries:
        assert "==" in entry.splitlines()[0]
        assert "--hash=sha256:" in entry
