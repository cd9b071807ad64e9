"""What to say when nobody answers at a server's address."""

from __future__ import annotations

import httpx

from llmcost_infra.errors import TransportError
from llmcost_infra.openobserve.address import SETTING

__all__ = ["unanswered"]


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
            return "does not speak TLS", f"Write http:// in {SETTING} if that is meant."
        if "refused" in said.lower():
            return "refused the connection", f"Start the server, or correct {SETTING}."
        return f"cannot be reached ({said})", f"Correct {SETTING}, or mend the network."
    return "broke the connection", f"Look whether the server runs, and correct {SETTING} if not."
