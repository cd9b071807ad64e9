"""What a provider's answer says of itself, whole or in pieces, as attributes of a span.

Read are the public shapes of OpenAI's chat completions, completions, responses and embeddings, and
of Anthropic's messages; other providers' compatible APIs have those shapes too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Answer"]

# The first of these that is a count: a part of the usage, or the usage itself, and a name in it.
_COUNTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "gen_ai.usage.input_tokens": (("", "prompt_tokens"), ("", "input_tokens")),
    "gen_ai.usage.output_tokens": (("", "completion_tokens"), ("", "output_tokens")),
    "gen_ai.usage.cache_read.input_tokens": (
        ("prompt_tokens_details", "cached_tokens"),
        ("input_tokens_details", "cached_tokens"),
        ("", "cache_read_input_tokens"),
        ("", "prompt_cache_hit_tokens"),
    ),
    "gen_ai.usage.cache_creation.input_tokens": (
        ("", "cache_creation_input_tokens"),
        ("prompt_tokens_details", "cache_write_tokens"),
        ("input_tokens_details", "cache_write_tokens"),
    ),
    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": (
        ("cache_creation", "ephemeral_5m_input_tokens"),
    ),
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": (
        ("cache_creation", "ephemeral_1h_input_tokens"),
    ),
    "gen_ai.usage.reasoning.output_tokens": (
        ("completion_tokens_details", "reasoning_tokens"),
        ("output_tokens_details", "reasoning_tokens"),
        ("output_tokens_details", "thinking_tokens"),
    ),
    "gen_ai.usage.audio.input_tokens": (("prompt_tokens_details", "audio_tokens"),),
    "gen_ai.usage.audio.output_tokens": (("completion_tokens_details", "audio_tokens"),),
}
_PARTS: Final = frozenset(part for paths in _COUNTS.values() for part, _ in paths if part)
_INPUT: Final = "gen_ai.usage.input_tokens"
_OUTPUT: Final = "gen_ai.usage.output_tokens"
# Anthropic counts these beside its input; OpenTelemetry counts them inside.
_BESIDE: Final = ("cache_read_input_tokens", "cache_creation_input_tokens")


class Answer:
    """What is known so far.

    Args:
        provider: OpenTelemetry name of who answers.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self.attributes: dict[str, Any] = {}

    def take(self, piece: object) -> None:
        """Take note of an answer, or of a piece of one.

        Args:
            piece: as the client library hands it to the application.
        """
        kind = _at(piece, "type")
        if kind == "message_start":
            self._whole(_at(piece, "message"), begun=True)
        elif isinstance(kind, str) and kind.startswith("response."):
            self._whole(_at(piece, "response"))
        else:
            self._whole(piece)

    def is_only_usage(self, piece: object) -> bool:
        """Tell whether a piece of a stream is there for its usage, and has nothing to read."""
        choices = _at(piece, "choices")
        return isinstance(choices, list) and not choices and _at(piece, "usage") is not None

    def _whole(self, answer: object, *, begun: bool = False) -> None:
        if answer is None:
            return
        said = {
            "gen_ai.response.model": _at(answer, "model"),
            "gen_ai.response.id": _at(answer, "id"),
            "gen_ai.response.finish_reasons": self._reasons(answer),
        }
        usage = _at(answer, "usage")
        tier = _at(answer, "service_tier") or _at(usage, "service_tier")
        vendor = "anthropic" if self._provider == "anthropic" else "openai"
        said[f"{vendor}.response.service_tier"] = tier
        self.attributes |= {name: one for name, one in said.items() if one}
        if usage is not None:
            self._usage(usage, begun=begun)

    def _reasons(self, answer: object) -> tuple[str, ...]:
        choices = _at(answer, "choices")
        among = cast("list[object]", choices) if isinstance(choices, list) else []
        told = [_at(one, "finish_reason") for one in among]
        told += [_at(answer, "stop_reason"), _at(_at(answer, "delta"), "stop_reason")]
        return tuple(str(one) for one in told if one)

    def _usage(self, usage: object, *, begun: bool) -> None:
        parts = {name: _at(usage, name) for name in _PARTS}
        parts[""] = usage
        counts: dict[str, int] = {}
        for name, paths in _COUNTS.items():
            for part, key in paths:
                if _is_count(count := _at(parts[part], key)):
                    counts[name] = count
                    break
        if _INPUT in counts:
            beside = (_at(usage, name) for name in _BESIDE)
            counts[_INPUT] += sum(one for one in beside if _is_count(one))
        if begun:
            # What a stream says at its beginning of its output is no count of it.
            counts.pop(_OUTPUT, None)
        kept = (_INPUT, _OUTPUT)
        self.attributes |= {name: one for name, one in counts.items() if one or name in kept}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _at(value: object, name: str) -> Any:
    """Return a field of an object or of a mapping, or None."""
    if value is None:
        return None
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).get(name)
    return getattr(value, name, None)
