"""The address of a server, and what is wrong with one."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from llmcost_infra.errors import OpenObserveError

__all__ = ["SETTING", "address", "wrong_address"]

SETTING: Final = "openobserve:url (OPENOBSERVE_URL)"
"""Where an address is written."""

_WRITE: Final = "write it with scheme and host, like https://observe.example.com"
_ELSEWHERE: Final = (
    "put them into openobserve:user and openobserve:password (OPENOBSERVE_USER, "
    "OPENOBSERVE_PASSWORD)"
)
_ROOT: Final = "write what stands before /web or /api, like https://observe.example.com"
_PAGE: Final = re.compile(r"/(?:api|web)(?:/|$)")


def address(url: str) -> str:
    """Return a server's address without a trailing slash.

    Raises:
        OpenObserveError: it is none.
    """
    if wrong := wrong_address(url):
        what, hint = wrong
        raise OpenObserveError(f"{SETTING} {what}.", hint=f"{hint[:1].upper()}{hint[1:]}.")
    parts = urlsplit(url.strip())
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def wrong_address(url: str) -> tuple[str, str] | None:
    """Return what is wrong with an address of a server, and what to write; None if it is right.

    Nothing of it is repeated, since it may carry a password.
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no address of a server", _WRITE
    if "@" in text.partition("?")[0]:
        return "carries a user or a password", _ELSEWHERE
    if text and "://" not in text:
        return "has no scheme", "write https:// or http:// before it"
    if parts.scheme not in {"http", "https"} or not host or port == 0 or text.split() != [text]:
        return "is no address of a server", _WRITE
    if parts.query or parts.fragment or _PAGE.search(parts.path):
        return "is the address of a page or of the API", _ROOT
    return None
