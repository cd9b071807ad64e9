"""The recorded samples: what a server hands to a pipeline for each, and what each truly costs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from llmcost_infra.local.ingest_logs import read_logs
from llmcost_infra.local.ingest_traces import Spans
from llmcost_infra.local.ingest_window import Window
from llmcost_infra.local.otlp import with_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "SAMPLES",
    "Dialect",
    "Facts",
    "Sample",
    "dialects",
    "expected",
    "recorded",
    "recorded_logs",
    "requests",
    "rows_of",
    "truth",
]

SAMPLES: Final = Path(__file__).resolve().parent.parent / "tests" / "data" / "otlp-samples"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a scenario is, or what is stored of it.

    Args:
        calls: billable requests.
        tools: runs of tools.
        status: `llmcost_pricing_status` of each call.
        input: tokens of each call, cached ones included; None where nobody told.
        output: tokens of each call, reasoning included; None where nobody told.
        usd: of each call.
        why: why it is not the truth, if it is not.
    """

    calls: int = 1
    tools: int = 0
    status: str = "priced"
    input: int | None = None
    output: int | None = None
    usd: Decimal | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """An instrumentation.

    Args:
        folder: of its samples.
        instrumentation: its name and version.
        row: `llmcost_dialect` of its calls.
        sends: what is worth knowing of what it sends.
        alone: nothing else reports its calls, so the stack's `repeats` is empty.
        differs: by scenario, what cannot be known from what it sends.
    """

    folder: str
    instrumentation: str
    row: str
    sends: str
    alone: bool = False
    differs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Sample:
    """The recorded spans of one scenario.

    Args:
        dialect: folder of the samples.
        name: the scenario.
        rows: what a server hands to a pipeline.
    """

    dialect: str
    name: str
    rows: tuple[Row, ...] = field(repr=False)


class _Always(Window):
    """Takes every time: what was recorded is old."""

    def refusal(self, time: int) -> str:
        """Refuse nothing."""
        return "" if time else "no time"


def truth() -> dict[str, Facts]:
    """Return what the provider bills in each scenario."""
    return {name: _facts(told) for name, told in _told()["scenarios"].items()}


def dialects() -> list[Dialect]:
    """Return the instrumentations that were recorded."""
    return [Dialect(folder, **told) for folder, told in _told()["dialects"].items()]


def expected(dialect: Dialect, scenario: str) -> Facts:
    """Return what can be known of a scenario from what an instrumentation sends."""
    told = _told()
    return _facts(told["scenarios"][scenario] | dict(dialect.differs.get(scenario, {})))


def recorded(folder: str) -> Iterator[Sample]:
    """Yield the samples of an instrumentation, as the embedded server reads them."""
    parts: dict[str, list[Row]] = {}
    for name, request in requests(folder):
        parts.setdefault(name, []).extend(rows_of(request))
    yield from (Sample(folder, name, tuple(rows)) for name, rows in parts.items())


def requests(folder: str) -> Iterator[tuple[str, ExportTraceServiceRequest]]:
    """Yield scenario and export request, as an instrumentation sent it.

    Args:
        folder: of the samples.
    """
    for path in sorted((SAMPLES / folder).glob("*.traces*.json")):
        payload = with_ids(json.loads(path.read_text(encoding="utf-8")))
        yield path.name.partition(".")[0], ParseDict(payload, ExportTraceServiceRequest())


def rows_of(request: ExportTraceServiceRequest) -> list[Row]:
    """Return what a server hands to a pipeline for an export request.

    Args:
        request: of any age.
    """
    return list(chain.from_iterable(Spans("samples", _Always(0), _unpriced).read(request)))


def recorded_logs(folder: str) -> Iterator[tuple[str, Row]]:
    """Yield event and row of an instrumentation's log records, as the embedded server reads them.

    Args:
        folder: of the samples.
    """
    for path in sorted((SAMPLES / folder).glob("*.logs*.json")):
        payload = with_ids(json.loads(path.read_text(encoding="utf-8")))
        request = ParseDict(payload, ExportLogsServiceRequest())
        events = (
            record.event_name
            for block in request.resource_logs
            for scope in block.scope_logs
            for record in scope.log_records
        )
        yield from zip(events, read_logs(request, _Always(0)).rows, strict=True)


def _told() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load((SAMPLES / "truth.yaml").read_text(encoding="utf-8"))
    return told


def _facts(told: Mapping[str, Any]) -> Facts:
    usd = told.get("usd")
    status = "priced" if usd else "failed_no_charge" if told.get("refused") else "unpriced_model"
    return Facts(
        calls=told.get("calls", 1),
        tools=told.get("tools", 0),
        status=told.get("status", status),
        input=told.get("input"),
        output=told.get("output"),
        usd=Decimal(usd) if usd else None,
        why=told.get("why", ""),
    )


def _unpriced(_model: str, _usage: Mapping[str, int], _at: int) -> dict[str, float]:
    return {}
