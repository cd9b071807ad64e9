"""What an organization holds, read through the provider's own stores, and what cannot be taken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.adopt.other_kinds import Left, other_kinds
from llmcost_infra.catalog.object_files import KIND_FOLDERS
from llmcost_infra.errors import (
    LlmCostError,
    OpenObserveError,
    TransportError,
    Unauthorized,
)
from llmcost_infra.openobserve.objects import stores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.kinds.base import Inputs, ObjectStore

__all__ = ["Object", "Organization", "label", "read_organization"]

_READERS: Final = 8
"""Requests at a time; more buy nothing on one node."""
_MOST_SAID: Final = 3
_OWN_ACCOUNT: Final = "who adopts is logged in as it: a destroy would lock the stack out"
_LABELS: Final = ("name", "title", "email")


@dataclass(frozen=True, slots=True)
class Object:
    """An object that a project can declare.

    Args:
        folder: the kind's folder, such as ``dashboards``.
        id: Pulumi id.
        inputs: canonical, without the organization.
        columns: of a stream, by name with their types; declared and learned ones look the same.
    """

    folder: str
    id: str
    inputs: Inputs
    columns: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def key(self) -> str:
        """The last part of its id: what others refer to it by."""
        return self.id.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Organization:
    """Everything that was found.

    Args:
        name: identifier of the organization.
        objects: what can be declared, by kind and id.
        left: what cannot.
    """

    name: str
    objects: tuple[Object, ...]
    left: tuple[Left, ...]


def read_organization(client: Client, tell: Callable[[str, int], object]) -> Organization:
    """Read all objects of the client's organization.

    Args:
        client: the way to the server.
        tell: gets each kind's folder and how many objects of it there are, before they are read.

    Raises:
        TransportError: nobody answers.
        Unauthorized: one may not read the organization, or a kind of objects in it.
        OrganizationNotFound: it is unknown.
    """
    client.check()
    # Everything is read as of one moment: no list is asked for twice.
    every = stores(client, clock=lambda: 0.0)
    objects: list[Object] = []
    left: list[Left] = []
    with ThreadPoolExecutor(_READERS) as readers:
        for folder, token in KIND_FOLDERS.items():
            store = every[token]
            ids = store.ids(client.organization)
            tell(folder, len(ids))
            for found in readers.map(partial(_read, store, folder), ids):
                if isinstance(found, Object) and folder == "accounts" and found.key == client.user:
                    left.append(Left(label(folder), client.user, _OWN_ACCOUNT))
                elif isinstance(found, Object):
                    objects.append(found)
                elif found is not None:
                    left.append(found)
    left += other_kinds(client)
    return Organization(client.organization, tuple(objects), tuple(left))


def label(folder: str) -> str:
    """Return what one object of a kind is called in words."""
    return {"prices": "price table", "accounts": "service account"}.get(folder, folder[:-1])


def _read(store: ObjectStore, folder: str, id_: str) -> Object | Left | None:
    try:
        found = store.read(id_, None)
    except (TransportError, Unauthorized):
        raise
    except (OpenObserveError, KeyError, TypeError, ValueError) as error:
        # An object in a form that nobody foresaw is told, and the others are read all the same.
        return _unreadable(folder, id_, error)
    if found is None:
        return None
    inputs: dict[str, Any] = {**found.inputs}
    inputs.pop("organization", None)
    columns: dict[str, str] = inputs.pop("fields", {}) if folder == "streams" else {}
    problems = store.kind.problems(store.kind.defaults(inputs))
    if not problems:
        return Object(folder, found.id, inputs, columns)
    name = next((str(inputs[key]) for key in _LABELS if inputs.get(key)), found.id)
    said = [f"{problem.path}: {problem.message}" for problem in problems[:_MOST_SAID]]
    if more := len(problems) - _MOST_SAID:
        said += [f"and {more} more"] if more > 0 else []
    lies_in = str(inputs.get("folder", "default")) if folder in {"alerts", "dashboards"} else ""
    return Left(label(folder), name, "; ".join(said), "Mend it in the UI, then adopt it.", lies_in)


def _unreadable(folder: str, id_: str, error: Exception) -> Left:
    name = id_.rpartition("/")[2]
    if isinstance(error, LlmCostError):
        return Left(label(folder), name, error.message, error.hint)
    why = f"it has a form that is not known here ({type(error).__name__})"
    return Left(label(folder), name, why)
