"""Which provider accounts a stack pays for, and whose spend their parts are."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from llmcost_infra.declarations import Strict, misplaced
from llmcost_infra.settings.names import Environment
from llmcost_infra.settings.routes import SecretName

__all__ = ["BilledScope", "BillingAccount"]

_Name = Annotated[str, Field(min_length=1)]
_DIVIDED_BY: Final = {"openai": ("project", "key"), "anthropic": ("workspace", "key")}
"""What a provider's bill can be split by."""


class BilledScope(Strict):
    """A part of a provider's bill: one project, workspace or API key."""

    project: _Name | None = None
    """OpenAI project id."""
    workspace: _Name | None = None
    """Anthropic workspace id."""
    key: _Name | None = None
    """Id of an API key as the provider's bill shows it; never the key."""
    environment: Environment
    team: _Name | None = None
    """Team that the whole part belongs to; none when several share it."""

    @property
    def identity(self) -> tuple[str, str]:
        """What the part is, and its id."""
        chosen = {key: getattr(self, key) for key in ("project", "workspace", "key")}
        [(kind, name)] = [(kind, name) for kind, name in chosen.items() if name is not None]
        return kind, str(name)

    @model_validator(mode="after")
    def _is_one_part(self) -> Self:
        if sum(one is not None for one in (self.project, self.workspace, self.key)) != 1:
            raise misplaced("a scope is one project, one workspace or one key", "project")
        return self


class BillingAccount(Strict):
    """An account that a provider bills."""

    provider: Literal["openai", "anthropic"]
    account: _Name
    """Organization id at the provider."""
    admin_key: SecretName | None = None
    """Secret that holds the key with which bills can be read."""
    scopes: tuple[BilledScope, ...] = ()
    """Whose spend its parts are; without any, all of it belongs to this stack's environment."""

    @model_validator(mode="after")
    def _scopes_fit(self) -> Self:
        seen: set[tuple[str, str]] = set()
        for index, scope in enumerate(self.scopes):
            kind, name = scope.identity
            if kind not in _DIVIDED_BY[self.provider]:
                valid = " or ".join(_DIVIDED_BY[self.provider])
                raise misplaced(
                    f"{self.provider} has no {kind}s",
                    "scopes",
                    str(index),
                    kind,
                    hint=f"use {valid}",
                )
            if (kind, name) in seen:
                raise misplaced(f"the {kind} {name!r} stands twice", "scopes", str(index), kind)
            seen.add((kind, name))
        return self
