"""Seeded sample traffic with a known truth: the same moment always holds the same calls."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from llmcost_infra.utc import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "HOUR_NS",
    "WINDOW_HOURS",
    "Feature",
    "SampleCall",
    "SampleTrace",
    "traces_between",
]

WINDOW_HOURS = 4
"""How far back samples reach: OpenObserve refuses spans older than five hours."""

HOUR_NS = 3_600 * 1_000_000_000

_SEED = "llmcost-infra sample traffic, second edition"
_USERS = ("u-1001", "u-1002", "u-1003", "u-1004", "u-1005", "u-1006")


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of one of the sample applications.

    Args:
        name: value of the span attribute ``feature``.
        service: resource attribute ``service.name``.
        team: resource attribute ``team``.
        provider: ``gen_ai.provider.name``.
        model: requested model id.
        response_model: the dated id that the provider answers with.
        per_hour: traces an hour.
        input_tokens: smallest and largest input of a call.
        output_tokens: smallest and largest output of a call.
        cached_share: share of the input that is read from the provider's cache.
        operation: ``gen_ai.operation.name``.
        tools: tools that a trace may run between two calls.
        prompt: ``prompt.name``; none where the application names none.
    """

    name: str
    service: str
    team: str
    provider: str
    model: str
    response_model: str
    per_hour: int
    input_tokens: tuple[int, int]
    output_tokens: tuple[int, int]
    cached_share: float = 0.0
    operation: Literal["chat", "embeddings"] = "chat"
    tools: tuple[str, ...] = ()
    prompt: str = ""


_FEATURES = (
    Feature(
        name="document_summary",
        service="documents-api",
        team="documents",
        provider="openai",
        model="gpt-4o",
        response_model="gpt-4o-2024-08-06",
        per_hour=14,
        input_tokens=(2_000, 12_000),
        output_tokens=(200, 900),
        cached_share=0.6,
        prompt="summarise_v3",
    ),
    Feature(
        name="support_chat",
        service="support-bot",
        team="support",
        provider="anthropic",
        model="claude-sonnet-4-5",
        response_model="claude-sonnet-4-5-20250929",
        per_hour=10,
        input_tokens=(800, 5_000),
        output_tokens=(100, 700),
        tools=("search_orders", "refund_policy"),
        prompt="support_agent_v7",
    ),
    Feature(
        name="ticket_triage",
        service="support-bot",
        team="support",
        provider="openai",
        model="gpt-4o-mini",
        response_model="gpt-4o-mini-2024-07-18",
        per_hour=20,
        input_tokens=(300, 1_500),
        output_tokens=(20, 120),
        prompt="triage_v1",
    ),
    Feature(
        name="semantic_search",
        service="search-api",
        team="search",
        provider="openai",
        model="text-embedding-3-small",
        response_model="text-embedding-3-small",
        per_hour=12,
        input_tokens=(16, 400),
        output_tokens=(0, 0),
        operation="embeddings",
    ),
    Feature(
        name="query_planner",
        service="search-api",
        team="search",
        provider="openai",
        model="o3-mini",
        response_model="o3-mini-2025-01-31",
        per_hour=4,
        input_tokens=(400, 2_000),
        output_tokens=(300, 2_500),
        tools=("sql_explain",),
    ),
    # Nobody has a price for this one: it must show up as unpriced, never as free.
    Feature(
        name="legal_review",
        service="documents-api",
        team="documents",
        provider="openai",
        model="ft:gpt-4o-mini:acme:legal:9xYz",
        response_model="ft:gpt-4o-mini:acme:legal:9xYz",
        per_hour=2,
        input_tokens=(1_000, 4_000),
        output_tokens=(100, 400),
    ),
)


@dataclass(frozen=True, slots=True)
class SampleCall:
    """One request to a model, or one run of a tool, inside a sample trace.

    Args:
        span_id: 64 bits.
        start_ns: start, Unix nanoseconds.
        end_ns: end, Unix nanoseconds.
        tool: the tool that ran; None for a model call.
        input_tokens: input, cached included.
        cached_tokens: part of the input that came from the cache.
        output_tokens: output.
        first_token_ns: from the start to the first token; None unless the answer was streamed.
        rate_limited: the provider refused with 429; no usage then.
        failed: a tool run that ended in an error.
    """

    span_id: int
    start_ns: int
    end_ns: int
    tool: str | None = None
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    first_token_ns: int | None = None
    rate_limited: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class SampleTrace:
    """One request to a sample application with its model calls and tool runs.

    Args:
        trace_id: 128 bits.
        root_span_id: 64 bits; the server span around the calls.
        feature: who asked.
        user: value of the span attribute ``user.id``.
        calls: in order of time.
    """

    trace_id: int
    root_span_id: int
    feature: Feature
    user: str
    calls: tuple[SampleCall, ...]

    @property
    def start_ns(self) -> int:
        """Start of the trace, Unix nanoseconds."""
        return self.calls[0].start_ns - 2_000_000

    @property
    def end_ns(self) -> int:
        """End of the trace, Unix nanoseconds."""
        return self.calls[-1].end_ns + 1_000_000


def traces_between(start: datetime, end: datetime) -> list[SampleTrace]:
    """Return the sample traces that lie wholly in the window, in order of time.

    The traces of an hour depend on that hour alone, so a second run a little later finds the
    same traces again and can tell which of them are missing.

    Args:
        start: UTC, inclusive.
        end: UTC, exclusive.
    """
    first, last = (_unix_ns(start), _unix_ns(end))
    hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    found: list[SampleTrace] = []
    while hour < end:
        found.extend(t for t in _hour(hour) if first <= t.start_ns and t.end_ns < last)
        hour += timedelta(hours=1)
    return sorted(found, key=lambda trace: trace.start_ns)


def _unix_ns(moment: datetime) -> int:
    # Through microseconds: a float of seconds has no nanoseconds to give at this size.
    return microseconds(moment) * 1_000


def _hour(hour: datetime) -> Iterator[SampleTrace]:
    chance = random.Random(f"{_SEED} {hour.isoformat()}")  # noqa: S311 - a seed, not a secret
    begin = _unix_ns(hour)
    for feature in _FEATURES:
        for _ in range(feature.per_hour):
            yield _trace(feature, begin + chance.randrange(HOUR_NS), chance)


def _trace(feature: Feature, at_ns: int, chance: random.Random) -> SampleTrace:
    trace_id, root = chance.getrandbits(128), chance.getrandbits(64)
    user = chance.choice(_USERS)
    calls = [_call(feature, at_ns, chance)]
    if not calls[0].rate_limited and feature.tools and chance.random() < 0.6:  # noqa: PLR2004
        calls.append(_tool_run(feature, calls[-1].end_ns + 3_000_000, chance))
        calls.append(_call(feature, calls[-1].end_ns + 3_000_000, chance))
    return SampleTrace(trace_id, root, feature, user, tuple(calls))


def _call(feature: Feature, at_ns: int, chance: random.Random) -> SampleCall:
    span_id = chance.getrandbits(64)
    duration = chance.randrange(200_000_000, 4_000_000_000)
    tokens = chance.randint(*feature.input_tokens)
    output = chance.randint(*feature.output_tokens)
    # Providers report cached input in steps of 128 tokens.
    cached = int(tokens * feature.cached_share * chance.random()) // 128 * 128
    first_token = chance.randrange(duration // 20, duration // 2)
    if chance.random() < 0.03:  # noqa: PLR2004 - three in a hundred are refused
        return SampleCall(span_id, at_ns, at_ns + 30_000_000, rate_limited=True)
    return SampleCall(
        span_id,
        at_ns,
        at_ns + duration,
        input_tokens=tokens,
        cached_tokens=cached,
        output_tokens=output,
        first_token_ns=first_token if feature.operation == "chat" else None,
    )


def _tool_run(feature: Feature, at_ns: int, chance: random.Random) -> SampleCall:
    return SampleCall(
        chance.getrandbits(64),
        at_ns,
        at_ns + chance.randrange(20_000_000, 900_000_000),
        tool=chance.choice(feature.tools),
        failed=chance.random() < 0.08,  # noqa: PLR2004 - eight in a hundred fail
    )
