"""Which spans say again what another span says."""

from __future__ import annotations

from typing import Annotated, Literal

from llmcost_infra.declarations import Strict, fitting

__all__ = ["Dialect", "Repeat"]

Dialect = Literal[
    "anthropic_sdk",
    "genai",
    "openai_v2",
    "openinference",
    "openllmetry",
    "other",
    "pydantic_ai",
    "wrapper",
]
"""Whose words a span is written in, as `llmcost_dialect` says."""
_Service = Annotated[
    str,
    fitting(
        r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", "use letters, digits and . _ / -, a letter or digit first"
    ),
]


class Repeat(Strict):
    """Spans that are no calls of their own, because another instrumentation reports the same calls.

    One span alone cannot tell. ``llmcost doctor`` compares those that are stored.
    """

    dialect: Dialect
    services: tuple[_Service, ...] = ()
    """Services in which it is so, by their ``service.name``; all when none is named."""
