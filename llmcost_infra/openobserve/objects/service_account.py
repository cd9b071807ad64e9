"""Service accounts over REST: read from the list, made once with a token that is told once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import Conflict, NotFound
from llmcost_infra.openobserve.answers import checked
from llmcost_infra.openobserve.kinds.base import Found, Inputs
from llmcost_infra.openobserve.kinds.service_account import ServiceAccountKind
from llmcost_infra.openobserve.objects.access import split_id
from llmcost_infra.openobserve.objects.named import Named
from llmcost_infra.openobserve.objects.shapes import (
    NewAccountShape,
    ServiceAccountShape,
    ServiceAccountsShape,
)
from llmcost_infra.openobserve.paths import api_path

if TYPE_CHECKING:
    from llmcost_infra.openobserve.objects.access import Access

__all__ = ["ServiceAccounts"]


class ServiceAccounts(Named):
    """Finds, makes, changes and removes service accounts (``/api/{org}/service_accounts``).

    Writing is not atomic: the server has no lock for accounts.
    """

    def __init__(self, access: Access) -> None:
        super().__init__(access, ServiceAccountKind(), named_by="email")

    def read(self, id: str, known: Inputs | None) -> Found | None:  # noqa: A002, ARG002 - the protocol's words
        """Return the account without its token, or None when it is gone."""
        organization, email = split_id(self.kind, id)
        listed = self._listed(organization)
        account = next((one for one in listed if one.email == email), None)
        if account is None:
            return None
        return self._found(id, {"first_name": account.first_name, "last_name": account.last_name})

    def create(self, inputs: Inputs, urn: str) -> Found:
        """Make the account; the answer is the only one with its token."""
        id_ = self.chosen_id(inputs, urn)
        organization, email = split_id(self.kind, id_)
        path, names = self._path(organization), _names(inputs)
        try:
            with self._access.lists.changed(path):
                answer = self._client.post(path, {"email": email, **names})
        except Conflict as error:
            error.hint = "A user has this address, or somebody else made the account meanwhile."
            raise
        token = checked(NewAccountShape, answer, f"POST {path}").token
        return self._found(id_, names, token=token)

    def update(self, current: Found, target: Inputs) -> Found:
        """Change the names; the token stays."""
        organization, email = split_id(self.kind, current.id)
        names = _names(target)
        with self._access.lists.changed(self._path(organization)):
            self._client.put(self._path(organization, email), names)
        return self._found(current.id, names)

    def delete(self, id: str, inputs: Inputs) -> str | None:  # noqa: A002, ARG002 - the protocol's words
        """Remove the account; its token lets nobody in any more."""
        organization, email = split_id(self.kind, id)
        with self._access.lists.changed(self._path(organization)), suppress(NotFound):
            self._client.delete(self._path(organization, email))
        return None

    def _names(self, organization: str) -> list[str]:
        return [one.email for one in self._listed(organization)]

    def _listed(self, organization: str) -> list[ServiceAccountShape]:
        return self._access.lists.read(ServiceAccountsShape, self._path(organization)).items

    def _path(self, organization: str, *more: str) -> str:
        return api_path(organization, "service_accounts", *more)

    def _found(self, id_: str, names: Inputs, **computed: Any) -> Found:
        organization, email = split_id(self.kind, id_)
        inputs = {"organization": organization, "email": email, **names}
        return Found(id_, self.kind.canonical(inputs), computed)


def _names(inputs: Inputs) -> dict[str, str]:
    return {key: inputs.get(key, "") for key in ("first_name", "last_name")}
