"""The docs as a site: every page is found, and every link leads somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import site_links

ROOT = Path(__file__).parents[2]


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """No page is left out, no link or anchor is broken, and no page asks anybody else."""
    ended = subprocess.run(  # noqa: S603 - mkdocs of this environment
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages <= {path.name for path in tmp_path.iterdir()}
    for page in tmp_path.rglob("*.html"):
        asked = re.findall(
            r"<(?:script|link|img)[^>]+(?:src|href)=\"?(https?://[^\"> ]+)", page.read_text()
        )
        assert [one for one in asked if "example.com" not in one] == [], page


def test_links_to_files_are_text_unless_the_repository_has_an_address() -> None:
    """On the site no link leads to a file that is not there."""
    said = "See [the stacks](../Pulumi.prod.yaml), [prices](pricing.md)."

    assert (
        site_links.on_page_markdown(said, config={"repo_url": None})
        == "See the stacks, [prices](pricing.md)."
    )
    assert (
        site_links.on_page_markdown(said, config={"repo_url": "https://example.com/"})
        == "See [the stacks](https://example.com/blob/main/Pulumi.prod.yaml), [prices](pricing.md)."
    )
