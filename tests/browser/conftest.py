"""A headless Chromium that notes what a page asks for and complains about.

`make test-browser` finds the browser or installs it; a test that needs one belongs in this folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import chromium
import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, ConsoleMessage, Page

_OWN = ("--headless", "--user-data-dir")
"""What playwright passes on by itself."""


@dataclass
class Visit:
    """An open page.

    Args:
        page: playwright's page, with all that a reader can do.
        address: where it is.
        requested: every address that the browser asked for, in order.
        complaints: errors and warnings of the console, uncaught errors, requests that failed.
    """

    page: Page
    address: str
    requested: list[str] = field(default_factory=list[str])
    complaints: list[str] = field(default_factory=list[str])

    @property
    def elsewhere(self) -> list[str]:
        """Addresses that were asked for outside of where the page came from."""
        origin = "/".join(self.address.split("/")[:3])
        own = ("data:", "blob:", self.address if origin == "file://" else f"{origin}/")
        return [url for url in self.requested if not url.startswith(own)]

    def _noted(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def open(self) -> Visit:
        """Go to the address and wait until nothing is asked for any more."""
        self.page.on("console", self._noted)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on(
            "requestfailed", lambda request: self.complaints.append(f"failed: {request.url}")
        )
        self.page.goto(self.address, wait_until="networkidle")
        return self


class Visiting(Protocol):
    """Opens a page."""

    def __call__(self, place: str | Path) -> Visit:
        """Return the page at an address, or a file as a reader would open it."""
        ...


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser with a profile of its own.

    It ends with its module: playwright keeps a loop running in this thread as long as it lives, and
    other tests could not run theirs.
    """
    program = chromium.found()
    if program is None:
        pytest.fail("No Chromium was found: run `make test-browser`, or name one in CHROMIUM.")
    profile = tmp_path_factory.mktemp("profile")
    flags = [flag for flag in chromium.flags(profile) if not flag.startswith(_OWN)]
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=program, headless=True, args=flags
        )
        # A page that stands still is a failure soon, not in half a minute.
        context.set_default_timeout(60_000)
        yield context
        context.close()


@pytest.fixture
def visit(browser: BrowserContext) -> Iterator[Visiting]:
    """What opens pages; they are closed after the test."""
    opened: list[Visit] = []

    def go(place: str | Path) -> Visit:
        address = place.as_uri() if isinstance(place, Path) else place
        opened.append(Visit(browser.new_page(), address))
        return opened[-1].open()

    yield go
    for one in opened:
        one.page.close()
