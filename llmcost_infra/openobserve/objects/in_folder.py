"""Objects that lie in a folder: another folder is a move, and every other change a write."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost_infra.openobserve.kinds.base import Found, Inputs, Kind

__all__ = ["InFolder", "folder_of"]


def folder_of(inputs: Inputs) -> str:
    """Return the id of the folder that inputs name; the one that is always there if they do not."""
    return str(inputs.get("folder") or "default")


class InFolder(ABC):
    """Updates objects whose place is not part of them."""

    kind: Kind

    def update(self, current: Found, target: Inputs) -> Found:
        """Change the object, then move it: each only if need be."""
        found = current
        if self._without_folder(current.inputs) != self._without_folder(target):
            found = self._put(current, target)
        folder = folder_of(target)
        if folder_of(current.inputs) == folder:
            return found
        self._move(found, folder)
        # A lock stays as it is, because the object does.
        return replace(found, inputs=self.kind.canonical({**found.inputs, "folder": folder}))

    @abstractmethod
    def _put(self, current: Found, target: Inputs) -> Found:
        """Change the object where it is."""

    @abstractmethod
    def _move(self, found: Found, folder: str) -> None:
        """Move the object."""

    def _without_folder(self, inputs: Inputs) -> Inputs:
        canonical = self.kind.canonical(inputs)
        return {key: value for key, value in canonical.items() if key != "folder"}
