"""Answers what the engine asks about one kind of object; knows no gRPC."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import NotFound, OpenObserveError
from llmcost_infra.provider.checking import Checked, check
from llmcost_infra.provider.creating import Creation
from llmcost_infra.provider.marks import conceal, mark_like
from llmcost_infra.provider.state import Forms, Properties, State
from llmcost_infra.provider.updating import Update
from llmcost_infra.provider.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs, Kind, ObjectStore
    from llmcost_infra.provider.claims import Claims
    from llmcost_infra.provider.diff import Change

__all__ = ["Handler"]


class Handler:
    """What can be done to resources of one kind.

    Args:
        kind: rules and normal form.
        store: opens the way to the server, at the first request that needs it.
        tell: shows a sentence on the row of a resource (URN, sentence).
        claims: which resource of this run holds which object.
    """

    def __init__(
        self,
        kind: Kind,
        store: Callable[[], ObjectStore],
        tell: Callable[[str, str], None],
        claims: Claims,
    ) -> None:
        self.kind = kind
        self._forms = Forms(kind)
        self._store = store
        self._tell = tell
        self._claims = claims

    def check(self, given: Mapping[str, Any], organization: str, old: Mapping[str, Any]) -> Checked:
        """Return the inputs with defaults, and all problems; asks no server."""
        return check(self.kind, given, organization, old)

    def diff(self, urn: str, id_: str, old: Properties, new: Properties) -> list[Change]:
        """Return what changed between two versions of the inputs; asks no server."""
        self._claims.see(self.kind.token, id_, urn)
        return self._forms.changes(old, new)

    def preview_create(self, inputs: Properties) -> State:
        """Return the state after a create, as far as one can know before."""
        return self._forms.state("", inputs, dict.fromkeys(self.kind.computed, UNKNOWN))

    def create(self, urn: str, inputs: Properties) -> State:
        """Make the object, or adopt the one that is there.

        Raises:
            LlmCostError: the server cannot be used or refused it, or another object is there.
        """
        tell = partial(self._tell, urn)
        state = Creation(self._forms, self._store(), self._claims, tell, urn).run(inputs)
        self._tell_what_is_unknown(urn, state)
        return state

    def read(self, urn: str, last: State) -> State | None:
        """Return the object as the server has it, or None when it is gone.

        Args:
            urn: of the resource.
            last: the last state, with marks; on import its id alone.

        Raises:
            LlmCostError: the server cannot be used.
        """
        known = self._forms.plain(last.inputs)
        found = self._store().read(last.id, known or None)
        if found is None:
            return None
        if known:
            now = mark_like(self._forms.refreshed(known, found.inputs), last.inputs)
        else:
            now = conceal(self.kind.defaults(found.inputs), self.kind.secret_on_import)
        computed = self._forms.computed(found.computed, last.outputs)
        state = self._forms.state(found.id, now, computed)
        self._tell_what_is_unknown(urn, state)
        return state

    def preview_update(self, old: State, new: Properties) -> State:
        """Return the state after an update, as far as one can know before."""
        kept = {key: old.outputs[key] for key in self.kind.computed if key in old.outputs}
        return self._forms.state(old.id, new, kept)

    def update(self, old: State, new: Properties) -> State:
        """Turn the object into what the inputs say, unless somebody else changed it.

        Raises:
            LlmCostError: the object is gone or changed, or the server refused the change.
        """
        found = Update(self._forms, self._store(), old, new).run()
        return self._forms.state(old.id, new, self._forms.computed(found.computed, old.outputs))

    def delete(self, urn: str, id_: str, inputs: Properties) -> None:
        """Remove the object; gone already is fine.

        Raises:
            LlmCostError: the server cannot be used, or refused it.
        """
        if self._claims.holds_other(self.kind.token, id_, urn):
            name = self._forms.name(id_)
            self._tell(urn, f"{name} stays on the server: the program holds it otherwise now.")
            return
        store, plain = self._store(), self._forms.plain(inputs)
        try:
            stays = store.delete(id_, plain)
        except NotFound:
            return
        except OpenObserveError:
            if not _is_gone(store, id_, plain):
                raise
            return
        if stays:
            self._tell(urn, stays)

    def _tell_what_is_unknown(self, urn: str, state: State) -> None:
        for name in sorted(self.kind.told_once - state.outputs.keys()):
            self._tell(
                urn,
                f"The {name} of {self._forms.name(state.id)} is not known here, because the server "
                f"tells it once: `pulumi up --replace '{urn}'` makes the object anew, with another "
                "one.",
            )


def _is_gone(store: ObjectStore, id_: str, known: Inputs) -> bool:
    """Say whether an object is gone although deleting it failed: only the answer got lost."""
    try:
        return store.read(id_, known) is None
    except OpenObserveError:
        return False
