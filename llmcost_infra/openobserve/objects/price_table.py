"""Model prices over REST: each row is an object, and one request makes, changes or removes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import AlreadyExists, Conflict, NotFound, OpenObserveError
from llmcost_infra.openobserve.kinds.base import Found, Inputs, Kind
from llmcost_infra.openobserve.kinds.price_table import ModelPriceTableKind
from llmcost_infra.openobserve.kinds.price_table_body import fold_row, unfold_row
from llmcost_infra.openobserve.kinds.rules import entries
from llmcost_infra.openobserve.objects.access import organization_in, split_id
from llmcost_infra.openobserve.objects.shapes import ModelPricesShape
from llmcost_infra.openobserve.paths import api_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.openobserve.objects.access import Access
    from llmcost_infra.openobserve.objects.shapes import ModelPriceShape

__all__ = ["ModelPriceTables"]

Rows = dict[str, dict[str, Any]]


class ModelPriceTables:
    """Finds, makes, changes and removes model prices (``/api/{org}/llm/models``).

    Writing is not atomic: the server has no lock for model prices, and a table is many rows.
    """

    def __init__(self, access: Access) -> None:
        self.kind: Kind = ModelPriceTableKind()
        self._access = access
        self._client = access.client

    def chosen_id(self, inputs: Inputs, urn: str) -> str:  # noqa: ARG002 - there is one each
        """Return the id of the organization's table."""
        return organization_in(inputs, self._client)

    def ids(self, organization: str) -> list[str]:
        """Return the id of the organization's table, if it has rows of its own."""
        return [organization] if self._rows(organization) else []

    def find(self, inputs: Inputs, urn: str) -> Found | None:
        """Return those rows that have the names of these, if there are any."""
        return self.read(self.chosen_id(inputs, urn), inputs)

    def read(self, id: str, known: Inputs | None) -> Found | None:  # noqa: A002 - Pulumi's word
        """Return the rows that are known, on import all of the organization's own, or None."""
        (organization,) = split_id(self.kind, id)
        there = self._rows(organization)
        named = entries((known or {}).get("models"))
        taken = there.keys() if known is None else there.keys() & named.keys()
        rows = {name: _row(there[name], named) for name in sorted(taken)}
        return self._found(organization, rows) if rows else None

    def create(self, inputs: Inputs, urn: str) -> Found:
        """Make every row."""
        organization = self.chosen_id(inputs, urn)
        return self._write(organization, {}, inputs)

    def update(self, current: Found, target: Inputs) -> Found:
        """Write the rows that differ, then remove those that the target lacks."""
        (organization,) = split_id(self.kind, current.id)
        return self._write(organization, entries(current.inputs.get("models")), target)

    def delete(self, id: str, inputs: Inputs) -> str | None:  # noqa: A002 - Pulumi's word
        """Remove the rows of the table; those that it does not name stay."""
        (organization,) = split_id(self.kind, id)
        there = self._rows(organization)
        for name in sorted(there.keys() & entries(inputs.get("models")).keys()):
            self._remove(organization, name, there[name].id)
        return None

    def _write(self, organization: str, managed: Rows, target: Inputs) -> Found:
        there = self._rows(organization)
        wanted: Rows = self.kind.canonical(target)["models"]
        changed = [
            name
            for name, row in sorted(wanted.items())
            if name not in there or _row(there[name], wanted) != row
        ]
        _refuse_others(changed, there, managed)
        for name in changed:
            self._put(organization, name, wanted[name], there.get(name))
        # Last, so that a model whose row was renamed is never without a price.
        for name in sorted((managed.keys() - wanted.keys()) & there.keys()):
            self._remove(organization, name, there[name].id)
        return self._found(organization, wanted)

    def _put(
        self, organization: str, name: str, row: Inputs, there: ModelPriceShape | None
    ) -> None:
        path, body = self._path(organization), fold_row(name, row)
        try:
            with self._access.lists.changed(path):
                if there is None:
                    # Names are unique, so that a second try cannot make a twin.
                    self._client.post(path, body, repeatable=True)
                else:
                    self._client.put(self._path(organization, there.id), body)
        except OpenObserveError as error:
            # A request whose answer got lost is done; the other rows follow.
            if self._has(organization, name, row):
                return
            if isinstance(error, Conflict):
                error.hint = "Somebody else made it meanwhile: `pulumi up` shows what differs."
            raise

    def _has(self, organization: str, name: str, row: Inputs) -> bool:
        try:
            there = self._rows(organization).get(name)
        except OpenObserveError:
            return False
        return there is not None and _row(there, {name: row}) == row

    def _remove(self, organization: str, name: str, id_: str) -> None:
        try:
            with self._access.lists.changed(self._path(organization)):
                self._client.delete(self._path(organization, id_))
        except NotFound:
            pass  # Somebody else did it.
        except OpenObserveError:
            if not self._lacks(organization, name):
                raise

    def _lacks(self, organization: str, name: str) -> bool:
        try:
            return name not in self._rows(organization)
        except OpenObserveError:
            return False

    def _path(self, organization: str, *more: str) -> str:
        return api_path(organization, "llm", "models", *more)

    def _rows(self, organization: str) -> Mapping[str, ModelPriceShape]:
        return self._access.lists.read(ModelPricesShape, self._path(organization)).own()

    def _found(self, organization: str, rows: Rows) -> Found:
        inputs = {"organization": organization, "models": rows}
        return Found(organization, self.kind.canonical(inputs))


def _row(stored: ModelPriceShape, known: Mapping[str, Inputs]) -> Inputs:
    return unfold_row(stored.model_dump(), known.get(stored.name, {}))


def _refuse_others(changed: list[str], there: Mapping[str, Any], managed: Rows) -> None:
    """Refuse to write to rows that are there and were never ours, before anything is written."""
    others = [name for name in changed if name in there and name not in managed]
    if others:
        raise AlreadyExists(
            f"Model prices with other values have these names already: {', '.join(others)}; "
            "nothing was written.",
            hint="Choose other names, or remove those rows from the server first.",
        )
