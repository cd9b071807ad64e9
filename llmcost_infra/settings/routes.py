"""Where alerts go: settings name the secret, never hold it."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, model_validator

from llmcost_infra.declarations import Name, Strict, fitting, misplaced

__all__ = ["Route", "SecretName", "Severity"]

Severity = Literal["page", "warn", "info", "heartbeat"]
"""page wakes somebody, warn is for the working day, info is to know.

heartbeat is sent all the time, to what notices when it stops.
"""

_TAKEN: Final[dict[str, tuple[Severity, ...]]] = {"pagerduty": ("page",)}
_TAKEN_ELSEWHERE: Final[tuple[Severity, ...]] = ("page", "warn", "info")


def _no_secret(value: object) -> object:
    # The message names no value: what was pasted here may be the secret itself.
    if isinstance(value, str) and not value.replace("_", "").isalnum():
        raise ValueError(
            "write the name of a secret, like slack_url; "
            "its value goes to `pulumi config set --secret`"
        )
    return value


SecretName = Annotated[
    Name,
    BeforeValidator(_no_secret, json_schema_input_type=str),
]
"""Key of a secret in the stack's configuration."""


_Recipient = Annotated[str, fitting(r"^[^@\s]+@[^@\s]+$", "write it like ann@example.com")]


class Route(Strict):
    """One place that alerts are sent to."""

    kind: Literal["slack", "teams", "pagerduty", "webhook", "email"]
    secret: SecretName | None = None
    """The secret that holds the URL; for PagerDuty the one that holds the routing key."""
    recipients: tuple[_Recipient, ...] = ()
    """E-mail addresses."""
    severities: tuple[Severity, ...] | None = None
    """Which alerts it takes: page alone for PagerDuty, all but heartbeat elsewhere."""

    @property
    def takes(self) -> tuple[Severity, ...]:
        """Severities of the alerts that it takes."""
        return self.severities or _TAKEN.get(self.kind, _TAKEN_ELSEWHERE)

    @model_validator(mode="after")
    def _takes_something(self) -> Self:
        if self.severities == ():
            raise misplaced("takes nothing", "severities", hint="leave it out for the usual ones")
        return self

    @model_validator(mode="after")
    def _has_its_target(self) -> Self:
        if self.kind == "email" and (self.secret or not self.recipients):
            raise misplaced("an e-mail route has recipients and no secret", "recipients")
        if self.kind != "email" and (self.recipients or not self.secret):
            raise misplaced(f"a {self.kind} route has a secret and no recipients", "secret")
        return self
