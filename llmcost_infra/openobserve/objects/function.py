"""Functions over REST: read from the list, written under the name in the body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import ApiError
from llmcost_infra.openobserve.kinds.base import Found, Inputs
from llmcost_infra.openobserve.kinds.function import FunctionKind, stored_text
from llmcost_infra.openobserve.kinds.secret_text import fill, take_out
from llmcost_infra.openobserve.objects.access import (
    join_id,
    organization_in,
    split_id,
    without_secrets,
)
from llmcost_infra.openobserve.objects.named import Named
from llmcost_infra.openobserve.objects.shapes import FunctionShape, FunctionsShape
from llmcost_infra.openobserve.paths import api_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.openobserve.objects.access import Access

__all__ = ["Functions"]


class Functions(Named):
    """Finds, makes, changes and removes functions (``/api/{org}/functions``).

    Writing is not atomic: the server has no lock for functions.
    """

    def __init__(self, access: Access) -> None:
        super().__init__(access, FunctionKind())

    def read(self, id: str, known: Inputs | None) -> Found | None:  # noqa: A002 - Pulumi's word
        """Return the function, or None when it is gone."""
        organization, name = split_id(self.kind, id)
        listed = self._listed(organization)
        function = next((one for one in listed if one.name == name), None)
        if function is None:
            return None
        return self._found(organization, name, function.function, known or {})

    def create(self, inputs: Inputs, urn: str) -> Found:
        """Make the function; the server compiles it first."""
        organization, name = split_id(self.kind, self.chosen_id(inputs, urn))
        path = api_path(organization, "functions")
        self._write(path, inputs, lambda body: self._client.post(path, body))
        return self._found(organization, name, _sent_text(inputs), inputs)

    def update(self, current: Found, target: Inputs) -> Found:
        """Change the text; a pipeline that runs it follows within seconds."""
        organization, name = split_id(self.kind, current.id)
        path = api_path(organization, "functions")
        own = api_path(organization, "functions", name)
        self._write(path, target, lambda body: self._client.put(own, body))
        return self._found(organization, name, _sent_text(target), target)

    def delete(self, id: str, inputs: Inputs) -> str | None:  # noqa: A002, ARG002 - the protocol's words
        """Remove the function; one that a pipeline just left may still be held for a moment."""
        organization, name = split_id(self.kind, id)
        hint = "Take it out of the pipelines that use it, then run this again."
        self._access.remove(api_path(organization, "functions"), name, hint)
        return None

    def _names(self, organization: str) -> list[str]:
        return [one.name for one in self._listed(organization)]

    def _listed(self, organization: str) -> list[FunctionShape]:
        return self._access.lists.read(FunctionsShape, api_path(organization, "functions")).items

    def _write(self, path: str, inputs: Inputs, send: Callable[[dict[str, Any]], object]) -> None:
        body = self.kind.body(inputs, organization_in(inputs, self._client))
        try:
            with self._access.lists.changed(path):
                send(body)
        except ApiError as error:
            raise without_secrets(error, inputs.get("secrets", {})) from None

    def _found(self, organization: str, name: str, stored: str, known: Inputs) -> Found:
        written, known_secrets = stored_text(known.get("function", "")), known.get("secrets", {})
        text, secrets = take_out(stored, written, known_secrets)
        inputs: Inputs = {"organization": organization, "name": name, "function": text}
        if secrets:
            inputs["secrets"] = secrets
        return Found(join_id(organization, name), self.kind.canonical(inputs))


def _sent_text(inputs: Inputs) -> str:
    return fill(stored_text(inputs["function"]), inputs.get("secrets", {}))
