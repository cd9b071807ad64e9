"""A month of a search service on a server of its own, compared with its bill.

    PYTHONPATH=examples/reconciliation python tools/worked_month.py

prints the report, which docs/reconciliation.md shows. Spans take their whole way, the stand-in
serves the bill, and the time is that of November 2026. The calls are seeded, so that the report is
the same on every machine.
"""

from __future__ import annotations

import os
import random
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

import httpx
from embedded_stack import make, write_project
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from provider_stand_in import OPENAI_KEY, Account, openai_cost, openai_usage, served

from llmcost_infra.local.server import Config, LocalServer
from llmcost_infra.openobserve import Client
from llmcost_infra.program import run_program
from llmcost_infra.reconcile.causes import Cause
from llmcost_infra.reconcile.report import as_markdown
from llmcost_infra.reconcile.run import Request, run
from llmcost_infra.utc import microseconds, midnight

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue

    from llmcost_infra.reconcile.comparison import Comparison

__all__ = ["ASKED", "COMMAND", "Month", "compared", "main", "search_service"]

COMMAND: Final = "llmcost reconcile openai --stack prod --month 2026-10"
ASKED: Final = datetime(2026, 11, 3, 6, tzinfo=UTC)

_DAYS: Final = tuple(date(2026, 10, 1) + timedelta(days=one) for one in range(31))
_PROJECT: Final = "proj_search"
_SCOPE: Final = {"project": _PROJECT, "environment": "prod", "team": "search"}
_SETTINGS: Final = {
    "environment": "prod",
    "billing": [{"provider": "openai", "account": "org-acme", "scopes": [_SCOPE]}],
}
_GPT, _O3 = "gpt-4o-2024-08-06", "o3-2025-04-16"
_PRICES: Final = {
    (_GPT, "input"): "2.50",
    (_GPT, "cached input"): "1.25",
    (_GPT, "output"): "10.00",
    (_GPT, "batch input"): "1.25",
    (_GPT, "batch output"): "5.00",
    (_O3, "input"): "2.00",
    (_O3, "cached input"): "0.50",
    (_O3, "output"): "8.00",
}
"""USD for a million tokens, from the provider's page and not from our table."""

_NIGHTS: Final = frozenset({1, 3})
"""Weekdays of the nightly job: Tuesday and Thursday."""
_UPDATED: Final = date(2026, 10, 22)
_TWICE: Final = (date(2026, 10, 7), date(2026, 10, 8))
_SILENT: Final = (date(2026, 10, 14), date(2026, 10, 15))


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the provider served it.

    Args:
        day: UTC.
        model: that answered.
        input: tokens of input that were not cached.
        cached: tokens of input that were.
        output: tokens.
        batch: whether it came by the batch API.
    """

    day: date
    model: str
    input: int
    cached: int
    output: int
    batch: bool = False

    def cost(self) -> Decimal:
        """Return what is billed for it, in USD."""
        return sum((_usd(self.model, item, count) for item, count in self.items().items()),
                   Decimal(0))  # fmt: skip

    def items(self) -> dict[str, int]:
        """Return its tokens by the words of the bill."""
        lane = "batch " if self.batch else ""
        counts = {f"{lane}input": self.input, "cached input": self.cached,
                  f"{lane}output": self.output}  # fmt: skip
        return {item: count for item, count in counts.items() if count}


def _usd(model: str, item: str, count: int) -> Decimal:
    return Decimal(_PRICES[model, item]) * count / 10**6


@dataclass
class Month:
    """Both sides of a month, and what was done to ours.

    Args:
        calls: that are billed.
        others: charges for what is no token, day by day.
        spans: that applications send, by day.
        truth: cause → ours less the bill, in USD.
    """

    calls: list[Call] = field(default_factory=list[Call])
    others: list[tuple[date, str, str]] = field(default_factory=list[tuple[date, str, str]])
    spans: defaultdict[date, list[Span]] = field(default_factory=lambda: defaultdict(list[Span]))
    truth: defaultdict[Cause, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def account(self) -> Account:
        """Return the provider's side."""
        account, served_by = Account(), defaultdict[tuple[date, str, bool], list[Call]](list)
        for call in self.calls:
            served_by[call.day, call.model, call.batch].append(call)
        for (day, model, batch), calls in served_by.items():
            counts: defaultdict[str, int] = defaultdict(int)
            for call in calls:
                for item, count in call.items().items():
                    counts[item] += count
            account.costs[day] += [
                openai_cost(f"{_usd(model, item, count):f}", f"{model}, {item}", _PROJECT)
                for item, count in counts.items()
            ]
            sent, cached, back = (
                sum(getattr(call, name) for call in calls) for name in ("input", "cached", "output")
            )
            account.usage["completions"][day].append(
                openai_usage(model, _PROJECT, len(calls), batch=batch, input=sent + cached,
                             cached=cached, output=back)
            )  # fmt: skip
        for day, usd, item in self.others:
            account.costs[day].append(openai_cost(usd, item, _PROJECT))
        return account

    def send(
        self, call: Call, provider: str = "openai", *, cache: bool = True, usage: bool = True
    ) -> Span:
        """Send a span of a call, minutes after the last one of its day."""
        spans = self.spans[call.day]
        given: dict[str, str | int] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": call.model,
            "gen_ai.response.model": call.model,
        }
        if usage:
            given["gen_ai.usage.input_tokens"] = call.input + call.cached
            given["gen_ai.usage.output_tokens"] = call.output
        if usage and cache:
            given["gen_ai.usage.cache_read.input_tokens"] = call.cached
        number = call.day.toordinal() * 1_000 + len(spans)
        begun = _nanoseconds(call.day) + (9 * 60 + 4 * len(spans)) * 60 * 10**9
        spans.append(
            Span(
                trace_id=number.to_bytes(16, "big"),
                span_id=number.to_bytes(8, "big"),
                name=f"chat {call.model}",
                kind=Span.SPAN_KIND_CLIENT,
                start_time_unix_nano=begun,
                end_time_unix_nano=begun + 4 * 10**9,
            )
        )
        for name, value in given.items():
            _set(spans[-1].attributes.add(key=name), value)
        return spans[-1]

    def send_again(self, call: Call, span: Span) -> None:
        """Send what a second instrumentation makes of a call: same trace, same moment, own id."""
        twin = Span()
        twin.CopyFrom(span)
        twin.span_id = bytes([255]) + span.span_id[1:]
        self.spans[call.day].append(twin)


def _nanoseconds(day: date) -> int:
    return microseconds(midnight(day)) * 1_000


def _set(attribute: KeyValue, value: str | int) -> None:
    if isinstance(value, int):
        attribute.value.int_value = value
    else:
        attribute.value.string_value = value


def search_service() -> Month:
    """Return October of a service whose telemetry goes wrong in four ways."""
    month, dice = Month(), random.Random(10)  # noqa: S311 - traffic is no secret
    for day in _DAYS:
        for _ in range(12):
            _ask(month, Call(day, _GPT, *_tokens(dice, 60_000, 8_000)))
        for number in range(8):
            _think(month, Call(day, _O3, *_tokens(dice, 90_000, 30_000)), number)
        if day.weekday() in _NIGHTS:
            _work_at_night(month, day, dice)
        month.send(Call(day, "gpt-4o", *_tokens(dice, 9_000, 2_000)), "azure.ai.openai")
        month.others.append((day, "0.80", "image generation"))
        month.truth[Cause.NOT_OBSERVABLE] -= Decimal("0.80")
    month.others.append((_DAYS[0], "1.00", "hyperloop units"))
    month.truth[Cause.UNPARSED] -= 1
    return month


def _tokens(dice: random.Random, sent: int, back: int) -> tuple[int, int, int]:
    cached = dice.randrange(sent // 4, sent // 2)
    return dice.randrange(sent // 2, sent), cached, dice.randrange(back // 2, back)


def _ask(month: Month, call: Call) -> None:
    """Make a call whose cached tokens nobody tells of before an update."""
    month.calls.append(call)
    month.send(call, cache=call.day >= _UPDATED)
    if call.day < _UPDATED:
        full = _usd(call.model, "input", call.cached)
        month.truth[Cause.CACHED] += full - _usd(call.model, "cached input", call.cached)


def _think(month: Month, call: Call, number: int) -> None:
    """Make a call that is instrumented twice on some days, and on others may be silent."""
    month.calls.append(call)
    silent = call.day in _SILENT and number % 2 == 0
    span = month.send(call, usage=not silent)
    if silent:
        month.truth[Cause.NO_USAGE] -= call.cost()
    if call.day in _TWICE:
        month.send_again(call, span)
        month.truth[Cause.DOUBLE_COUNTING] += call.cost()


def _work_at_night(month: Month, day: date, dice: random.Random) -> None:
    """Make the nightly job's batch calls, of which no span tells."""
    for _ in range(40):
        sent, _, back = _tokens(dice, 90_000, 12_000)
        call = Call(day, _GPT, sent, 0, back, batch=True)
        month.calls.append(call)
        month.truth[Cause.MISSING_TRAFFIC] -= call.cost()


def compared(month: Month) -> Comparison:
    """Send a month's calls day by day, then compare them with its bill as `COMMAND` does."""
    now = ASKED

    def clock() -> int:
        return microseconds(now)

    with (
        TemporaryDirectory() as folder,
        LocalServer(Path(folder) / "server", clock=clock) as server,
        Client(server.url, Config.user, Config.password) as client,
        served(month.account(), Account()) as api,
        patch.dict(os.environ, OPENAI_ADMIN_KEY=OPENAI_KEY),
    ):
        project = Path(folder) / "project"
        project.mkdir()
        write_project(project, "prod", _SETTINGS)
        make(run_program(project, "prod"), client)
        for day, spans in month.spans.items():
            now = datetime(day.year, day.month, day.day, 13, tzinfo=UTC)
            _send(server.url, spans)
        now = ASKED
        return run(Request("openai", "prod", "2026-10", api_url=api), project, client, ASKED)


def _send(url: str, spans: list[Span]) -> None:
    request = ExportTraceServiceRequest()
    block = request.resource_spans.add()
    for name, value in (
        ("service.name", "search-api"),
        ("team", "search"),
        ("deployment.environment.name", "prod"),
    ):
        _set(block.resource.attributes.add(key=name), value)
    block.scope_spans.add().spans.extend(spans)
    httpx.post(
        f"{url}/api/default/v1/traces",
        content=request.SerializeToString(),
        headers={"content-type": "application/x-protobuf", "stream-name": "llm_ingest"},
        auth=(Config.user, Config.password),
    ).raise_for_status()


def main() -> int:
    """Print the report."""
    print(as_markdown(compared(search_service())), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
