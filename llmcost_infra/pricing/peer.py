"""Public price data to compare with: the genai-prices package, through its own functions, offline.

A tool of developers: nothing that runs in production imports this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmcost_infra.errors import PricingError

try:
    from genai_prices import Usage, __version__, calc_price
    from genai_prices.data_snapshot import get_snapshot
except ImportError as error:  # pragma: no cover - the extra `dev` is not installed
    raise PricingError(
        "there is no public price data to compare with",
        hint="run: python -m pip install 'llmcost-infra[dev]'",
    ) from error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from decimal import Decimal

    from genai_prices.types import PriceCalculation

__all__ = ["PROVIDERS", "VERSION", "PeerRates", "knows", "models", "rates_at"]

PROVIDERS: Final = {
    "anthropic": "anthropic",
    "aws.bedrock": "aws",
    "azure.ai.openai": "azure",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "gcp.gemini": "google",
    "groq": "groq",
    "mistral_ai": "mistral",
    "openai": "openai",
    "x_ai": "x-ai",
}
"""OpenTelemetry provider name → the peer's; its own guesses are wrong for some."""

VERSION: Final = __version__

_MILLION: Final = 1_000_000
# Our class → the peer's usage beside the tokens that the class is part of.
_INPUT_PARTS: Final = {
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "input_audio": "input_audio_tokens",
    "input_image": "input_image_tokens",
}
_OUTPUT_PARTS: Final = {
    "output_audio": "output_audio_tokens",
    "output_image": "output_image_tokens",
}
_KEYS: Final = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "input_audio": "input_audio_mtok",
    "input_image": "input_image_mtok",
    "output_audio": "output_audio_mtok",
    "output_image": "output_image_mtok",
}


@dataclass(frozen=True, slots=True)
class PeerRates:
    """What the peer charges for one model, at one size of input, in one tier.

    Args:
        per_mtok: class → USD per million tokens, where the peer lists the class itself.
        implied: the same for classes that it charges like the ones they are part of.
        own_tier: whether it has rates of its own for the tier.
    """

    per_mtok: dict[str, Decimal]
    implied: dict[str, Decimal]
    own_tier: bool


def models(provider: str) -> Iterator[str]:
    """Yield the ids of the models that the peer sells by the token and that still exist.

    Args:
        provider: OpenTelemetry provider name.
    """
    for theirs in get_snapshot().providers:
        if theirs.id == PROVIDERS[provider]:
            yield from (one.id for one in theirs.models if not one.deprecated)


def knows(provider: str, model: str, at: datetime) -> bool:
    """Tell whether the peer has a price for a model.

    Args:
        provider: OpenTelemetry provider name.
        model: model id.
        at: when.
    """
    try:
        _Question(provider, model, None, at).price()
    except LookupError:
        return False
    return True


def rates_at(provider: str, model: str, *, tier: str, input_tokens: int, at: datetime) -> PeerRates:
    """Return the peer's rates of a model that it knows.

    Args:
        provider: OpenTelemetry provider name.
        model: model id.
        tier: service tier; `standard` and `batch` are what they are for us.
        input_tokens: size of the request.
        at: when.
    """
    context = None
    if tier != "standard":
        context = {"processing": "batch"} if tier == "batch" else {"service_tier": tier}
    asked = _Question(provider, model, context, at)
    size = {"input_tokens": input_tokens, "output_tokens": _MILLION}
    priced = asked.price(**size)
    rates = {"input": priced.input_price * _MILLION / input_tokens, "output": priced.output_price}
    for name, part in _INPUT_PARTS.items():
        parts = {part, "cache_write_tokens"} if name == "cache_write_1h" else {part}
        told = asked.price(**size, **dict.fromkeys(parts, input_tokens))
        rates[name] = told.input_price * _MILLION / input_tokens
    for name, part in _OUTPUT_PARTS.items():
        rates[name] = asked.price(**size, **{part: _MILLION}).output_price
    own = {name for name, key in _KEYS.items() if getattr(priced.model_price, key) is not None}
    standard = _Question(provider, model, None, at).price(**size)
    return PeerRates(
        {name: rate for name, rate in rates.items() if name in own},
        {name: rate for name, rate in rates.items() if name not in own},
        context is None or priced.model_price != standard.model_price,
    )


@dataclass(frozen=True, slots=True)
class _Question:
    """One model at one moment, to be priced for several usages."""

    provider: str
    model: str
    context: dict[str, str] | None
    at: datetime

    def price(self, **usage: int) -> PriceCalculation:
        """Return the peer's answer; LookupError when it lacks the model."""
        return calc_price(
            Usage(**usage),
            self.model,
            provider_id=PROVIDERS[self.provider],
            genai_request_timestamp=self.at,
            price_context=self.context,
        )
