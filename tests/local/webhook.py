"""A receiver on loopback that keeps what destinations send it."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self

__all__ = ["Webhook"]


class Webhook:
    """Takes every POST; `received` holds path and body in order of arrival.

    Args:
        status: what it answers.
    """

    def __init__(self, status: int = 200) -> None:
        self.received: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.status = status
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                webhook.received.append((self.path, self.rfile.read(length).decode()))
                webhook.headers.append({key.lower(): text for key, text in self.headers.items()})
                self.send_response(webhook.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base names it
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
