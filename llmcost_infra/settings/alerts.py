"""What a stack changes of the alerts that are declared: each by its name, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from llmcost_infra.declarations import Name, Number, Strict
from llmcost_infra.settings.routes import Severity

__all__ = ["AlertChoice"]


class AlertChoice(Strict):
    """What is different about one alert in this stack; what is left out stays as declared."""

    enabled: bool = True
    """Whether the stack has the alert at all."""
    severity: Severity | None = None
    """Decides who is told, unless routes do."""
    frequency_minutes: Annotated[int, Field(ge=1)] | None = None
    """How often it is looked at."""
    silence_minutes: Annotated[int, Field(ge=0)] | None = None
    """How long nothing more is told after it fired."""
    limits: Mapping[Name, Number] = Field(default_factory=dict[str, str])
    """Its limits by name, each a number in quotes, like "2.5"; not below zero."""
    routes: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """Names of the routes that are told, whatever severities they take."""
