"""Whether prompts and completions are kept, for whom, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from llmcost_infra.declarations import Strict, fitting, misplaced
from llmcost_infra.settings.patterns import MOST_PATTERNS, ScrubPattern, as_rust

__all__ = ["ContentCapture"]

_MOST_DAYS: Final = 30
# They stand in the function between quotes: a brace or a backslash would mean something there.
_Service = Annotated[
    str,
    fitting(r'^[^"\\{}\p{C}]+$', "leave out quotes, braces, backslashes and control characters"),
]
# As the server takes it.
_Destination = Annotated[
    str, fitting(r"^[^:#?&%/\s'\"]+$", "write its name, without blanks, quotes and : # ? & % /")
]
_Word = Annotated[
    str,
    fitting(
        r"^[a-z][a-z0-9_]{0,30}$",
        "use up to 31 lower-case letters, digits and _, a letter first",
    ),
]


class ContentCapture(Strict):
    """Prompts and completions: off unless a stack names the services whose texts may be kept."""

    capture: bool = False
    services: tuple[_Service, ...] = ()
    """``service.name`` of the applications; no other's texts are kept."""
    shared_org_ok: bool = False
    """Whether it is meant that everybody in the organization can read what is captured."""
    remote: _Destination | None = None
    """A destination of pipelines, for example to an organization of few people, that gets them
    instead of a stream here; only OpenObserve's Enterprise build sends to one."""
    days: Annotated[int, Field(ge=1)] = 7
    """How long they are kept, in days; more than 30 need the next."""
    long_ok: bool = False
    """Whether it is meant that they are kept for more than 30 days."""
    patterns: Annotated[Mapping[_Word, ScrubPattern], Field(max_length=MOST_PATTERNS)] = Field(
        default_factory=dict[str, str]
    )
    """What else is removed from them: the word that stands there afterwards → pattern."""

    @model_validator(mode="after")
    def _names_services(self) -> Self:
        if self.capture and not self.services:
            raise misplaced("names nobody", "services", hint="list the services, or capture: false")
        if self.kept_here and not self.shared_org_ok:
            said = "everybody in the organization can read what is captured"
            hint = "if that is meant, write shared_org_ok: true; if not, capture: false"
            raise misplaced(said, "shared_org_ok", hint=hint)
        return self

    @model_validator(mode="after")
    def _keeps_texts_for_days(self) -> Self:
        if self.days > _MOST_DAYS and not self.long_ok:
            said = f"what people wrote is kept for {_MOST_DAYS} days at most"
            hint = "if more are meant, write long_ok: true"
            raise misplaced(said, "days", hint=hint)
        return self

    @property
    def kept_here(self) -> bool:
        """Whether there is a stream of them in the stack's own organization."""
        return self.capture and self.remote is None

    def as_rust(self) -> dict[str, str]:
        """Return the patterns as the ingest function has them."""
        return {word: as_rust(pattern) for word, pattern in self.patterns.items()}
