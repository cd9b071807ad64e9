"""Exporters by the names that OpenTelemetry's variables use, looked up among what is installed."""

from __future__ import annotations

import os
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final, Literal

from llmcost_infra.telemetry.harmless import tell_once
from llmcost_infra.telemetry.refusals import exporter_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["exporters", "over_http"]

Signal = Literal["traces", "metrics"]

_HTTP: Final = "otlp_proto_http"
_OTLP: Final = {"": _HTTP, "http/protobuf": _HTTP, "grpc": "otlp_proto_grpc"}


def exporters(signal: Signal) -> Iterator[Any]:
    """Yield the exporters that the environment asks for: OTLP over HTTP unless it says otherwise.

    Args:
        signal: what they export.
    """
    # OpenTelemetry takes an empty variable for one that is not set.
    asked = os.environ.get(f"OTEL_{signal.upper()}_EXPORTER", "").strip() or "otlp"
    for name in (one.strip() for one in asked.split(",")):
        if name and name != "none" and (exporter := _exporter(name, signal)) is not None:
            yield exporter


def over_http() -> Iterator[Any]:
    """Yield the classes that export OTLP over HTTP, of what is installed."""
    for signal in ("traces", "metrics"):
        for one in entry_points(group=f"opentelemetry_{signal}_exporter", name=_HTTP):
            yield one.load()


def _exporter(name: str, signal: Signal) -> Any:
    if name == "otlp":
        if not _endpoint(signal):
            said = (
                "no endpoint, so nothing is sent: set OTEL_EXPORTER_OTLP_ENDPOINT "
                "(llmcost telemetry env prints it and what else is needed)"
            )
            tell_once("endpoint", said)
            return None
        name = _OTLP.get(_variable("PROTOCOL", signal).lower(), "")
        if not name:
            said = (
                "OTEL_EXPORTER_OTLP_PROTOCOL is neither http/protobuf nor grpc: it is http/protobuf"
            )
            tell_once("protocol", said)
            name = _HTTP
    found = entry_points(group=f"opentelemetry_{signal}_exporter", name=name)
    for one in found:
        kind = one.load()
        return kind(**exporter_arguments(kind))
    package = f"opentelemetry-exporter-{name.replace('_', '-')}"
    tell_once(name, "no exporter %s, so no %s are sent: pip install %s", name, signal, package)
    return None


def _endpoint(signal: Signal) -> str:
    return _variable("ENDPOINT", signal)


def _variable(name: str, signal: Signal) -> str:
    own = os.environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_{name}", "").strip()
    return own or os.environ.get(f"OTEL_EXPORTER_OTLP_{name}", "").strip()
