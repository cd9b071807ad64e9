"""What the engine is told when something goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pulumi.runtime.proto import provider_pb2

from llmcost_infra.errors import (
    AlreadyExists,
    ConcurrentChange,
    Conflict,
    LlmCostError,
    NotFound,
    OrganizationNotFound,
    TransportError,
    Unauthorized,
)
from llmcost_infra.provider.rpc import Code, Failure
from llmcost_infra.provider.state import PartlyWritten
from llmcost_infra.provider.values import encode_map

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmcost_infra.openobserve.kinds.base import Problem

__all__ = ["check_failure", "failure_of"]

_CODES: Final[tuple[tuple[type[LlmCostError], Code], ...]] = (
    (AlreadyExists, "ALREADY_EXISTS"),
    (ConcurrentChange, "ABORTED"),
    (Conflict, "ABORTED"),
    (NotFound, "NOT_FOUND"),
    (OrganizationNotFound, "NOT_FOUND"),
    (TransportError, "UNAVAILABLE"),
    (Unauthorized, "UNAUTHENTICATED"),
)
_LONGEST_SHOWN: Final = 80


def failure_of(error: Exception, clean: Callable[[str], str]) -> Failure:
    """Return how a call fails on an error.

    Args:
        error: what happened.
        clean: takes secrets out of a message.
    """
    if isinstance(error, PartlyWritten):
        return _partly(error, clean)
    if isinstance(error, LlmCostError):
        return Failure(_code(error), clean(str(error)))
    return Failure(
        "INTERNAL",
        clean(
            f"{type(error).__name__}: {error}\n  This is a mistake in the OpenObserve provider, "
            "not in your program: please report it with what `pulumi up --debug` prints."
        ),
    )


def _code(error: LlmCostError) -> Code:
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return "FAILED_PRECONDITION"


def _partly(error: PartlyWritten, clean: Callable[[str], str]) -> Failure:
    message = clean(str(error))
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.state.id,
        properties=encode_map(error.state.outputs),
        inputs=encode_map(error.state.inputs),
        reasons=[message],
    )
    return Failure("UNKNOWN", message, detail)


def check_failure(
    problem: Problem, inputs: Mapping[str, Any], clean: Callable[[str], str]
) -> provider_pb2.CheckFailure:
    """Return a problem as the engine prints it.

    The engine prints a named property together with its value: fine for a short one, not for a
    whole dashboard or a secret. Then the path is part of the sentence instead.

    Args:
        problem: path and sentence.
        inputs: what it is about, with marks.
        clean: takes secrets out of a message.
    """
    value = inputs.get(problem.path)
    if isinstance(value, bool | int | float | str) and len(str(value)) <= _LONGEST_SHOWN:
        return provider_pb2.CheckFailure(property=problem.path, reason=clean(problem.message))
    return provider_pb2.CheckFailure(reason=clean(f"{problem.path}: {problem.message}"))
