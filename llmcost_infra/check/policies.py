"""What an organization chooses about its policies: `policy/config.json`, for Pulumi and for check.

The format is the one of ``pulumi preview --policy-pack-config``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, ValidationError, model_validator

from llmcost_infra.declarations import Strict, load, problems_of
from llmcost_infra.errors import LlmCostError

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.check.finding import Severity
    from llmcost_infra.check.registry import Rule

__all__ = [
    "CONFIGURATION",
    "PACK",
    "Ceiling",
    "InProduction",
    "Level",
    "Policies",
    "Policy",
    "policies_from",
    "policies_in",
    "policies_of",
]

PACK: Final = "policy"
"""Folder of a project's policy pack."""
CONFIGURATION: Final = "config.json"
"""File of a pack that says what the organization chooses."""

Level: TypeAlias = Literal["advisory", "mandatory", "disabled"]
"""What a breach does: it is told, it stops the update, or nobody looks."""

Days: TypeAlias = Annotated[int, Field(ge=1)]


class Policy(Strict):
    """A policy without a choice but its level.

    Args:
        level: ``enforcementLevel`` in the file; that of the rule without one.
    """

    level: Level | None = Field(default=None, alias="enforcementLevel")

    def severity(self, of_rule: Severity) -> Severity | None:
        """Return how bad a breach is; None if nobody looks.

        Args:
            of_rule: how bad it is where nothing is chosen.
        """
        match self.level:
            case None:
                return of_rule
            case "mandatory":
                return "error"
            case "advisory":
                return "warning"
            case "disabled":
                return None


class Ceiling(Policy):
    """How long a stream may keep rows.

    Args:
        count_days: a stream without texts.
        text_days: a stream with prompts or completions.
        environments: other days for stacks whose name begins with a word, e.g. ``dev``; the
            longest such word decides.
    """

    count_days: Days = 1_830
    text_days: Days = 30
    environments: Mapping[str, Mapping[Literal["count_days", "text_days"], Days]] = {}

    def days(self, environment: str, *, texts: bool) -> int:
        """Return the most days that a stream of an environment may keep rows."""
        key: Literal["count_days", "text_days"] = "text_days" if texts else "count_days"
        fitting = [
            (len(word), days[key])
            for word, days in self.environments.items()
            if environment.startswith(word) and key in days
        ]
        return max(fitting)[1] if fitting else self.text_days if texts else self.count_days


class InProduction(Policy):
    """A policy for production alone.

    Args:
        environments: words with which the names of production's stacks begin.
    """

    environments: Annotated[tuple[str, ...], Field(strict=False)] = ("prod",)

    def holds_in(self, environment: str) -> bool:
        """Say whether a stack is production."""
        return environment.startswith(self.environments)


class Policies(Strict):
    """What is chosen for each policy; what is not named stays as it is."""

    alert_context: Policy = Field(default=Policy(), alias="alert-context")
    stream_ceiling: Ceiling = Field(default=Ceiling(), alias="stream-ceiling")
    stream_protected: InProduction = Field(default=InProduction(), alias="stream-protected")
    stream_watched: InProduction = Field(default=InProduction(), alias="stream-watched")

    @model_validator(mode="before")
    @classmethod
    def _written_out(cls, given: Any) -> Any:
        """Write a level alone, and the level of all, out: both are Pulumi's short forms."""
        if not isinstance(given, dict):
            return given
        chosen: dict[str, Any] = {
            name: {"enforcementLevel": one} if isinstance(one, str) else one
            for name, one in given.items()  # pyright: ignore[reportUnknownVariableType] # JSON
        }
        if "all" not in chosen:
            return chosen
        level = chosen.pop("all")
        names = (str(field.alias) for field in cls.model_fields.values())
        return dict.fromkeys(names, level) | {
            name: level | one if isinstance(one, dict) else one for name, one in chosen.items()
        }

    def severity(self, rule: Rule) -> Severity | None:
        """Return how bad a breach of a rule is; None if nobody looks."""
        name = _attribute(rule.id)
        if name not in type(self).model_fields:
            return rule.severity
        chosen: Policy = getattr(self, name)
        return chosen.severity(rule.severity)

    def properties(self, rule: str) -> dict[str, Any]:
        """Return what is chosen for a policy besides its level, as JSON values."""
        chosen: Policy = getattr(self, _attribute(rule))
        return chosen.model_dump(mode="json", exclude={"level"}, exclude_unset=True)

    @classmethod
    def schema_of(cls, rule: str) -> dict[str, Any]:
        """Return the JSON schema of all that may be chosen for a policy besides its level."""
        chosen: Policy = getattr(cls(), _attribute(rule))
        properties: dict[str, Any] = chosen.model_json_schema()["properties"]
        return {name: one for name, one in properties.items() if name != "enforcementLevel"}


def policies_of(project: Path) -> Policies:
    """Return what a project chooses.

    Args:
        project: folder of ``Pulumi.yaml``.

    Raises:
        InvalidDeclaration: the file is wrong.
    """
    return policies_in(project / PACK)


def policies_in(pack: Path) -> Policies:
    """Return what a pack chooses.

    Args:
        pack: folder of ``PulumiPolicy.yaml``.

    Raises:
        InvalidDeclaration: the file is wrong.
    """
    path = pack / CONFIGURATION
    return load(path, Policies) if path.is_file() else Policies()


def policies_from(given: Mapping[str, Any]) -> Policies:
    """Return what is chosen in the engine's words.

    Args:
        given: level and properties by policy.

    Raises:
        LlmCostError: a value is none that may be chosen.
    """
    try:
        return Policies.model_validate_json(json.dumps(given))
    except ValidationError as error:
        at, message, hint = problems_of(error, Policies)[0]
        raise LlmCostError(f"{'.'.join(map(str, at))}: {message}", hint=hint) from None


def _attribute(rule: str) -> str:
    return rule.replace("-", "_")
