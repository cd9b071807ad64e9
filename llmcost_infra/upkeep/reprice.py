"""Prices stored calls again, by the present table, and stores what changed beside them.

An adjustment is sent like a span to the source stream, and the pipeline gives it the place in time
of its call: OpenObserve looks at the age of what arrives, not of what a pipeline makes of it.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llmcost_infra.catalog.stack_statements import stored_calls_statement
from llmcost_infra.errors import LlmCostError
from llmcost_infra.openobserve.halves import Most, in_halves
from llmcost_infra.upkeep.adjustments import Adjustment, Lost, StoredCall, adjusted
from llmcost_infra.utc import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from llmcost_infra.openobserve import Client
    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.settings import Settings

__all__ = ["DayRepriced", "reprice"]

PAGE: Final = 5_000
"""Calls of a request."""

_DAY: Final = timedelta(days=1)


@dataclass(slots=True)
class DayRepriced:
    """What the present prices change about the calls of a day.

    Args:
        start: first moment, UTC.
        calls: that were looked at.
        changed: that cost something else.
        usd: what that adds by list price.
        contract_usd: what that adds by contract.
        lost: model and reason → calls that have no price any more, and keep what they had.
    """

    start: datetime
    calls: int = 0
    changed: int = 0
    usd: Decimal = Decimal(0)
    contract_usd: Decimal = Decimal(0)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])


def reprice(  # noqa: PLR0913 - each is a choice of the caller
    client: Client,
    settings: Settings,
    table: PriceTable,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    dry_run: bool = False,
    project: Path | None = None,
) -> Iterator[DayRepriced]:
    """Price the calls of a time range again, store what changed, and yield each day as it is done.

    What was stored before stays. A second run with the same table stores nothing.

    Args:
        client: of the stack's server.
        settings: the stack's; its pipeline prices calls.
        table: the prices.
        start: of the first call, with a time zone.
        end: no call from here on.
        now: when; kept with what changed.
        dry_run: store nothing.
        project: whose declarations override the shipped ones.

    Raises:
        LlmCostError: somebody else prices this stack's calls, or the server took not all.
        OpenObserveError: the server refused or did not answer.
    """
    if settings.profile != "pipeline":
        raise LlmCostError(
            f"Calls of profile {settings.profile} are priced by whoever sends them.",
            hint="Only stacks with profile pipeline can be repriced.",
        )
    statement = stored_calls_statement(settings, PAGE, project)
    most = Most(PAGE, "calls")
    for first, last in _days(start, end):
        day = DayRepriced(first)
        for page in in_halves(client, statement, first, last, most):
            changed = list(_changes(page, table, now, day))
            if changed and not dry_run:
                _send(client, settings, changed, now)
        yield day


def _days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    while start < end:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
        yield start, min(midnight, end)
        start = midnight


def _changes(
    calls: Iterable[StoredCall], table: PriceTable, now: datetime, day: DayRepriced
) -> Iterator[Adjustment]:
    now_us = microseconds(now)
    for call in calls:
        day.calls += 1
        match adjusted(call, table, now_us):
            case Adjustment() as change:
                day.changed += 1
                day.usd += change.usd
                day.contract_usd += change.contract_usd
                yield change
            case Lost(model, reason):
                day.lost[model, reason] += 1
            case None:
                pass


def _send(client: Client, settings: Settings, changes: list[Adjustment], now: datetime) -> None:
    """Send adjustments as spans that begin now and have the ids of their calls."""
    # Heavy, and a run that changes nothing needs none of it.
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
        ExportTraceServiceRequest,
        ExportTraceServiceResponse,
    )

    request = ExportTraceServiceRequest()
    block = request.resource_spans.add()
    named = block.resource.attributes.add(key="service.name")
    named.value.string_value = "llmcost-reprice"
    spans = block.scope_spans.add().spans
    at = microseconds(now) * 1_000
    for change in changes:
        span = spans.add(name="adjustment", start_time_unix_nano=at, end_time_unix_nano=at)
        span.trace_id = bytes.fromhex(change.row["trace_id"])
        span.span_id = bytes.fromhex(change.row["span_id"])
        attribute = span.attributes.add(key="llmcost_adjustment")
        attribute.value.string_value = json.dumps(dict(change.row), ensure_ascii=False)
    # What is stored twice is read once.
    body = client.export("traces", request.SerializeToString(), settings.streams.source)
    refused = ExportTraceServiceResponse.FromString(body).partial_success
    if refused.rejected_spans:
        raise LlmCostError(
            f"{client.url} refused {refused.rejected_spans} adjustments: {refused.error_message}",
            hint="Run the command again: what was written counts once.",
        )
