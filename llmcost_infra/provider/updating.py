"""Changes an object, unless somebody else changed it since the state was written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmcost_infra.errors import ConcurrentChange, LlmCostError, OpenObserveError
from llmcost_infra.provider.diff import Change, apply, equal
from llmcost_infra.provider.marks import mark_like, secret_at, value_at
from llmcost_infra.provider.state import PartlyWritten
from llmcost_infra.provider.three_way import Conflict, Views, conflicts, describe

if TYPE_CHECKING:
    from llmcost_infra.openobserve.kinds.base import Found, ObjectStore
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
            PartlyWritten: the change took several requests, and not all of them were done.
            LlmCostError: the object is gone, or the server refused the change.
        """
        current = self._read()
        if self._forms.same(current.inputs, self._base):
            return current if self._forms.same(self._base, self._target) else self._write(current)
        other = self._read_again(current)
        if self._forms.same(other.inputs, self._target):
            return other
        self._stop_at_conflicts(current, other)
        return self._write(current)

    def _read(self) -> Found:
        found = self._store.read(self._id, self._base)
        if found is None:
            raise LlmCostError(
                f"{self._forms.name(self._id)} is gone from the server; nothing was written.",
                hint="`pulumi up --refresh` makes it again.",
            )
        return found

    def _read_again(self, current: Found) -> Found:
        """Return the object, read with the target known, and what is still to go from it."""
        found = self._store.read(self._id, self._target) or current
        there = self._forms.on_server(current.inputs)
        left = (
            Change(change.path, None, value_at(there, change.path))
            for change in self._forms.changes(self._base, self._target)
            if change.kind == "delete"
        )
        inputs = apply(found.inputs, (change for change in left if change.new is not None))
        return replace(found, inputs=inputs)

    def _write(self, current: Found) -> Found:
        """Write under the lock of the first reading, so that a later change is refused."""
        try:
            return self._store.update(current, self._target)
        except OpenObserveError as error:
            # The answer may be lost, or a repeated request may have met its own first try.
            now = self._after_failure()
            if now is None:
                raise
            if self._forms.same(now[1].inputs, self._target):
                return now[1]
            self._go_on_later(error, *now)
            raise

    def _after_failure(self) -> tuple[Found, Found] | None:
        """Return what is on the server, read in both ways, as far as one can see."""
        try:
            current = self._read()
            return current, self._read_again(current)
        except LlmCostError:
            return None

    def _go_on_later(self, error: OpenObserveError, as_base: Found, as_target: Found) -> None:
        """Keep what was written before a request failed, if it took more than one."""
        views = self._views(as_base, as_target)
        wanted = self._forms.changes(self._base, self._target)
        done = any(equal(value_at(views.server_as_target, c.path), c.new) for c in wanted)
        if not done or any(conflicts(views)):
            return
        inputs = mark_like(as_target.inputs, self._marked[1])
        computed = self._forms.computed(as_target.computed, self._marked[0])
        raise PartlyWritten(
            f"{self._forms.name(self._id)} was changed, but not completely: {error.message}",
            state=self._forms.state(self._id, inputs, computed),
            hint=f"{error.hint} `pulumi up` goes on from there.".strip(),
        ) from error

    def _views(self, as_base: Found, as_target: Found) -> Views:
        versions = (self._base, as_base.inputs, as_target.inputs, self._target)
        return Views(*(self._forms.on_server(version) for version in versions))

    def _stop_at_conflicts(self, as_base: Found, as_target: Found) -> None:
        stopped = list(conflicts(self._views(as_base, as_target)))
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
