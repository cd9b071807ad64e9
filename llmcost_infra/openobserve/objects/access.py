"""What every store needs: the client, lists that readers share, time, and ids."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from llmcost_infra.errors import ApiError, Conflict, NotFound, OpenObserveError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from pydantic import BaseModel

    from llmcost_infra.openobserve.client import Client
    from llmcost_infra.openobserve.kinds.base import Inputs, Kind

from contextlib import contextmanager

__all__ = [
    "CHANGED",
    "Access",
    "Lists",
    "chosen_key",
    "join_id",
    "organization_in",
    "split_id",
    "without_secrets",
]

CHANGED = "Somebody else changed it meanwhile: `pulumi up --refresh` shows what."
"""The next step after the server's own lock refused a write."""

_RELEASED_WITHIN_S, _LOOK_EVERY_S = 10.0, 1.0
_Model = TypeVar("_Model", bound="BaseModel")


@dataclass(slots=True)
class _Entry:
    """A list that was read.

    Args:
        value: the list.
        read_at: when its request was sent (s).
        writes: how many writes had happened then.
    """

    value: Any
    read_at: float
    writes: int


class Lists:
    """Reads lists once for readers that come together, and never from before an own write.

    Args:
        client: reads them.
        clock: seconds, from any start.
        max_age: seconds for which a list may be shared.
    """

    def __init__(self, client: Client, clock: Callable[[], float], max_age: float = 2.0) -> None:
        self._client = client
        self._clock = clock
        self._max_age = max_age
        self._entries: dict[tuple[str, ...], _Entry] = {}
        self._writes: dict[str, int] = defaultdict(int)
        self._reading: dict[tuple[str, ...], Lock] = defaultdict(Lock)
        self._lock = Lock()

    def read(
        self, model: type[_Model], path: str, params: Mapping[str, str] | None = None
    ) -> _Model:
        """Return a list; parallel readers of the same one wait for one request."""
        key = (path, *(f"{name}={value}" for name, value in sorted((params or {}).items())))
        with self._lock:
            reading = self._reading[key]
        with reading:
            entry = self._entries.get(key)
            if entry is None or not self._current(entry, path):
                # Counted before the request: a write during it makes the answer old.
                entry = _Entry(None, self._clock(), self._writes[path])
                entry.value = self._client.read(model, path, params)
                self._entries[key] = entry
            return cast("_Model", entry.value)

    @contextmanager
    def changed(self, path: str) -> Generator[None]:
        """Forget the lists of a path around a write to what they hold, also if it fails."""
        try:
            yield
        finally:
            with self._lock:
                self._writes[path] += 1

    def _current(self, entry: _Entry, path: str) -> bool:
        young = self._clock() - entry.read_at <= self._max_age
        return young and entry.writes == self._writes[path]


@dataclass(frozen=True, slots=True)
class Access:
    """The way to a server and its time.

    Args:
        client: the client.
        clock: seconds, from any start.
        sleep: waits for so many seconds.
        now: seconds since 1970.
    """

    client: Client
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] | None = None
    now: Callable[[], float] = time.time
    lists: Lists = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lists", Lists(self.client, self.clock))

    def pause(self, seconds: float) -> None:
        """Wait."""
        (self.sleep or self.client.pause)(seconds)

    def remove(self, path: str, name: str, hint: str) -> None:
        """Delete an object by its name; gone already is fine.

        Whoever just let go of it may still hold it for a moment, so that is waited for.

        Args:
            path: of the list that shows it.
            name: of the object.
            hint: the next step when it is still in use after that.

        Raises:
            Conflict: something else uses it.
        """
        end = self.clock() + _RELEASED_WITHIN_S
        while not self._removed(path, name, hint, last=self.clock() >= end):
            self.pause(_LOOK_EVERY_S)

    def _removed(self, path: str, name: str, hint: str, *, last: bool) -> bool:
        try:
            with self.lists.changed(path):
                self.client.delete(f"{path}/{quote(name, safe='')}")
        except NotFound:
            return True
        except Conflict as error:
            if last:
                error.hint = hint
                raise
            return False
        return True


def split_id(kind: Kind, id_: str) -> list[str]:
    """Return the parts of a Pulumi id, as many as the kind's form has.

    Raises:
        OpenObserveError: it is none.
    """
    parts = id_.split("/")
    if len(parts) != kind.id_form.count("/") + 1 or not all(parts):
        name = kind.token.rpartition(":")[2]
        raise OpenObserveError(
            f"{id_!r} is no id of a {name}.",
            hint=f"It has the form {kind.id_form}, e.g. for `pulumi import {kind.token} NAME ID`.",
        )
    return parts


def join_id(*parts: str) -> str:
    """Return a Pulumi id."""
    return "/".join(parts)


def organization_in(inputs: Inputs, client: Client) -> str:
    """Return the organization of an object."""
    return inputs.get("organization") or client.organization


def chosen_key(urn: str, *forcing: str) -> str:
    """Return an id that is the same for the same resource.

    Args:
        urn: of the resource.
        forcing: values whose change replaces the object: the new one never meets the old id.
    """
    return str(uuid5(NAMESPACE_URL, "\n".join((urn, *forcing))))


def without_secrets(error: ApiError, secrets: Mapping[str, str]) -> ApiError:
    """Return the error with placeholders again: the server quotes the lines that it refuses."""
    said = error.server_message
    for name in sorted(secrets, key=lambda name: len(secrets[name]), reverse=True):
        said = said.replace(secrets[name], f"${{secret:{name}}}")
    return type(error)(error.status, said, request=error.request, hint=error.hint)
