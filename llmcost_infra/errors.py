"""Every error a user can meet, each with what happened and the next step.

LlmCostError
├── DeclarationError       a YAML file or template is wrong: path, line, hint
├── ProgramError           a Pulumi program could not be run to its end
├── PricingError           the price table is wrong, or a price was asked for that cannot be
├── PictureError           a picture cannot be drawn
│   └── PanelNotDrawable   of this panel, and why
├── EngineError            the SQL or VRL engine refused something
├── ReconcileError         a bill cannot be read or compared
│   └── ProviderError      the provider's API refused or did not answer
└── OpenObserveError
    ├── TransportError     no answer: refused, reset, timed out
    ├── ConcurrentChange   somebody else changed the object: base, server and target are named
    ├── AlreadyExists      an object of that name is there and is not ours
    └── ApiError           the server answered with an error
        ├── NotFound
        ├── Conflict
        ├── Unauthorized
        ├── OrganizationNotFound   the organization or the route is unknown; no object is gone
        ├── EnterpriseOnly
        ├── RateLimited
        └── PartialAnswer          status 200, but rows are missing
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "AlreadyExists",
    "ApiError",
    "ConcurrentChange",
    "Conflict",
    "DeclarationError",
    "EngineError",
    "EnterpriseOnly",
    "ExitCode",
    "LlmCostError",
    "NotFound",
    "OpenObserveError",
    "OrganizationNotFound",
    "PanelNotDrawable",
    "PartialAnswer",
    "PictureError",
    "PricingError",
    "ProgramError",
    "ProviderError",
    "RateLimited",
    "ReconcileError",
    "TransportError",
    "Unauthorized",
]


class ExitCode(IntEnum):
    """What a command's exit code means."""

    FINE = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    FINDINGS = 4


class LlmCostError(Exception):
    """An error with a next step.

    Args:
        message: what happened, in one sentence, without secrets.
        hint: what the reader does next: a command, or the place to look.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class DeclarationError(LlmCostError):
    """A declaration cannot be used: names the file, the line and the next step.

    Args:
        message: what is wrong.
        path: the file.
        line: 1-based line in it, if known.
        hint: what to write instead.
    """

    exit_code = ExitCode.USAGE

    def __init__(
        self, message: str, *, path: Path | str, line: int | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.line = line

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line is not None else str(self.path)
        return f"{where}: {super().__str__()}"


class ProgramError(LlmCostError):
    """A Pulumi program could not be run to its end."""


class PricingError(LlmCostError):
    """The price table, or a question to it, is wrong."""


class PictureError(LlmCostError):
    """A picture cannot be drawn."""


class PanelNotDrawable(PictureError):  # noqa: N818 - it names what happened
    """A panel of this type, or with these columns, cannot be drawn."""


class EngineError(LlmCostError):
    """The SQL or VRL engine refused a statement or a function."""


class ReconcileError(LlmCostError):
    """A bill cannot be read, or not be compared with ours."""


class ProviderError(ReconcileError):
    """The API of a model provider refused a request or did not answer."""

    exit_code = ExitCode.UNREACHABLE


class OpenObserveError(LlmCostError):
    """Something went wrong between us and OpenObserve."""


class TransportError(OpenObserveError):
    """The server gave no answer: refused, reset or timed out."""

    exit_code = ExitCode.UNREACHABLE


class ConcurrentChange(OpenObserveError):  # noqa: N818 - it names what happened
    """The object changed on the server since it was last read; nothing was written."""


class AlreadyExists(OpenObserveError):  # noqa: N818 - it names what happened
    """An object of that name exists and differs; nothing was written."""


class ApiError(OpenObserveError):
    """The server answered with an error.

    Args:
        status: HTTP status.
        message: the server's words.
        request: method and path, never the body or headers.
        hint: the next step.
    """

    def __init__(self, status: int, message: str, *, request: str, hint: str = "") -> None:
        super().__init__(f"{request}: {status} {message}", hint=hint)
        self.status = status
        self.server_message = message
        self.request = request


class NotFound(ApiError):  # noqa: N818 - HTTP's own word
    """404: the object is not there."""


class Conflict(ApiError):  # noqa: N818 - HTTP's own word
    """409, or a 400 that says the same: exists, in use, or changed meanwhile."""


class Unauthorized(ApiError):  # noqa: N818 - HTTP's own word
    """401 or 403: wrong credentials, or not allowed."""

    exit_code = ExitCode.UNREACHABLE


class OrganizationNotFound(ApiError):  # noqa: N818 - the server's own words
    """404 ``Organization not found``: it, or the route, is unknown; says nothing about objects."""

    exit_code = ExitCode.UNREACHABLE


class EnterpriseOnly(ApiError):  # noqa: N818 - it names the limit
    """The server is an open-source build and lacks what was asked for."""


class RateLimited(ApiError):  # noqa: N818 - HTTP's own word
    """429: too many requests."""


class PartialAnswer(ApiError):  # noqa: N818 - the server's own word
    """200 with ``is_partial`` or ``function_error``: rows are missing from the answer."""
