"""What only the server knows: what it has, what it can do, and whether it takes each statement."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from llmcost_infra.check.finding import Finding
from llmcost_infra.check.registry import Breach
from llmcost_infra.errors import (
    ApiError,
    DeclarationError,
    OrganizationNotFound,
    TransportError,
    Unauthorized,
)
from llmcost_infra.openobserve.kinds.rules import entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmcost_infra.check.finding import Severity
    from llmcost_infra.check.stack import StackView, Statement
    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.models import ServerConfig

__all__ = ["LIVE", "ask"]

LIVE: Final[Mapping[str, str]] = {
    "live-refused": "The server refuses a statement, or answers it with a part of its rows.",
    "live-missing": "The server lacks a stream or column that `pulumi up` makes (a warning).",
    "live-feature": "The server cannot do what an object needs, or not for as long.",
    "live-unanswered": "The server did not answer in time (a warning); the rest was not asked.",
}
"""What is found when a server is asked."""

_RANGE: Final = timedelta(minutes=1)
_COMES: Final = "`pulumi up` makes it; what reads it was not asked"
_BUSY: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_Told = tuple[Finding, Breach]


def ask(client: Client, stack: StackView) -> Iterator[_Told]:
    """Ask the server of a stack, and yield what it lacks or refuses.

    A server that is slow or busy blocks nobody: that is a warning, and ends the asking.

    Args:
        client: of the stack's organization.
        stack: what its program registers.

    Raises:
        DeclarationError: the stack is for another organization.
        Unauthorized: the credentials may not ask.
        OrganizationNotFound: the server does not have the organization.
    """
    _refuse_other_organization(client, stack)
    try:
        yield from _features(client.get_config(), stack)
        known = {
            key: columns for key in stack.streams if (columns := _columns(client, *key)) is not None
        }
        for (kind, name), stream in stack.streams.items():
            if (kind, name) not in known:
                said = f"the server has no stream {name} of type {kind} yet"
                yield _told("live-missing", "warning", Breach(stream, "name", said, _COMES))
        yield from _statements(client, stack, known)
    except (TransportError, ApiError) as error:
        if isinstance(error, Unauthorized | OrganizationNotFound) or not stack.program.resources:
            raise
        whole = Breach(stack.program.resources[0], "", error.message, "try again")
        yield _told("live-unanswered", "warning", whole)


def _told(rule: str, severity: Severity, where: Breach) -> _Told:
    return Finding("", 0, rule, severity, where.message), where


def _refuse_other_organization(client: Client, stack: StackView) -> None:
    wanted = {str(one.inputs.get("organization")) for one in stack.streams.values()}
    others = sorted(wanted - {client.organization})
    if others:
        raise DeclarationError(
            f"stack {stack.program.stack} is for the organization {others[0]}, and the server at "
            f"hand was chosen for {client.organization}",
            path="--live",
            hint=f"set OPENOBSERVE_URL, OPENOBSERVE_USER, OPENOBSERVE_PASSWORD and "
            f"OPENOBSERVE_ORG={others[0]}",
        )


def _features(config: ServerConfig, stack: StackView) -> Iterator[_Told]:
    for table in stack.of("ModelPriceTable"):
        if not config.model_pricing_enabled:
            said = "the server keeps model prices and does not use them"
            hint = "start it with ZO_MODEL_PRICING_ENABLED=true, or set server_prices: false"
            yield _told("live-feature", "warning", Breach(table, "models", said, hint))
    for stream in stack.of("Stream"):
        wanted = stream.inputs.get("defined_schema_fields")
        if wanted and not config.user_defined_schemas_enabled:
            said = "the server has no user-defined schemas"
            hint = "start it with ZO_ALLOW_USER_DEFINED_SCHEMAS=true, or leave them out"
            yield _told(
                "live-feature", "error", Breach(stream, "defined_schema_fields", said, hint)
            )
    most = config.max_query_range * 60
    for alert in stack.of("Alert"):
        minutes = entries(alert.inputs).get("trigger_condition", {}).get("period")
        if most and isinstance(minutes, int) and minutes > most:
            said = f"looks back {minutes} minutes, and the server answers for {most}"
            hint = "shorten the window, or raise the longest query range of the server"
            yield _told(
                "live-feature", "error", Breach(alert, "trigger_condition.period", said, hint)
            )


def _columns(client: Client, kind: str, name: str) -> frozenset[str] | None:
    """Return the columns of a stream, or None when the server does not have it."""
    found = client.stream_schema(name, kind)
    if found is None:
        return None
    return frozenset(str(one["name"]) for one in found.get("schema", ()))


def _statements(
    client: Client, stack: StackView, known: Mapping[tuple[str, str], frozenset[str]]
) -> Iterator[_Told]:
    now = datetime.now(UTC)
    seen: set[str] = set()
    for one in stack.statements:
        if one.analysis.sql in seen or _reads_what_is_not_there(one, stack, known):
            continue
        seen.add(one.analysis.sql)
        kind = one.stream_type
        try:
            client.search(one.analysis.sql, now - _RANGE, now, stream_type=kind, size=1)
        except ApiError as refusal:
            if refusal.status in _BUSY or isinstance(refusal, Unauthorized | OrganizationNotFound):
                raise
            coming = _coming(refusal.message, one, stack, known)
            if coming:
                said = f"the server has no column {coming!r} yet"
                yield _told("live-missing", "warning", Breach(one.resource, one.path, said, _COMES))
            else:
                where = Breach(one.resource, one.path, refusal.message, refusal.hint)
                yield _told("live-refused", "error", where)


def _reads_what_is_not_there(
    one: Statement, stack: StackView, known: Mapping[tuple[str, str], frozenset[str]]
) -> bool:
    read = {(one.stream_type, table.name) for table in one.analysis.clauses.tables}
    return bool((read & stack.streams.keys()) - known.keys())


def _coming(
    message: str,
    one: Statement,
    stack: StackView,
    known: Mapping[tuple[str, str], frozenset[str]],
) -> str:
    """Return a column that the server misses and the stack declares, or nothing."""
    for table in one.analysis.clauses.tables:
        key = (one.stream_type, table.name)
        if key in stack.streams:
            declared = entries(stack.streams[key].inputs).get("fields", {})
            for column in sorted(declared.keys() - known.get(key, frozenset())):
                if re.search(rf"\b{re.escape(column)}\b", message):
                    return column
    return ""
