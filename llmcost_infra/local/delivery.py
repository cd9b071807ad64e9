"""Sending what an alert found to its destinations, on this machine only unless told otherwise."""

from __future__ import annotations

import ipaddress
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Delivery", "Outbox"]

_TIMEOUT = 10.0  # seconds
_KEPT = 1000


@dataclass(frozen=True)
class Delivery:
    """One message, and what became of it.

    Args:
        destination: its name.
        url: where it went.
        body: the text.
        outcome: the HTTP status, or why it was not sent.
    """

    destination: str
    url: str
    body: str
    outcome: int | str

    @property
    def arrived(self) -> bool:
        """The receiver took it."""
        return isinstance(self.outcome, int) and httpx.codes.is_success(self.outcome)


@dataclass
class Outbox:
    """Sends messages and remembers the latest.

    Args:
        anywhere: send to other machines as well.
    """

    anywhere: bool = False
    sent: deque[Delivery] = field(default_factory=lambda: deque[Delivery](maxlen=_KEPT), init=False)

    def send(self, destination: Mapping[str, Any], body: str) -> Delivery:
        """Send a text to a destination."""
        url: str = destination["url"]
        delivery = Delivery(destination["name"], url, body, self._outcome(destination, body))
        self.sent.append(delivery)
        return delivery

    def _outcome(self, destination: Mapping[str, Any], body: str) -> int | str:
        url: str = destination["url"]
        if not (self.anywhere or _on_this_machine(url)):
            return "not sent: the embedded server only delivers to this machine"
        own: Mapping[str, str] = destination.get("headers", {})
        headers = {"content-type": "application/json", **own}
        try:
            answer = httpx.request(
                destination["method"].upper(),
                url,
                content=body.encode(),
                headers=headers,
                timeout=_TIMEOUT,
                trust_env=False,
            )
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        return answer.status_code


def _on_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
