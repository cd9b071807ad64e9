"""Makes an object unless it is there: looks first, and looks again when an answer got lost."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from llmcost_infra.errors import AlreadyExists, Conflict, OpenObserveError
from llmcost_infra.provider.marks import mark_like
from llmcost_infra.provider.state import PartlyWritten

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.openobserve.kinds.base import Found, Inputs, ObjectStore
    from llmcost_infra.provider.claims import Claims
    from llmcost_infra.provider.state import Forms, Properties, State

__all__ = ["Creation", "import_command"]

_SOMEBODY_ELSES: Final = (AlreadyExists, Conflict)
_NO_LOSS: Final = "no data is lost by that"


class Creation:
    """The creation of one object.

    Args:
        forms: of its kind.
        store: where it goes.
        claims: which resource of this run holds which object.
        tell: shows a sentence on the resource's row.
        urn: of the resource.
    """

    def __init__(
        self,
        forms: Forms,
        store: ObjectStore,
        claims: Claims,
        tell: Callable[[str], None],
        urn: str,
    ) -> None:
        self._forms = forms
        self._store = store
        self._claims = claims
        self._tell = tell
        self._urn = urn

    def run(self, inputs: Properties) -> State:
        """Return the state of the object after it was made or adopted.

        Args:
            inputs: checked, with marks.

        Raises:
            AlreadyExists: another object is in its place; names the import.
            PartlyWritten: it was made and is not what it should be yet.
            OpenObserveError: the server refused it, or gave no answer.
        """
        wanted = self._forms.plain(inputs)
        there = self._store.find(wanted, self._urn)
        found = self._make(inputs, wanted) if there is None else self._adopt(there, wanted)
        return self._forms.state(found.id, inputs, found.computed)

    def _adopt(self, there: Found, wanted: Inputs) -> Found:
        name = self._forms.name(there.id)
        self._take(there)
        if self._forms.same(there.inputs, wanted):
            self._tell(f"{name} exists and is what was asked for: adopted, nothing written.")
            return there
        differing = self._forms.differing(there.inputs, wanted)
        if self._forms.kind.adoptable(there, wanted):
            found = self._completed(there, wanted)
            loss = "as allow_data_loss permits" if wanted.get("allow_data_loss") else _NO_LOSS
            self._tell(f"{name} exists: adopted, and {differing} set; {loss}.")
            return found
        lost = [problem.message for problem in self._forms.kind.losses(there.inputs, wanted)]
        why = f": {lost[0]}" if lost else ""
        raise AlreadyExists(
            f"{name} exists already and differs at {differing}{why}; nothing was written.",
            hint=f"To manage that one, run `{self._import(there)}`; or choose another name.",
        )

    def _completed(self, there: Found, wanted: Inputs) -> Found:
        try:
            return self._store.update(there, wanted)
        except OpenObserveError:
            left = self._left_behind(wanted)
            if left is None or not self._forms.same(left.inputs, wanted):
                raise
            return left

    def _make(self, inputs: Properties, wanted: Inputs) -> Found:
        try:
            made = self._store.create(wanted, self._urn)
        except OpenObserveError as error:
            left = self._left_behind(wanted)
            if left is None:
                raise
            if not self._forms.same(left.inputs, wanted):
                self._go_on_later(error, left, inputs)
            made = left
            self._tell(f"{self._forms.name(made.id)} was made; only the answer got lost.")
        self._take(made)
        return made

    def _left_behind(self, wanted: Inputs) -> Found | None:
        """Return what a failed create left on the server, as far as one can see."""
        try:
            return self._store.find(wanted, self._urn)
        except OpenObserveError:
            return None

    def _go_on_later(self, error: OpenObserveError, left: Found, inputs: Properties) -> None:
        if isinstance(error, _SOMEBODY_ELSES):
            raise error
        self._take(left)
        marked = mark_like(left.inputs, inputs)
        raise PartlyWritten(
            f"{self._forms.name(left.id)} was made, but not completely: {error.message}",
            state=self._forms.state(left.id, marked, left.computed),
            hint=f"{error.hint} `pulumi up` goes on from there.".strip(),
        ) from error

    def _take(self, found: Found) -> None:
        holder = self._claims.take(self._forms.kind.token, found.id, self._urn)
        if holder is not None:
            other = holder.rpartition("::")[2]
            raise AlreadyExists(
                f"{self._forms.name(found.id)} is managed by {other!r} of this program already.",
                hint="Remove one of the two; or, if this one only has a new name, give it "
                f"opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name={other!r})]).",
            )

    def _import(self, found: Found) -> str:
        return import_command(self._forms.kind.token, self._urn, found.id)


def import_command(token: str, urn: str, id_: str) -> str:
    """Return the command that takes an existing object into the stack.

    Args:
        token: Pulumi type.
        urn: of the resource that shall manage it.
        id_: Pulumi id of the object.
    """
    start, types, name = urn.rsplit("::", 2)
    command = f"pulumi import {token} {shlex.quote(name)} {shlex.quote(id_)}"
    parents = types.rpartition("$")[0]
    if not parents:
        return command
    # A URN holds the types of the components around a resource, but not their names.
    return f"{command} --parent component='{start}::{parents}::NAME-OF-THE-COMPONENT'"
