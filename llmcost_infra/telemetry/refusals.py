"""What a server says of spans that it takes and drops: exporters do not look at it.

OpenObserve answers 200 to a batch whose spans are too old or from the future, drops them, and says
so in the body. A clock that is wrong loses every call like this, and nothing tells.
"""

from __future__ import annotations

import os
import weakref
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import Any, Final

from llmcost_infra.telemetry.attribution import line
from llmcost_infra.telemetry.harmless import harmless, tell_once

__all__ = ["exporter_arguments"]

_HTTP: Final = "opentelemetry.exporter.otlp.proto.http"
_CREDENTIALS: Final = "OTEL_PYTHON_EXPORTER_OTLP_HTTP"
_MOST_SKEW: Final = timedelta(minutes=5)


def exporter_arguments(kind: type) -> dict[str, Any]:
    """Return arguments with which an exporter lets us see the server's answers.

    Args:
        kind: class of the exporter; only the one of OTLP over HTTP takes any.
    """
    return harmless(_arguments)(kind) or {}


def _arguments(kind: type) -> dict[str, Any]:
    own_session = any(name.startswith(_CREDENTIALS) for name in os.environ)
    if not kind.__module__.startswith(_HTTP) or own_session:
        return {}
    # The exporter has loaded it: it sends with it.
    session = import_module("requests").Session()
    session.hooks["response"].append(_look_at)
    _sessions.add(session)
    return {"session": session}


def _look_at(response: Any, *_more: object, **_how: object) -> None:
    harmless(_look_at_clock)(response)
    harmless(_look_at_refusals)(response)


def _look_at_clock(response: Any) -> None:
    said = response.headers.get("date")
    if not said:
        return
    # Without a zone it is UTC, as everything in HTTP.
    skew = datetime.now(UTC) - parsedate_to_datetime(said).replace(tzinfo=UTC)
    if abs(skew) > _MOST_SKEW:
        tell_once(
            "clock",
            "the clock of this machine is %d minutes %s the server's: spans that look older "
            "than 5 hours or from the future are dropped. Set the clock (NTP)",
            abs(skew) // timedelta(minutes=1),
            "ahead of" if skew > timedelta() else "behind",
        )


def _look_at_refusals(response: Any) -> None:
    body: bytes = response.content
    if response.status_code != 200 or not body or body.startswith(b"{"):  # noqa: PLR2004 - OK
        return
    if "html" in response.headers.get("content-type", ""):
        said = (
            "the server answers with a web page and stores nothing: OTEL_EXPORTER_OTLP_ENDPOINT is "
        )
        tell_once("page", said + "not where it takes OTLP (llmcost telemetry env prints it)")
        return
    module = import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    # Of metrics the answer has the same two fields.
    partial = module.ExportTraceServiceResponse.FromString(body).partial_success
    if partial.rejected_spans:
        tell_once(
            "rejected",
            "the server has dropped %d of what it was sent: %s",
            partial.rejected_spans,
            line(partial.error_message),
        )


def _after_fork() -> None:
    """Let a child of a fork open connections of its own: two writers on one garble both."""
    adapters = import_module("requests.adapters")
    for session in list(_sessions):
        # Not closed: a lock in them may have been held when the process was forked.
        _of_parents.extend(session.adapters.values())
        for address in list(session.adapters):
            session.mount(address, adapters.HTTPAdapter())


_sessions: weakref.WeakSet[Any] = weakref.WeakSet()
_of_parents: Final[list[object]] = []

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: harmless(_after_fork)() if _sessions else None)
