"""Changes an object, unless somebody else changed it since the state was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra.errors import ConcurrentChange, LlmCostError, OpenObserveError
from llmcost_infra.provider.marks import secret_at
from llmcost_infra.provider.three_way import Conflict, Views, conflicts, describe

if TYPE_CHECKING:
    from llmcost_infra.openobserve.kinds.base import Found, Inputs, ObjectStore
    from llmcost_infra.provider.state import Forms, Properties, State

__all__ = ["Update"]


class Update:
    """The update of one object.

    Args:
        forms: of its kind.
        store: where it is.
        old: the object as we last saw or wrote it.
        new: inputs that it should have, with marks.
    """

    def __init__(self, forms: Forms, store: ObjectStore, old: State, new: Properties) -> None:
        self._forms = forms
        self._store = store
        self._id = old.id
        self._marked = (old.outputs, new)
        # Outputs hold what the server had, also where a create did not get to the end.
        self._base = forms.plain(old.outputs) or forms.plain(old.inputs)
        self._target = forms.plain(new)

    def run(self) -> Found:
        """Return the object with the target's properties, written only where need be.

        Raises:
            ConcurrentChange: base, server and target are three different things somewhere.
            LlmCostError: the object is gone, or the server refused the change.
        """
        current = self._read(self._base)
        if self._forms.same(current.inputs, self._base):
            return current if self._forms.same(self._base, self._target) else self._write(current)
        other = self._read(self._target)
        if self._forms.same(other.inputs, self._target):
            return other
        self._stop_at_conflicts(current, other)
        return self._write(current)

    def _read(self, known: Inputs) -> Found:
        found = self._store.read(self._id, known)
        if found is None:
            raise LlmCostError(
                f"{self._forms.name(self._id)} is gone from the server; nothing was written.",
                hint="`pulumi up --refresh` makes it again.",
            )
        return found

    def _write(self, current: Found) -> Found:
        """Write under the lock of the first reading, so that a later change is refused."""
        try:
            return self._store.update(current, self._target)
        except OpenObserveError:
            # The answer may be lost, or a repeated request may have met its own first try.
            if (done := self._done()) is None:
                raise
            return done

    def _done(self) -> Found | None:
        try:
            found = self._store.read(self._id, self._target)
        except OpenObserveError:
            return None
        if found is None or not self._forms.same(found.inputs, self._target):
            return None
        return found

    def _stop_at_conflicts(self, as_base: Found, as_target: Found) -> None:
        versions = (self._base, as_base.inputs, as_target.inputs, self._target)
        views = Views(*(self._forms.on_server(version) for version in versions))
        stopped = list(conflicts(views))
        if stopped:
            raise ConcurrentChange(
                f"{self._forms.name(self._id)} was changed outside of Pulumi; nothing was "
                "written.\n" + "\n".join(self._described(conflict) for conflict in stopped),
                hint="`pulumi up --refresh` takes the server's version into the state and shows "
                "what the program would change then.",
            )

    def _described(self, conflict: Conflict) -> str:
        hidden = any(secret_at(marked, conflict.path) for marked in self._marked)
        return describe(conflict, hidden=hidden)
