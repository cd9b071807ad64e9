"""The browser sees what it is there to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import Visiting


def test_a_file_that_keeps_to_itself_has_nothing_to_tell(visit: Visiting, tmp_path: Path) -> None:
    """Styles, scripts and pictures inside the file are no requests elsewhere."""
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><title>Page</title><style>p { color: red }</style><p>text"
        "<img alt='' src='data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E'>"
        "<script>document.title = 'Ran'</script>"
    )
    seen = visit(page)
    assert (seen.elsewhere, seen.complaints) == ([], [])
    assert seen.page.title() == "Ran"


def test_a_request_elsewhere_is_seen(visit: Visiting, tmp_path: Path) -> None:
    """Another file, or another host, even where nobody answers."""
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><title>Page</title><img alt='' src='http://127.0.0.1:9/x.png'>")
    seen = visit(page)
    assert seen.elsewhere == ["http://127.0.0.1:9/x.png"]
    assert seen.complaints


def test_errors_are_seen(visit: Visiting, tmp_path: Path) -> None:
    """What a script throws and what it writes to the console."""
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><title>Page</title>"
        "<script>console.error('written'); throw new Error('thrown')</script>"
    )
    seen = visit(page)
    assert sorted(seen.complaints) == ["error: written", "thrown"]
