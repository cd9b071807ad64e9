"""Whose spend a part of a bill is, and which of our calls belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmcost_infra.declarations import nearest
from llmcost_infra.errors import ExitCode, ReconcileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.reconcile.records import Charge, OwnCalls, Part, Usage
    from llmcost_infra.settings import BilledScope, BillingAccount, Settings

__all__ = ["UNMAPPED", "ScopeMap", "UnknownScope"]

UNMAPPED: Final = "(unmapped)"
"""Scope of what no scope of the stack names, on either side."""


class UnknownScope(ReconcileError):  # noqa: N818 - it names what is wrong
    """A scope, or an account, that the stack's settings do not have."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True)
class ScopeMap:
    """The scopes of one account, as one stack sees them.

    Args:
        account: the account; None without any in the settings.
        environment: of the stack.
        chosen: labels that are compared; all if empty.
    """

    account: BillingAccount | None
    environment: str
    chosen: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, settings: Settings, provider: str, account: str | None, chosen: Sequence[str]
    ) -> ScopeMap:
        """Return the scopes of a stack.

        Args:
            settings: the stack's.
            provider: openai or anthropic.
            account: id of the account; needed where the stack has several of the provider.
            chosen: labels that are compared; all if empty.

        Raises:
            UnknownScope: there is no such account or scope, or several accounts to choose from.
        """
        known = [one for one in settings.billing if one.provider == provider]
        if account is not None:
            ids = sorted(one.account for one in known)
            known = [one for one in known if one.account == account]
            if not known:
                raise UnknownScope(f"The stack has no account {account!r} of {provider}.",
                                   hint=nearest(account, ids))  # fmt: skip
        if len(known) > 1:
            ids = sorted(one.account for one in known)
            raise UnknownScope(
                f"The stack has several accounts of {provider}: {', '.join(ids)}.",
                hint="Choose one with --account.",
            )
        made = cls(known[0] if known else None, settings.environment, tuple(chosen))
        for label in chosen:
            if label not in made.labels:
                hint = nearest(label, list(made.labels))
                raise UnknownScope(f"The stack has no scope {label!r} of {provider}.", hint=hint)
        return made

    @property
    def scopes(self) -> tuple[BilledScope, ...]:
        """The scopes as the settings name them."""
        return self.account.scopes if self.account else ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Every scope of this stack's environment, by the name that reports give it."""
        if not self.scopes:
            return (self.environment,)
        own = (one for one in self.scopes if one.environment == self.environment)
        return tuple(dict.fromkeys(_label(one) for one in own))

    @property
    def compared(self) -> tuple[str, ...]:
        """The scopes that are compared."""
        return self.chosen or self.labels

    @property
    def by_key(self) -> bool:
        """Whether a scope is one API key."""
        return any(one.key for one in self.scopes)

    def accounts(self, label: str) -> tuple[str, ...]:
        """Return the ids by which a contract may name what a scope pays by, the own ones first."""
        parts = [one.identity[1] for one in self.scopes if _label(one) == label]
        return (*parts, *([self.account.account] if self.account else []), "")

    def of_part(self, part: Part) -> str:
        """Return the scope of a part of the bill; that of a key goes before that of its project."""
        if not self.scopes:
            return self.environment
        named = {one.identity: one for one in self.scopes}
        for identity in (
            ("key", part.key),
            ("project", part.division),
            ("workspace", part.division),
        ):
            if identity in named:
                return _label(named[identity])
        return UNMAPPED

    def of_calls(self, calls: OwnCalls) -> str:
        """Return the scope of our calls: of their team, else of their environment."""
        if not self.scopes:
            return self.environment
        labels = {_label(one) for one in self.scopes}
        environment = calls.environment or self.environment
        for label in (f"{environment}/{calls.team}", environment):
            if label in labels:
                return label
        return UNMAPPED

    def elsewhere(self, label: str) -> bool:
        """Return whether a scope is not compared: another stack's, or not chosen."""
        if label == UNMAPPED:
            return bool(self.chosen)
        return label not in self.compared

    def empty(
        self, charges: Sequence[Charge], usage: Sequence[Usage], own: Sequence[OwnCalls]
    ) -> list[str]:
        """Return the scopes of which neither side knows anything."""
        parts = {*(one.part for one in charges), *(one.part for one in usage)}
        known = {self.of_part(part) for part in parts}
        known |= {self.of_calls(one) for one in own}
        return [label for label in self.compared if label not in known]


def _label(scope: BilledScope) -> str:
    return f"{scope.environment}/{scope.team}" if scope.team else scope.environment
