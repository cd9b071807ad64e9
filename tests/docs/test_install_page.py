"""The page about installing names what there is to install."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from llmcost_infra import __version__
from llmcost_infra.openobserve import SUPPORTED_VERSIONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/install.md").read_text()


def test_every_extra_has_a_row() -> None:
    """Whoever lacks a library finds the word to ask for it by."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(project["optional-dependencies"])


def test_the_versions_are_the_present_ones() -> None:
    """What the page shows is what the command prints today."""
    oldest, newest = SUPPORTED_VERSIONS
    assert f"llmcost {__version__}\nprovider openobserve {__version__}, " in PAGE
    assert f"OpenObserve {oldest} to {newest}\n" in PAGE
