"""A server in memory: what the provider's rules are tested against, with faults on demand."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import Conflict, LlmCostError, TransportError
from llmcost_infra.openobserve.kinds.base import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MemoryServer", "MemoryStore"]

IDENTITY = ("organization", "folder_type", "stream_type", "name", "title", "email")


class MemoryServer:
    """What an OpenObserve holds, with a count of writes and a list of faults to come."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.versions: dict[tuple[str, str], int] = {}
        self.requests: list[str] = []
        self.faults: dict[str, list[tuple[str, LlmCostError]]] = {}
        self.refusal: LlmCostError | None = None
        self.cancelled = False
        self.closed = False

    @property
    def writes(self) -> list[str]:
        """Every request that changed something."""
        return [name for name in self.requests if name.startswith(("create", "update", "delete"))]

    def fail(self, operation: str, moment: str, error: LlmCostError) -> None:
        """Let the next operation of this name fail.

        Args:
            operation: ``find``, ``read``, ``create``, ``update`` or ``delete``.
            moment: ``before`` it was done, ``after`` it, when ``half`` of it was done, or empty
                to let it pass.
            error: how it fails.
        """
        self.faults.setdefault(operation, []).append((moment, error))

    def lose_answer(self, operation: str) -> None:
        """Let the next operation of this name be done, and its answer get lost."""
        self.fail(operation, "after", TransportError("The answer was lost."))

    @contextmanager
    def request(self, operation: str) -> Iterator[str]:
        """Note a request, and fail it if that is its fate; yields the moment of its failure."""
        self.requests.append(operation)
        queue = self.faults.get(operation.split(maxsplit=1)[0], [])
        moment, error = queue.pop(0) if queue else ("", LlmCostError(""))
        if moment == "before":
            raise error
        yield moment
        if moment in {"after", "half"}:
            raise error

    def check(self) -> None:
        """Prove the connection."""
        self.requests.append("check")
        if self.refusal is not None:
            raise self.refusal

    def cancel(self) -> None:
        """Note that no further request shall start."""
        self.cancelled = True

    def close(self) -> None:
        """Note that the connection is closed."""
        self.closed = True


class MemoryStore:
    """One kind's objects on the server in memory; as strict as a store with a lock."""

    def __init__(self, kind: Any, server: MemoryServer) -> None:
        self.kind = kind
        self.server = server

    def chosen_id(self, inputs: dict[str, Any], urn: str) -> str:
        """Return an id that derives from the resource."""
        del urn
        return self._id(inputs)

    def ids(self, organization: str) -> list[str]:
        """Return the ids of this kind's objects, which are all of one organization."""
        del organization
        return sorted(id_ for token, id_ in self.server.objects if token == self.kind.token)

    def find(self, inputs: dict[str, Any], urn: str) -> Found | None:
        """Return the object of the same organization and name."""
        with self.server.request(f"find {urn}"):
            for token, id_ in self.server.objects:
                there = self.server.objects[token, id_]
                if token == self.kind.token and self._identity(there) == self._identity(inputs):
                    return self._found(id_)
        return None

    def read(self, id: str, known: dict[str, Any] | None) -> Found | None:  # noqa: A002
        """Return the object, with what only the state knows."""
        with self.server.request(f"read {id}"):
            if (self.kind.token, id) not in self.server.objects:
                return None
            found = self._found(id)
            local = {key: v for key, v in (known or {}).items() if key in self.kind.local_only}
            return replace(found, inputs={**found.inputs, **local})

    def create(self, inputs: dict[str, Any], urn: str) -> Found:
        """Make an object."""
        with self.server.request(f"create {urn}") as moment:
            if moment == "half":
                inputs = {key: v for key, v in inputs.items() if key in IDENTITY}
            return self._put(self._id(inputs), inputs)

    def update(self, current: Found, target: dict[str, Any]) -> Found:
        """Change an object under its lock."""
        with self.server.request(f"update {current.id}"):
            if current.lock != str(self.server.versions[self.kind.token, current.id]):
                raise Conflict(409, "modified by someone else", request="PUT")
            return self._put(current.id, target)

    def delete(self, id: str, inputs: dict[str, Any]) -> str | None:  # noqa: A002
        """Remove an object, unless it is to stay."""
        if inputs.get("on_destroy") == "retain":
            return f"Stream {id} stays on the server (on_destroy: retain)."
        with self.server.request(f"delete {id}"):
            self.server.objects.pop((self.kind.token, id), None)
        return None

    def _put(self, id_: str, inputs: dict[str, Any]) -> Found:
        key = (self.kind.token, id_)
        stored = {k: v for k, v in inputs.items() if k not in self.kind.local_only}
        self.server.objects[key] = stored
        self.server.versions[key] = self.server.versions.get(key, 0) + 1
        return self._found(id_)

    def _found(self, id_: str) -> Found:
        key = (self.kind.token, id_)
        computed = dict.fromkeys(self.kind.computed, id_.rsplit("/", 1)[-1])
        inputs = self.kind.canonical(self.server.objects[key])
        return Found(id_, inputs, computed, str(self.server.versions[key]))

    def _identity(self, inputs: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(inputs.get(key) for key in IDENTITY)

    def _id(self, inputs: dict[str, Any]) -> str:
        parts = self.kind.id_form.split("/")
        if "dashboard_id" in parts:  # The server chooses it, and another one each time.
            return f"{inputs['organization']}/{len(self.server.versions) + 1}"
        called = inputs.get("name") or inputs.get("title")
        return "/".join(str(inputs.get(part, called)) for part in parts)
