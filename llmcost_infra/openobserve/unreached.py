"""What to say when a server's address is wrong, or nobody answers there."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import httpx

from llmcost_infra.errors import OpenObserveError, TransportError

__all__ = ["address", "unanswered", "wrong_address"]

_SETTING: Final = "openobserve:url (OPENOBSERVE_URL)"
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
        raise OpenObserveError(f"{_SETTING} {what}.", hint=f"{hint[:1].upper()}{hint[1:]}.")
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


def unanswered(
    error: httpx.TransportError, url: str, label: str, timeout: float, *, repeatable: bool
) -> TransportError:
    """Return the error that a request without an answer means.

    Args:
        error: what happened.
        url: address of the server.
        label: method and path.
        timeout: seconds that were waited.
        repeatable: whether the request may be sent again without harm.
    """
    what, hint = _what_and_hint(error, timeout)
    if not repeatable and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        hint = f"It may have been done: the next run looks before it does it again. {hint}"
    return TransportError(f"{label}: {url} {what}.", hint=hint)


def _what_and_hint(error: httpx.TransportError, timeout: float) -> tuple[str, str]:
    said = str(error)
    if isinstance(error, httpx.TimeoutException):
        return (
            f"gave no answer within {timeout:g} s",
            "Look at the server's load, or raise openobserve:timeout.",
        )
    if isinstance(error, httpx.ConnectError):
        if "CERTIFICATE_VERIFY_FAILED" in said:
            return (
                "has a certificate that is not trusted",
                "Name its authority in the environment variable SSL_CERT_FILE.",
            )
        if "SSL" in said:
            return "does not speak TLS", f"Write http:// in {_SETTING} if that is meant."
        if "refused" in said.lower():
            return "refused the connection", f"Start the server, or correct {_SETTING}."
        return f"cannot be reached ({said})", f"Correct {_SETTING}, or mend the network."
    return "broke the connection", f"Look whether the server runs, and correct {_SETTING} if not."
