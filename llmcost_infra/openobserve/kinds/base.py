"""The contract that every kind of object fulfils; a kind is pure and does no I/O."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

__all__ = ["Found", "Inputs", "Kind", "ObjectStore", "Problem"]

Inputs = dict[str, Any]
"""Inputs of a resource as plain JSON values: snake_case keys, secrets and unknowns unwrapped."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the inputs that the server would refuse, or accept and break.

    Args:
        path: property path, e.g. ``tabs.overview.panels.cost.order``.
        message: what is wrong and what to write instead.
    """

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Found:
    """An object as the server has it.

    Args:
        id: Pulumi id, in the kind's ``id_form``.
        inputs: the object in input form, canonical (see `Kind.canonical`).
        computed: output-only properties, e.g. ``folder_id``.
        lock: the server's optimistic lock (dashboard hash, pipeline version), if it has one.
        facts: what rules look at and nobody manages, e.g. the age of a stream; never stored.
    """

    id: str
    inputs: Inputs
    computed: Inputs = field(default_factory=dict[str, Any])
    lock: str | None = None
    facts: Inputs = field(default_factory=dict[str, Any])


class Kind(ABC):
    """What a class of objects is: identity, rules and normal form."""

    token: ClassVar[str]
    """Pulumi type token, e.g. ``openobserve:index:Folder``."""
    id_form: ClassVar[str]
    """Form of the Pulumi id, e.g. ``organization/folder_type/folder_id``; also the import id."""
    required: ClassVar[frozenset[str]]
    """Top-level inputs that must be present."""
    optional: ClassVar[frozenset[str]]
    """Top-level inputs that may be present; any other key is refused."""
    replace_on: ClassVar[frozenset[str]]
    """Top-level inputs whose change replaces the object (the server cannot change them)."""
    computed: ClassVar[frozenset[str]]
    """Output-only properties: unknown in a preview of a create."""
    told_once: ClassVar[frozenset[str]] = frozenset()
    """Computed properties that the server tells when it makes the object and never again."""
    secret_paths: ClassVar[frozenset[str]] = frozenset()
    """Paths that are always secret, whatever the caller marked; ``*`` matches one segment."""
    secret_on_import: ClassVar[frozenset[str]] = frozenset()
    """Paths whose value may hold a secret that only a program can tell from the rest."""
    local_only: ClassVar[frozenset[str]] = frozenset()
    """Inputs that live in the state only and that the server never sees, e.g. ``on_destroy``."""
    unmanaged_if_absent: ClassVar[frozenset[str]] = frozenset()
    """Paths (``*`` is one key) that are left alone when absent: leaving one out is no change."""
    atomic: ClassVar[bool] = False
    """Whether the server refuses a write on an object that changed since it was read."""
    server_changes: ClassVar[tuple[str, ...]] = ()
    """What the server changes by itself, in words; never a difference."""
    delete_before_replace: ClassVar[bool] = False
    """Whether a replacement would meet its own old name."""

    @abstractmethod
    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs with every default filled in; pure and deterministic."""

    @abstractmethod
    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return all that is wrong with these inputs, unknown and missing keys included.

        Values may be unknown in a preview (`None` then): nothing is said about them.
        """

    @abstractmethod
    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the normal form in which two equal objects are equal values."""

    def losses(self, old: Inputs, new: Inputs) -> list[Problem]:
        """Return what a change would destroy on the server although nobody allowed it.

        Args:
            old: inputs of the last state; empty for a new object.
            new: inputs that it should have; values that are not known yet are None.
        """
        del old, new
        return []

    def body(self, inputs: Inputs, organization: str) -> Inputs:  # noqa: ARG002 - some kinds need it
        """Return the JSON that the server gets to make the object; how it is addressed is apart.

        Args:
            inputs: without problems, with defaults; a text keeps its ``${secret:NAME}`` where they
                hold no ``secrets``.
            organization: where the object lives.
        """
        apart = self.local_only | {"organization"}
        return {key: value for key, value in self.canonical(inputs).items() if key not in apart}

    def adoptable(self, found: Found, target: Inputs) -> bool:
        """Return whether a create may take over what it found: changing it loses no data.

        Args:
            found: the object on the server.
            target: inputs of the object that should be there.
        """
        return self.canonical(found.inputs) == self.canonical(target)


class ObjectStore(Protocol):
    """How one kind of object is found, made, changed and removed over REST."""

    kind: Kind

    def chosen_id(self, inputs: Inputs, urn: str) -> str:
        """Return the Pulumi id a new object gets if the client chooses it, else an empty string.

        It derives from the URN and from every replace-forcing input, so that a replacement
        never meets its own old id.
        """
        ...

    def ids(self, organization: str) -> list[str]:
        """Return the Pulumi ids of all objects of an organization that one may manage, sorted."""
        ...

    def find(self, inputs: Inputs, urn: str) -> Found | None:
        """Return the object that a create would collide with or repeat, if there is one."""
        ...

    def read(self, id: str, known: Inputs | None) -> Found | None:  # noqa: A002 - Pulumi's word
        """Return the object, or None when it is gone.

        Args:
            id: Pulumi id.
            known: inputs of the last state, absent on import; keeps the order numbers and
                local-only inputs that the server does not store.
        """
        ...

    def create(self, inputs: Inputs, urn: str) -> Found:
        """Make the object; `find` has been asked before."""
        ...

    def update(self, current: Found, target: Inputs) -> Found:
        """Turn the object as just read into the target, under the server's lock if it has one."""
        ...

    def delete(self, id: str, inputs: Inputs) -> str | None:  # noqa: A002 - Pulumi's word
        """Remove the object; gone already is success.

        Returns:
            A sentence for the user when something stays on the server (a retained stream).
        """
        ...
