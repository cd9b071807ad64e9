"""The server that OPENOBSERVE_URL names, and the names that tests may use on it."""

from __future__ import annotations

import getpass
import hashlib
import platform
import re
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.provider import holdings
from tests.provider.world import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Live", "named_live"]

NEEDED = ("OPENOBSERVE_URL", "OPENOBSERVE_USER", "OPENOBSERVE_PASSWORD")
PREFIX = re.compile(r"t[0-9a-z]{4,12}")


@dataclass
class Live:
    """A server that others use too.

    Args:
        place: where it is.
        prefix: what the names of this checkout's tests start with, in every run.
        worker: which of the processes that run them this is.
    """

    place: Place
    prefix: str
    worker: str
    _numbers: Iterator[int] = field(default_factory=count, repr=False)

    def __str__(self) -> str:
        return f"{self.place.url}, organization {self.place.organization}, prefix {self.prefix}"

    def next_prefix(self) -> str:
        """Return what the names of one test start with: deleted streams block theirs a while."""
        return f"{self.prefix}{self.worker}n{next(self._numbers)}_"

    def sweep(self) -> int:
        """Remove what this checkout's tests left, whenever that was; returns how many objects."""
        with self.place.client() as client:
            return holdings.sweep(client, self.prefix)


def named_live(environ: Mapping[str, str], worker: str) -> Live:
    """Return the server that the environment names.

    Raises:
        pytest.UsageError: it names none, or a prefix that may be somebody else's.
    """
    missing = [name for name in NEEDED if not environ.get(name)]
    if missing:
        raise pytest.UsageError(
            f"{', '.join(missing)} is not set: name a server, and a user that may make and remove "
            "everything in the organization OPENOBSERVE_ORG (default: default)"
        )
    start = environ.get("OPENOBSERVE_TEST_PREFIX") or _of_this_checkout()
    if not PREFIX.fullmatch(start):
        raise pytest.UsageError(
            f"OPENOBSERVE_TEST_PREFIX is {start!r}; everything that starts so is removed, so it "
            "has to be t and 4 to 12 digits or lower-case letters"
        )
    url, user, password = (environ[name] for name in NEEDED)
    place = Place(url, user, password, environ.get("OPENOBSERVE_ORG") or "default")
    return Live(place, f"{start}_", worker)


def _of_this_checkout() -> str:
    """Return the same prefix in each run, so that one finds what the last one left."""
    who = f"{getpass.getuser()}@{platform.node()}:{Path(__file__).parent}"
    return "t" + hashlib.sha256(who.encode()).hexdigest()[:6]
