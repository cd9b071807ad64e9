"""An alert as a stack has it: its declaration, with what the stack's settings change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.declarations import InvalidDeclaration, nearest
from llmcost_infra.errors import DeclarationError
from llmcost_infra.settings import AlertChoice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmcost_infra.catalog.alerts import AlertDeclaration, AlertSpec
    from llmcost_infra.settings import Settings

__all__ = ["chosen", "refuse_unknown_choices"]

_SETTINGS = "llmcost:settings"
_AS_DECLARED = AlertChoice()


def chosen(spec: AlertSpec, settings: Settings) -> AlertDeclaration | None:
    """Return a declaration with a stack's changes, or None where the stack does without it."""
    choice = settings.alerts.get(spec.name, _AS_DECLARED)
    if not choice.enabled:
        return None
    declared = spec.declared
    keys = ("severity", "frequency_minutes", "silence_minutes")
    changed: dict[str, Any] = {
        key: value for key in keys if (value := getattr(choice, key)) is not None
    }
    limits = {
        name: limit.model_copy(update={"value": choice.limits[name], "setting": None})
        for name, limit in declared.limits.items()
        if name in choice.limits
    }
    return declared.model_copy(update={**changed, "limits": {**declared.limits, **limits}})


def refuse_unknown_choices(specs: Sequence[AlertSpec], settings: Settings) -> None:
    """Refuse changes of what is not declared.

    Args:
        specs: every alert that is declared.
        settings: the stack's.

    Raises:
        InvalidDeclaration: with every such change, and the nearest name.
    """
    problems = list(_unknown(specs, settings))
    if problems:
        raise InvalidDeclaration(problems)


def _unknown(specs: Sequence[AlertSpec], settings: Settings) -> Iterator[DeclarationError]:
    declared = {spec.name: spec.declared for spec in specs}
    for name, choice in settings.alerts.items():
        if name not in declared:
            hint = nearest(name, sorted(declared))
            yield _problem(f"alerts.{name}: there is no such alert", hint)
            continue
        limits = declared[name].limits
        for limit in choice.limits:
            at = f"alerts.{name}.limits.{limit}"
            if limit not in limits:
                yield _problem(f"{at}: there is no such limit", nearest(limit, sorted(limits)))
            elif declared[name].each and limits[limit].setting:
                yield _problem(f"{at}: each copy has its own", f"change {limits[limit].setting}")


def _problem(said: str, hint: str) -> DeclarationError:
    return DeclarationError(said, path=_SETTINGS, hint=hint)
