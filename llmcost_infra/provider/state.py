"""What the engine keeps about an object, and how a kind's versions of it are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.errors import LlmCostError
from llmcost_infra.provider.diff import Change, apply, diff, equal, render_path
from llmcost_infra.provider.marks import conceal, known, known_part, mark_like, reveal, value_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs, Kind

__all__ = ["Forms", "PartlyWritten", "Properties", "State"]

Properties = dict[str, Any]
"""Properties with their marks: what is secret or unknown in them is told apart."""

_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class State:
    """What the engine keeps about an object.

    Args:
        id: Pulumi id; empty in a preview of a create.
        inputs: as the program gave them, or as the server has them.
        outputs: the inputs, and what the server computed.
    """

    id: str
    inputs: Properties
    outputs: Properties


class PartlyWritten(LlmCostError):  # noqa: N818 - it names what happened
    """The object is there and not yet what it should be; the next update goes on from it.

    Args:
        message: what failed.
        state: the object as the server has it now.
        hint: the next step.
    """

    def __init__(self, message: str, *, state: State, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.state = state


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms that the inputs of one kind take: for the server, for the state, to compare.

    Args:
        kind: rules and normal form.
    """

    kind: Kind

    def plain(self, properties: Properties) -> Inputs:
        """Return the inputs among these properties without marks, as stores take them."""
        names = self.kind.required | self.kind.optional
        return {key: reveal(value) for key, value in properties.items() if key in names}

    def normal(self, properties: Properties) -> Inputs:
        """Return the normal form, without secrets' marks but with what is unknown."""
        compared: Inputs = reveal(
            mark_like(self.kind.canonical(known_part(properties)), properties)
        )
        return compared

    def on_server(self, properties: Properties) -> Inputs:
        """Return the normal form of what the server knows of these inputs."""
        normal = self.normal(properties)
        return {key: value for key, value in normal.items() if key not in self.kind.local_only}

    def same(self, left: Properties, right: Properties) -> bool:
        """Say whether two versions mean the same object on the server."""
        return equal(self.on_server(left), self.on_server(right))

    def changes(self, old: Properties, new: Properties) -> list[Change]:
        """Return what turns one version of the inputs into another.

        Their normal forms are compared, which lack defaults; a default that the state or the
        program spells out is updated all the same, and not added or deleted.
        """
        changes = (
            Change(
                change.path,
                value_at(old, change.path) if change.old is None else change.old,
                value_at(new, change.path) if change.new is None else change.new,
            )
            for change in diff(self.normal(old), self.normal(new))
        )
        hidden = self._hidden_on_import(old, new)
        return [
            change
            for change in changes
            if not self._let_go(change) and change.path[0] not in hidden
        ]

    def differing(self, found: Inputs, wanted: Inputs) -> str:
        """Return the paths, in words, at which an object is not what it should be."""
        changes = diff(self.on_server(found), self.on_server(wanted))
        paths = [render_path(change.path) for change in changes]
        more = len(paths) - _MOST_NAMED
        return ", ".join(paths[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")

    def refreshed(self, known: Inputs, found: Inputs) -> Inputs:
        """Return the known inputs with only that changed which differs on the server.

        What means the same stays as the program wrote it, so that a refresh is quiet.
        """
        return apply(known, diff(self.on_server(known), self.on_server(found)))

    def state(self, id_: str, inputs: Properties, computed: Mapping[str, Any]) -> State:
        """Return what the engine shall keep, with the kind's secrets marked.

        Args:
            id_: Pulumi id.
            inputs: with the program's marks.
            computed: output-only properties.
        """
        marked = conceal(inputs, self.kind.secret_paths)
        return State(id_, marked, {**marked, **conceal(dict(computed), self.kind.secret_paths)})

    def computed(self, found: Mapping[str, Any], before: Properties) -> Properties:
        """Return the output-only properties, with those that the server told once from before."""
        once = {key: before[key] for key in self.kind.told_once if key in before}
        return {**once, **found}

    def _hidden_on_import(self, old: Properties, new: Properties) -> frozenset[str]:
        """Return the inputs that differ only because an import cannot tell a secret in a text.

        The state has the text as it is stored, and the program which part of it is secret.
        """
        told_apart = "secrets"
        if not self.kind.secret_on_import or old.get(told_apart) or not new.get(told_apart):
            return frozenset()
        inside = self.kind.secret_on_import | {told_apart}
        before, after = (
            {key: value for key, value in self.plain(one).items() if key in inside}
            for one in (old, new)
        )
        if not known(after) or not before.keys() & self.kind.secret_on_import:
            return frozenset()
        named = {"name": ""}
        same = self.kind.body(named | before, "") == self.kind.body(named | after, "")
        return inside if same else frozenset()

    def _let_go(self, change: Change) -> bool:
        """Say whether the program only stopped managing something: the server keeps it."""
        if change.kind != "delete":
            return False
        exact, above = ".".join(change.path), ".".join((*change.path[:-1], "*"))
        return not self.kind.unmanaged_if_absent.isdisjoint({exact, above})

    def name(self, id_: str) -> str:
        """Return what messages call an object: ``Folder default/dashboards/llm``."""
        return f"{self.kind.token.rpartition(':')[2]} {id_}"
