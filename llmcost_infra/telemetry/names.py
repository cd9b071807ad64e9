"""Attributes by which instrumentations tell of a call: of each list the first that is there counts.

The ingest pipeline reads the same ones in the same order (`pipelines/normalise.vrl.j2`).
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "CACHE_READ",
    "CACHE_WRITE",
    "FINISH",
    "INPUT",
    "INPUT_AUDIO",
    "INPUT_IMAGE",
    "OUTPUT",
    "OUTPUT_AUDIO",
    "OUTPUT_IMAGE",
    "PROVIDER",
    "RARE",
    "READ_AUDIO",
    "REASONING",
    "REQUEST",
    "RESPONSE",
    "TIER",
    "TOTAL",
    "WRITE_1H",
    "WRITE_5M",
]

PROVIDER: Final = (
    "gen_ai.provider.name",
    "gen_ai.system",
    "llm.provider",
    "llm.system",
)
REQUEST: Final = (
    "gen_ai.request.model",
    "llm.request.model",
    "llm.request.model_name",
    "llm.model_name",
    "embedding.model_name",
)
RESPONSE: Final = (
    "gen_ai.response.model",
    "llm.response.model",
    "llm.response.model_name",
    "llm.model_name",
    "embedding.model_name",
)
INPUT: Final = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
)
OUTPUT: Final = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
)
TOTAL: Final = (
    "gen_ai.usage.total_tokens",
    "llm.token_count.total",
    "llm.usage.total_tokens",
)
CACHE_READ: Final = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "llm.token_count.prompt_details.cache_read",
    "llm.usage.cache_read_input_tokens",
)
CACHE_WRITE: Final = (
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_write_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "llm.token_count.prompt_details.cache_write",
    "llm.usage.cache_creation_input_tokens",
)
WRITE_1H: Final = (
    "gen_ai.usage.cache_creation.ephemeral_1h_input_tokens",
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens",
    "gen_ai.usage.details.ephemeral_1h_input_tokens",
)
WRITE_5M: Final = (
    "gen_ai.usage.cache_creation.ephemeral_5m_input_tokens",
    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens",
    "gen_ai.usage.details.ephemeral_5m_input_tokens",
)
REASONING: Final = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "gen_ai.usage.details.thinking_tokens",
    "llm.token_count.completion_details.reasoning",
    "llm.usage.reasoning_tokens",
)
INPUT_AUDIO: Final = (
    "gen_ai.usage.audio.input_tokens",
    "llm.token_count.prompt_details.audio",
)
READ_AUDIO: Final = ("gen_ai.usage.audio.cache_read.input_tokens",)
OUTPUT_AUDIO: Final = (
    "gen_ai.usage.audio.output_tokens",
    "llm.token_count.completion_details.audio",
)
INPUT_IMAGE: Final = ("gen_ai.usage.image.input_tokens",)
OUTPUT_IMAGE: Final = ("gen_ai.usage.image.output_tokens",)
TIER: Final = (
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "gen_ai.response.service_tier",
    "anthropic.response.service_tier",
    "openai.request.service_tier",
    "gen_ai.openai.request.service_tier",
    "gen_ai.request.service_tier",
)
FINISH: Final = (
    "gen_ai.response.finish_reasons",
    "gen_ai.response.finish_reason",
    "llm.finish_reason",
    "anthropic.message.stop_reason",
    "gen_ai.completion.0.finish_reason",
)

RARE: Final = frozenset((*INPUT_AUDIO, *READ_AUDIO, *OUTPUT_AUDIO, *INPUT_IMAGE, *OUTPUT_IMAGE))
"""All that only calls with audio or images have."""
