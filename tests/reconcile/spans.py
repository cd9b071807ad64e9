"""The calls of a world as spans, sent as they end to a server whose clock goes with them."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.local.telemetry import PROTOBUF, span, spans_body
from tests.reconcile.worlds import BATCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    import httpx

    from llmcost_infra.local.server import Server
    from tests.reconcile.worlds import TrueCall, World

Json = dict[str, Any]

MINUTE = 60_000_000
HOUR = 60 * MINUTE
_BEGIN = 10 * HOUR
_NIGHT = 24 * HOUR - 5 * MINUTE
_APART = 7_000_000
"""Between two calls of a team, µs: no call is the twin of another by chance."""


def send_worlds(
    server: Server, http: httpx.Client, worlds: Mapping[str, World], stream: str
) -> None:
    """Send the calls of worlds, each that of a team, hour by hour.

    Args:
        server: whose clock is turned: it refuses what is old.
        http: the way to it.
        worlds: by team.
        stream: source stream.
    """
    by_hour: defaultdict[tuple[int, str], list[Json]] = defaultdict(list)
    for team, world in worlds.items():
        for number, call in enumerate(world.calls):
            for at, sent in _spans(world.provider, call, number):
                by_hour[at // HOUR, team].append(sent)
    for (hour, team), spans in sorted(by_hour.items(), key=lambda one: one[0]):
        server.clock = partial(int, (hour + 1) * HOUR)
        resource = {"service.name": team, "team": team, "deployment.environment.name": "prod"}
        answer = http.post(
            "/api/default/v1/traces",
            content=spans_body(*spans, resource=resource),
            headers={**PROTOBUF, "stream-name": stream},
        )
        assert answer.status_code == 200, answer.text
        assert not answer.content.strip(b"\n\x00"), answer.content


def _spans(provider: str, call: TrueCall, number: int) -> Iterator[tuple[int, Json]]:
    """Yield when spans of a call begin, and the spans."""
    night = call.ended is not None and call.ended != call.day
    at = _midnight(call.day) + (_NIGHT if night else _BEGIN) + number * (1_000 if night else _APART)
    seconds = 600 if night else 2
    attributes = _attributes(provider, call)
    first: Json = {}
    for copy in range(call.seen):
        # Another instrumentation writes its span into the same trace at the same moment; what is
        # replayed has ids, and a place in time, of its own.
        begin = at if copy == 0 or call.twin else at + 30 * MINUTE
        more = {"endTimeUnixNano": str((begin + seconds * 1_000_000) * 1_000)}
        if copy and call.twin:
            more["traceId"] = first["traceId"]
        made = span("chat", begin, attributes, **more)
        first = first or made
        yield begin, made


def _attributes(provider: str, call: TrueCall) -> Json:
    given: Json = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": call.model,
        "gen_ai.response.model": call.model,
    }
    if call.seen_lane == BATCH:
        given["batch"] = True
    if not call.usage_told:
        return given
    tokens = call.tokens
    given["gen_ai.usage.output_tokens"] = tokens["output"]
    given["gen_ai.usage.input_tokens"] = sum(tokens.values()) - tokens["output"]
    if call.cache_told:
        written = tokens.get("cache_write", 0) + tokens.get("cache_write_1h", 0)
        given["gen_ai.usage.cache_read.input_tokens"] = tokens.get("cache_read", 0)
        given["gen_ai.usage.cache_creation.input_tokens"] = written
        if call.hours_priced:
            an_hour = tokens.get("cache_write_1h", 0)
            given["gen_ai.usage.cache_creation.ephemeral_1h_input_tokens"] = an_hour
    return given


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000
