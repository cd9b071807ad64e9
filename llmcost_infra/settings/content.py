"""Whether prompts and completions are kept, for whom, and for how long."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from llmcost_infra.declarations import Strict, misplaced

__all__ = ["ContentCapture"]


class ContentCapture(Strict):
    """Prompts and completions: off unless a stack names the services whose texts may be kept."""

    capture: bool = False
    services: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """``service.name`` of the applications; no other's texts are kept."""
    days: Annotated[int, Field(ge=1, le=30)] = 7
    """How long they are kept, in days."""

    @model_validator(mode="after")
    def _names_services(self) -> Self:
        if self.capture and not self.services:
            raise misplaced("names nobody", "services", hint="list the services, or capture: false")
        return self
