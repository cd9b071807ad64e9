"""Reads what the server answers: JSON, JSON envelopes with a code, or plain text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from llmcost_infra.errors import (
    ApiError,
    Conflict,
    EnterpriseOnly,
    NotFound,
    OrganizationNotFound,
    RateLimited,
    Unauthorized,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

__all__ = ["Answer", "checked", "error_of"]

_Model = TypeVar("_Model", bound=BaseModel)

_HTML = "an HTML page"
_LONGEST = 2_000
_SAYS_CONFLICT = re.compile(
    r"already exists?\b|is being deleted|modified by someone else|concurrent changes"
    r"|Folder contains|in use|currently used",
    re.IGNORECASE,
)
_SAYS_ENTERPRISE = re.compile(r"enterprise|not supported", re.IGNORECASE)

_ADDRESS = (
    "Set openobserve:url (OPENOBSERVE_URL) to the address of the server, with ZO_BASE_URI if it "
    "has one, and without /web or /api."
)
_CREDENTIALS = (
    "Check openobserve:user (now {user}) and openobserve:password (OPENOBSERVE_USER, "
    "OPENOBSERVE_PASSWORD). A service account works in its own organization only."
)
_PLACE = (
    "The server says this when the organization is unknown, and when it does not know the route. "
    "Check openobserve:organization (OPENOBSERVE_ORG), openobserve:url and the server's version."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and the request that it answers.

    Args:
        status: HTTP status.
        content: the body: JSON if it is JSON, else text.
        is_json: whether it is JSON.
        request: method and path, for messages.
    """

    status: int
    content: Any
    is_json: bool
    request: str

    @classmethod
    def read(cls, response: httpx.Response, request: str) -> Answer:
        """Return the answer of a response."""
        text = response.text
        if "json" in response.headers.get("content-type", "").lower():
            try:
                return cls(response.status_code, json.loads(text), True, request)
            except ValueError:
                pass
        return cls(response.status_code, text, False, request)

    @property
    def message(self) -> str:
        """The server's words, in one string."""
        content = self.content
        if isinstance(content, dict):
            envelope = cast("dict[str, Any]", content)
            words = [str(envelope.get(key) or "").strip() for key in ("message", "error_detail")]
            text = ": ".join(dict.fromkeys(filter(None, words)))
        else:
            text = str(content).strip()
        if text.startswith("<"):
            return _HTML
        return text[:_LONGEST] or "no message"

    @property
    def unknown_place(self) -> bool:
        """Whether the organization, or the route, is unknown: the server says the same to both."""
        return self._is(HTTPStatus.NOT_FOUND) and self.content == "Organization not found"

    @property
    def not_the_api(self) -> bool:
        """Whether this cannot come from the API: it answers JSON, and words when it refuses."""
        if self.is_json:
            return False
        return (
            self.status < HTTPStatus.BAD_REQUEST
            or self.message == _HTML
            or (self._is(HTTPStatus.NOT_FOUND) and not self.unknown_place)
        )

    def _is(self, status: HTTPStatus) -> bool:
        return self.status == status


def checked(model: type[_Model], content: Any, request: str) -> _Model:
    """Return the content of a successful answer as a model.

    Args:
        model: what it should be.
        content: the JSON.
        request: method and path, for messages.

    Raises:
        ApiError: it is something else.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise ApiError(
            HTTPStatus.OK,
            f"not what OpenObserve answers ({where}: {first['msg']})",
            request=request,
            hint=_ADDRESS,
        ) from None


@dataclass(frozen=True, slots=True)
class _Rule:
    applies: Callable[[Answer], bool]
    error: type[ApiError]
    hint: str = ""


def _status(*statuses: HTTPStatus) -> Callable[[Answer], bool]:
    return lambda answer: answer.status in statuses


# The first that applies counts.
_RULES = (
    _Rule(_status(HTTPStatus.UNAUTHORIZED), Unauthorized, _CREDENTIALS),
    _Rule(
        lambda answer: (
            answer.status == HTTPStatus.FORBIDDEN and bool(_SAYS_ENTERPRISE.search(answer.message))
        ),
        EnterpriseOnly,
        "This needs an enterprise build of OpenObserve.",
    ),
    _Rule(
        _status(HTTPStatus.FORBIDDEN),
        Unauthorized,
        "The user {user} may not do this: ask for a role that may.",
    ),
    _Rule(lambda answer: answer.unknown_place, OrganizationNotFound, _PLACE),
    _Rule(lambda answer: answer.not_the_api, ApiError, _ADDRESS),
    _Rule(_status(HTTPStatus.NOT_FOUND), NotFound),
    _Rule(
        _status(HTTPStatus.TOO_MANY_REQUESTS),
        RateLimited,
        "Wait a moment, or lower openobserve:parallel.",
    ),
    _Rule(_status(HTTPStatus.CONFLICT), Conflict),
    _Rule(lambda answer: bool(_SAYS_CONFLICT.search(answer.message)), Conflict),
    _Rule(
        lambda answer: answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR,
        ApiError,
        "The server's log may say more.",
    ),
    _Rule(lambda _: True, ApiError),
)


def error_of(answer: Answer, user: str, redact: Callable[[str], str] = str) -> ApiError:
    """Return the error that an answer means.

    Args:
        answer: an answer that is no success, or one that is not JSON.
        user: who asked; named in hints.
        redact: takes secrets out of the server's words.
    """
    rule = next(rule for rule in _RULES if rule.applies(answer))
    return rule.error(
        answer.status,
        redact(answer.message),
        request=answer.request,
        hint=rule.hint.format(user=user),
    )
