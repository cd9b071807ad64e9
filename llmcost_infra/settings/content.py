"""Whether prompts and completions are kept, for whom, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from llmcost_infra.declarations import Strict, misplaced
from llmcost_infra.settings.patterns import MOST_PATTERNS, ScrubPattern, as_rust

__all__ = ["ContentCapture"]

# They stand in the function between quotes: a brace or a backslash would mean something there.
_Service = Annotated[str, Field(pattern=r'^[^"\\{}\p{C}]+$')]
_Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


class ContentCapture(Strict):
    """Prompts and completions: off unless a stack names the services whose texts may be kept."""

    capture: bool = False
    services: tuple[_Service, ...] = ()
    """``service.name`` of the applications; no other's texts are kept."""
    shared_org_ok: bool = False
    """Whether it is meant that everybody in the organization can read what is captured."""
    days: Annotated[int, Field(ge=1, le=30)] = 7
    """How long they are kept, in days."""
    patterns: Annotated[Mapping[_Word, ScrubPattern], Field(max_length=MOST_PATTERNS)] = Field(
        default_factory=dict[str, str]
    )
    """What else is removed from them: the word that stands there afterwards → pattern."""

    @model_validator(mode="after")
    def _names_services(self) -> Self:
        if self.capture and not self.services:
            raise misplaced("names nobody", "services", hint="list the services, or capture: false")
        if self.capture and not self.shared_org_ok:
            said = "everybody in the organization can read what is captured"
            hint = "if that is meant, write shared_org_ok: true; if not, capture: false"
            raise misplaced(said, "shared_org_ok", hint=hint)
        return self

    def as_rust(self) -> dict[str, str]:
        """Return the patterns as the ingest function has them."""
        return {word: as_rust(pattern) for word, pattern in self.patterns.items()}
