"""What a program registered, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds.base import Problem
from llmcost_infra.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["SECRET", "Program", "Registered"]

SECRET = "[secret]"  # noqa: S105 - what stands in a secret's place
"""Stands for a value that is secret."""


@dataclass(frozen=True, slots=True)
class Registered:
    """One resource that a program registered.

    Args:
        urn: as the engine would give it.
        type: Pulumi type token, e.g. ``openobserve:index:Stream``.
        name: Pulumi name.
        inputs: plain JSON. What another resource computes stands as ``${name.property}``, or as
            ``${name}`` where only the update can know it; a secret as ``[secret]``. Resources of
            the OpenObserve provider have their defaults filled in.
        parent: URN of the component around it; None for what stands by itself.
        custom: whether a provider manages it; a component is only a name for what is in it.
        read: whether the program looks it up and does not manage it.
        source: where it was declared, if that is in the project.
        unknown: top-level inputs of which a part is known only during an update.
        problems: what the OpenObserve provider's check refuses in it.
    """

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    parent: str | None
    custom: bool
    read: bool
    source: Source | None
    unknown: tuple[str, ...]
    problems: tuple[Problem, ...]

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Registered:
        """Return a resource as the program's process tells it."""
        values: dict[str, Any] = {
            **told,
            "source": Source(**told["source"]) if told["source"] else None,
            "unknown": tuple(told["unknown"]),
            "problems": tuple(Problem(**problem) for problem in told["problems"]),
        }
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Program:
    """A program's resources for one stack.

    Args:
        project: name of the Pulumi project.
        stack: name of the stack.
        resources: in the order in which the program declares them.
        asked: functions of other providers that the program called; each was answered with
            nothing, since only the provider knows.
    """

    project: str
    stack: str
    resources: tuple[Registered, ...]
    asked: tuple[str, ...]

    def inside(self, component: str) -> Iterator[Registered]:
        """Yield what is in a component, and in components inside it, by its URN."""
        around = {component}
        for one in self.resources:
            if one.parent in around:
                around.add(one.urn)
                yield one
