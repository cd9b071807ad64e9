"""What is known of a call before it is made: who is called, for which model, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Target", "request_attributes", "target_of"]

# By the end of the host's name.
_HOSTS: Final[Mapping[str, str]] = {
    "api.openai.com": "openai",
    ".openai.azure.com": "azure.ai.openai",
    ".cognitiveservices.azure.com": "azure.ai.openai",
    ".services.ai.azure.com": "azure.ai.inference",
    "api.anthropic.com": "anthropic",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.x.ai": "x_ai",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "api.cohere.ai": "cohere",
    "api.cohere.com": "cohere",
    "api.perplexity.ai": "perplexity",
    "api.moonshot.ai": "moonshot_ai",
    ".amazonaws.com": "aws.bedrock",
}
# By a part of the client's name, where a gateway of the customer's own hides the host.
_CLIENTS: Final[Mapping[str, str]] = {
    "AzureOpenAI": "azure.ai.openai",
    "AnthropicBedrock": "aws.bedrock",
    "AnthropicVertex": "gcp.vertex_ai",
}
_ASKED: Final[Mapping[str, tuple[str, type | tuple[type, ...]]]] = {
    "model": ("gen_ai.request.model", str),
    "temperature": ("gen_ai.request.temperature", (int, float)),
    "top_p": ("gen_ai.request.top_p", (int, float)),
    "max_tokens": ("gen_ai.request.max_tokens", int),
    "max_completion_tokens": ("gen_ai.request.max_tokens", int),
    "max_output_tokens": ("gen_ai.request.max_tokens", int),
}


class Target(NamedTuple):
    """Who is called.

    Args:
        operation: `gen_ai.operation.name`.
        provider: `gen_ai.provider.name`.
        host: of the API; empty if unknown.
        port: of the API.
    """

    operation: str
    provider: str
    host: str = ""
    port: int = 443


def target_of(client: object, operation: str, provider: str | None = None) -> Target:
    """Return whom a client calls, by its base address or its kind.

    Args:
        client: of OpenAI's, Anthropic's or a compatible library.
        operation: `gen_ai.operation.name` of what is called.
        provider: what the application says instead.
    """
    parts = urlsplit(str(getattr(client, "base_url", "") or ""))
    host = (parts.hostname or "").lower()
    known = next((name for end, name in _HOSTS.items() if host.endswith(end)), "")
    if not known:
        kind = type(client).__name__
        known = next((name for part, name in _CLIENTS.items() if part in kind), "")
    library = type(client).__module__.partition(".")[0]
    port = parts.port or (80 if parts.scheme == "http" else 443)
    return Target(operation, provider or known or library, host, port)


def request_attributes(target: Target, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a span starts with.

    Args:
        target: who is called.
        asked: the arguments of the call.
    """
    told: dict[str, Any] = {
        "gen_ai.operation.name": target.operation,
        "gen_ai.provider.name": target.provider,
    }
    if target.host:
        told |= {"server.address": target.host, "server.port": target.port}
    for name, (attribute, kind) in _ASKED.items():
        value = asked.get(name)
        if isinstance(value, kind) and not isinstance(value, bool):
            told[attribute] = value
    if asked.get("stream") is True:
        told["gen_ai.request.stream"] = True
    tier = asked.get("service_tier")
    if isinstance(tier, str) and target.provider != "anthropic":
        told["openai.request.service_tier"] = tier
    return told
