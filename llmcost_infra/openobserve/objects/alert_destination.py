"""Destinations of notifications over REST: read from the list, written under their name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import ApiError, OpenObserveError
from llmcost_infra.openobserve.kinds.alert_destination import AlertDestinationKind
from llmcost_infra.openobserve.kinds.base import Found, Inputs
from llmcost_infra.openobserve.kinds.rules import nearest
from llmcost_infra.openobserve.objects.access import join_id, split_id
from llmcost_infra.openobserve.objects.named import Named
from llmcost_infra.openobserve.objects.shapes import (
    AlertDestinationShape,
    AlertDestinationsShape,
    AlertTemplatesShape,
)
from llmcost_infra.openobserve.paths import api_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.openobserve.objects.access import Access

__all__ = ["AlertDestinations"]

_FOR_ALERTS = {"module": "alert"}
"""Destinations of pipelines have the same names and paths, but are something else."""

_NO_MAIL = (
    "The server sends no e-mail: set ZO_SMTP_ENABLED and its SMTP settings, or use a webhook."
)


class AlertDestinations(Named):
    """Finds, makes, changes and removes destinations (``/api/{org}/alerts/destinations``).

    Writing is not atomic: the server has no lock for destinations.
    """

    def __init__(self, access: Access) -> None:
        super().__init__(access, AlertDestinationKind())

    def read(self, id: str, known: Inputs | None) -> Found | None:  # noqa: A002, ARG002 - the protocol's words
        """Return the destination, or None when it is gone."""
        organization, name = split_id(self.kind, id)
        listed = self._listed(organization)
        destination = next((one for one in listed if one.name == name), None)
        return self._found(organization, destination) if destination else None

    def create(self, inputs: Inputs, urn: str) -> Found:
        """Make the destination, if its template is there: the server would lose it otherwise."""
        organization, _ = split_id(self.kind, self.chosen_id(inputs, urn))
        path = api_path(organization, "alerts", "destinations")
        return self._write(
            organization, inputs, lambda body: self._client.post(path, body, _FOR_ALERTS)
        )

    def update(self, current: Found, target: Inputs) -> Found:
        """Change the whole destination."""
        organization, name = split_id(self.kind, current.id)
        own = api_path(organization, "alerts", "destinations", name)
        return self._write(
            organization, target, lambda body: self._client.put(own, body, _FOR_ALERTS)
        )

    def delete(self, id: str, inputs: Inputs) -> str | None:  # noqa: A002, ARG002 - the protocol's words
        """Remove the destination; an alert that just left it may still hold it for a moment."""
        organization, name = split_id(self.kind, id)
        hint = (
            "Give the alerts that use it another destination, or remove them. Then run this again."
        )
        self._access.remove(api_path(organization, "alerts", "destinations"), name, hint)
        return None

    def _names(self, organization: str) -> list[str]:
        return [one.name for one in self._listed(organization)]

    def _listed(self, organization: str) -> list[AlertDestinationShape]:
        path = api_path(organization, "alerts", "destinations")
        return self._access.lists.read(AlertDestinationsShape, path, _FOR_ALERTS).items

    def _write(
        self, organization: str, inputs: Inputs, send: Callable[[dict[str, Any]], object]
    ) -> Found:
        self._require_template(organization, inputs["template"])
        body = self.kind.body(inputs, organization)
        try:
            with self._access.lists.changed(api_path(organization, "alerts", "destinations")):
                send(body)
        except ApiError as error:
            if "SMTP" in error.server_message:
                error.hint = _NO_MAIL
            raise
        return self._found(organization, AlertDestinationShape(**body))

    def _require_template(self, organization: str, name: str) -> None:
        path = api_path(organization, "alerts", "templates")
        there = {one.name for one in self._access.lists.read(AlertTemplatesShape, path).items}
        if name not in there:
            raise OpenObserveError(
                f"The organization {organization} has no template {name}, so notifications would "
                "never be sent; nothing was written.",
                hint="Declare an AlertTemplate and pass its name as template: "
                f"{nearest(name, there)}",
            )

    def _found(self, organization: str, destination: AlertDestinationShape) -> Found:
        inputs = {"organization": organization, **destination.model_dump()}
        return Found(join_id(organization, destination.name), self.kind.canonical(inputs))
