"""Answers in the server's forms: the JSON envelope, plain text, and the refusals of both."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

__all__ = ["PlainRefusal", "Refusal", "done", "envelope", "json_answer", "plain_text"]


class Refusal(Exception):  # noqa: N818 - the server refuses; nothing went wrong in here
    """Raised by a handler: answered as `{"code", "message"}`.

    Args:
        status: HTTP status.
        message: the server's words.
        code: the code in the body when it is not the status.
    """

    def __init__(self, status: int, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = status if code is None else code


class PlainRefusal(Exception):  # noqa: N818 - the server refuses; nothing went wrong in here
    """Raised by a handler: answered as plain text, the way axum words a body it cannot read."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def json_answer(content: Any, status: int = 200) -> Response:
    """Answer with JSON."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(body, status, media_type="application/json")


def envelope(code: int, message: str, *, status: int | None = None, **extra: Any) -> Response:
    """Answer with the envelope; `extra` are its further keys (`id`, `name`)."""
    return json_answer(
        {"code": code, "message": message, **extra}, code if status is None else status
    )


def done(message: str, **extra: Any) -> Response:
    """Answer 200 with the envelope."""
    return envelope(200, message, **extra)


def plain_text(status: int, text: str) -> Response:
    """Answer with plain text."""
    return Response(text, status, media_type="text/plain")
