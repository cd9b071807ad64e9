"""Spans about models: which ones they are, and what a call says it used, whoever wrote the span.

The ingest pipeline reads the same attributes in the same order; a test holds the two together.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from llmcost_infra.pricing.compute import Call
from llmcost_infra.telemetry import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["begins_as_llm", "call_of", "is_call", "is_clients_own", "provider_of"]

_CALLS: Final = frozenset({"chat", "text_completion", "generate_content", "embeddings"})
_KINDS: Final = frozenset({"llm", "chat", "completion", "embedding"})
_SIGNS: Final = ("gen_ai.", "openinference.", "traceloop.", "llm.")
_WRAPPER: Final = (
    "gen_ai.usage.cost_usd",
    "gen_ai.latency.duration_ms",
    "gen_ai.latency.ttft_ms",
)

_MOST: Final = 1_000_000_000  # tokens; more is a mistake, not a bill
_PARAMETERS: Final = ("llm.invocation_parameters", "embedding.invocation_parameters")
_LONGEST: Final = 20_000  # characters of JSON that are read


def begins_as_llm(attributes: Mapping[str, Any] | None) -> bool:
    """Tell whether a span that starts with these is about a model, an agent or a tool."""
    return any(name.startswith(_SIGNS) for name in attributes or ())


def is_call(attributes: Mapping[str, Any], *, client: bool) -> bool:
    """Tell whether a span is a billable request, and no agent, workflow or wrapper around one.

    Args:
        attributes: of the span.
        client: whether its kind is CLIENT.
    """
    if not client and any(name in attributes for name in _WRAPPER):
        return False
    if operation := attributes.get("gen_ai.operation.name"):
        return operation in _CALLS
    kind = attributes.get("openinference.span.kind") or attributes.get("llm.request.type")
    if kind:
        return str(kind).lower() in _KINDS
    grouped = ("traceloop.span.kind", "gen_ai.agent.name", "http.route")
    named = any(attributes.get(name) for name in (*names.RESPONSE, *names.REQUEST))
    return client and named and not any(name in attributes for name in grouped)


def is_clients_own(attributes: Mapping[str, Any]) -> bool:
    """Tell whether a client wrote the span of its own accord: Anthropic's does, with its route."""
    return "http.route" in attributes and provider_of(attributes) == "anthropic"


def provider_of(attributes: Mapping[str, Any]) -> str:
    """Return who was called, as far as the span says."""
    return _text(attributes, names.PROVIDER).lower()


def call_of(attributes: Mapping[str, Any], start_ns: int) -> Call | None:
    """Return what a call used, or None where a count is none.

    Args:
        attributes: of the span.
        start_ns: when it started, Unix nanoseconds.
    """
    try:
        return _call(attributes, start_ns)
    except (ValueError, TypeError, OverflowError):
        return None


def _call(attributes: Mapping[str, Any], start_ns: int) -> Call:
    asked = _asked(attributes)
    provider = provider_of(attributes)
    request = _text(attributes, names.REQUEST) or str(asked.get("model") or "")
    model = _text(attributes, names.RESPONSE) or request
    sent, back = _count(attributes, names.INPUT), _count(attributes, names.OUTPUT)
    if not sent and not back:
        sent = back = None
    read = _count(attributes, names.CACHE_READ) or 0
    written, hour = _written(attributes)
    claude = provider == "anthropic" or "claude" in model.lower()
    if claude and back and _left(attributes, asked):
        back = None
    tier = _text(attributes, names.TIER) or str(asked.get("service_tier") or "")
    call = Call(
        provider=provider,
        model=model,
        at=datetime.fromtimestamp(start_ns / 1e9, UTC),
        input_tokens=sent,
        output_tokens=back,
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=hour,
        reasoning_tokens=_count(attributes, names.REASONING) or 0,
        service_tier=tier.lower(),
        batch=tier.lower() == "batch" or _is_true(attributes.get("batch")),
        cache_inside_input=not claude or _inside(attributes, sent, back, read + written + hour),
        account=str(attributes.get("provider_account") or ""),
        region=str(attributes.get("provider_region") or "") or _region(attributes),
    )
    if names.RARE.isdisjoint(attributes):
        return call
    return call._replace(**_audio_and_images(attributes))


def _audio_and_images(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "input_audio_tokens": _count(attributes, names.INPUT_AUDIO),
        # Nobody looks at it where no audio was sent; then it may be anything.
        "cache_read_audio_tokens": _count_or_less(attributes, names.READ_AUDIO),
        "output_audio_tokens": _count(attributes, names.OUTPUT_AUDIO),
        "input_image_tokens": _count(attributes, names.INPUT_IMAGE),
        "output_image_tokens": _count(attributes, names.OUTPUT_IMAGE),
    }


def _written(attributes: Mapping[str, Any]) -> tuple[int, int]:
    """Return the tokens that were written to a cache for minutes, and for an hour."""
    written, hour = _count(attributes, names.CACHE_WRITE), _count(attributes, names.WRITE_1H) or 0
    if written is None:
        # Who tells the parts may leave the sum out.
        return (_count(attributes, names.WRITE_5M) or 0 if hour else 0), hour
    return written - hour, hour


def _inside(attributes: Mapping[str, Any], sent: int | None, back: int | None, cached: int) -> bool:
    """Tell whether cached tokens are counted inside the input; Anthropic's own API does not."""
    if sent is None or not cached:
        return True
    return cached <= sent and _count_or_less(attributes, names.TOTAL) != sent + (back or 0) + cached


def _left(attributes: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Tell whether a stream was left: usage from its beginning says nothing of its output."""
    streams = ("gen_ai.request.stream", "gen_ai.is_streaming")
    streamed = any(_is_true(attributes.get(name)) for name in streams)
    return not _text(attributes, names.FINISH) and (streamed or _is_true(asked.get("stream")))


def _asked(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what OpenInference tells as JSON of the request."""
    if "openinference.span.kind" not in attributes:
        return {}
    said = next((one for name in _PARAMETERS if (one := attributes.get(name))), "")
    if not isinstance(said, str) or not said or len(said) > _LONGEST:
        return {}
    with suppress(ValueError):
        told: Any = json.loads(said)
        if isinstance(told, dict):
            return cast("dict[str, Any]", told)
    return {}


def _region(attributes: Mapping[str, Any]) -> str:
    name, _, rest = str(attributes.get("server.address") or "").partition(".")
    return name if rest == "api.openai.com" and len(name) == len("eu") else ""


def _text(attributes: Mapping[str, Any], among: Iterable[str]) -> str:
    for name in among:
        value = attributes.get(name)
        if value is not None and value not in ("", ()):
            return str(value).strip()
    return ""


def _count(attributes: Mapping[str, Any], among: Iterable[str]) -> int | None:
    for name in among:
        value = attributes.get(name)
        if value is not None:
            count = int(value)
            if not 0 <= count <= _MOST:
                raise ValueError(name)
            return count
    return None


def _count_or_less(attributes: Mapping[str, Any], among: Iterable[str]) -> int:
    """Return a count, 0 where nobody told it, or less where it is none."""
    try:
        return _count(attributes, among) or 0
    except (ValueError, TypeError, OverflowError):
        return -1


def _is_true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")
