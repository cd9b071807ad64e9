"""What to say when a server's address is wrong, or nobody answers there."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import httpx

from llmcost_infra.errors import OpenObserveError, TransportError

__all__ = ["address", "unanswered"]

_SETTING = "openobserve:url (OPENOBSERVE_URL)"


def address(url: str) -> str:
    """Return a server's address without a trailing slash.

    Raises:
        OpenObserveError: it has no scheme or host, or carries a password.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not host:
        raise OpenObserveError(
            f"{_SETTING} is no address of a server.",
            hint="Write it with scheme and host, like https://observe.example.com.",
        )
    if "@" in parts.netloc:
        raise OpenObserveError(
            f"{_SETTING} carries a user or a password.",
            hint="Put them into openobserve:user and openobserve:password.",
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


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
