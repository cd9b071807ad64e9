"""Which resource of the running program holds which object: no two hold the same one."""

from __future__ import annotations

from threading import Lock

__all__ = ["Claims"]

Key = tuple[str, str]
"""Type token and id."""


class Claims:
    """What this run has seen and made; threads may share it.

    A resource that was renamed in the program without an alias looks like a new one and an old
    one with equal inputs. The new one adopts the object; deleting the old one must then leave it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._holders: dict[Key, str] = {}
        self._made: set[Key] = set()

    def see(self, token: str, id_: str, urn: str) -> None:
        """Note that a resource of the program holds an object."""
        with self._lock:
            self._holders[token, id_] = urn

    def take(self, token: str, id_: str, urn: str) -> str | None:
        """Give an object to a resource that makes or adopts it.

        Returns:
            The URN of another resource that holds it, which keeps it then.
        """
        with self._lock:
            holder = self._holders.setdefault((token, id_), urn)
            if holder != urn:
                return holder
            self._made.add((token, id_))
            return None

    def holds_other(self, token: str, id_: str, urn: str) -> bool:
        """Say whether deleting this resource's object would take it from another one.

        That is another resource, or the replacement of this one, made in this run.
        """
        with self._lock:
            key = (token, id_)
            return key in self._made or self._holders.get(key, urn) != urn
