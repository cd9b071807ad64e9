"""Objects that go by a name of their own: nothing else is in their ids, and lists find them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from llmcost_infra.openobserve.objects.access import join_id, organization_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmcost_infra.openobserve.kinds.base import Found, Inputs, Kind
    from llmcost_infra.openobserve.objects.access import Access

__all__ = ["Named"]


class Named(ABC):
    """Finds objects of which an organization has one of a name.

    Args:
        access: to the server.
        kind: of the objects.
        named_by: the input that is their name.
    """

    def __init__(self, access: Access, kind: Kind, named_by: str = "name") -> None:
        self.kind = kind
        self._access = access
        self._client = access.client
        self._named_by = named_by

    def chosen_id(self, inputs: Inputs, urn: str) -> str:  # noqa: ARG002 - the name decides
        """Return the id that a new object gets."""
        return join_id(organization_in(inputs, self._client), inputs[self._named_by])

    def ids(self, organization: str) -> list[str]:
        """Return the ids of all objects of an organization, sorted."""
        return sorted(join_id(organization, name) for name in self._names(organization))

    def find(self, inputs: Inputs, urn: str) -> Found | None:
        """Return the object of that name, if there is one."""
        return self.read(self.chosen_id(inputs, urn), inputs)

    @abstractmethod
    def read(self, id: str, known: Inputs | None) -> Found | None:  # noqa: A002 - Pulumi's word
        """Return the object, or None when it is gone."""

    @abstractmethod
    def _names(self, organization: str) -> Iterable[str]:
        """Return the names of an organization's own objects."""
