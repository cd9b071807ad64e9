"""Alerts over REST: made once under an id that the client chooses, moved and changed apart."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import NotFound
from llmcost_infra.openobserve.kinds.alert import AlertKind
from llmcost_infra.openobserve.kinds.alert_body import unfold_alert
from llmcost_infra.openobserve.kinds.base import Found, Inputs, Kind
from llmcost_infra.openobserve.objects.access import (
    chosen_key,
    join_id,
    organization_in,
    split_id,
)
from llmcost_infra.openobserve.objects.in_folder import InFolder, folder_of
from llmcost_infra.openobserve.objects.shapes import (
    AlertShape,
    AlertsShape,
    ListedAlertShape,
)
from llmcost_infra.openobserve.paths import api_path_v2

if TYPE_CHECKING:
    from llmcost_infra.openobserve.objects.access import Access

__all__ = ["Alerts"]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KSUID_BYTES, _KSUID_DIGITS = 20, 27
_NO_FOLDER = (
    "There is no alert folder with the id {folder!r}: declare a Folder of type alerts and pass its "
    "folder_id, not its name."
)
_HINTS = {
    "Alert destination ": "Declare an AlertDestination and pass its name in destinations.",
    "Alert template ": "Declare an AlertTemplate and pass its name as template.",
    "Error creating alert in folder": _NO_FOLDER,
    "Folder not found": _NO_FOLDER,
    "Stream ": "An alert needs a stream that is there: declare it, or send the first row.",
}
"""What to do, by how the server's answer starts."""

_KNOWN = frozenset(AlertShape.model_fields) | {
    "id",
    "last_edited_by",
    "last_satisfied_at",
    "last_triggered_at",
    "org_id",
    "updated_at",
}
"""What is either managed here, or only ever written by the server."""


class Alerts(InFolder):
    """Finds, makes, changes, moves and removes alerts (``/api/v2/{org}/alerts``).

    Writing is not atomic: the server has no lock for alerts. Each write makes an alert due at
    once and ends its silence, so nothing is written that is there already.
    """

    def __init__(self, access: Access) -> None:
        self.kind: Kind = AlertKind()
        self._access = access
        self._client = access.client

    def chosen_id(self, inputs: Inputs, urn: str) -> str:
        """Return the id that a new alert gets: the server takes 27 digits of base 62."""
        organization = organization_in(inputs, self._client)
        forcing = (inputs["name"], inputs["stream_type"], inputs["stream_name"])
        key = hashlib.sha256(chosen_key(urn, organization, *forcing).encode()).digest()
        number, digits = int.from_bytes(key[:_KSUID_BYTES], "big"), ""
        for _ in range(_KSUID_DIGITS):
            number, digit = divmod(number, len(_DIGITS))
            digits = _DIGITS[digit] + digits
        return join_id(organization, digits)

    def ids(self, organization: str) -> list[str]:
        """Return the ids of all alerts of an organization, sorted."""
        return sorted(join_id(organization, one.alert_id) for one in self._list(organization))

    def find(self, inputs: Inputs, urn: str) -> Found | None:
        """Return the alert with the chosen id, else one with that name on that stream.

        The server makes any number of those; an equal one is returned first.
        """
        id_ = self.chosen_id(inputs, urn)
        if (own := self.read(id_, inputs)) is not None:
            return own
        organization, _ = split_id(self.kind, id_)
        named = [one for one in self._list(organization) if one.name == inputs["name"]]
        stream = (inputs["stream_type"], inputs["stream_name"])
        twins = [
            found
            for one in named
            if (found := self.read(join_id(organization, one.alert_id), inputs)) is not None
            and (found.inputs.get("stream_type"), found.inputs.get("stream_name")) == stream
        ]
        wanted = self.kind.canonical(inputs)
        return min(twins, key=lambda twin: twin.inputs != wanted, default=None)

    def read(self, id: str, known: Inputs | None) -> Found | None:  # noqa: A002, ARG002 - the protocol's words
        """Return the alert, or None when it is gone; where it is, only the list says."""
        organization, alert_id = split_id(self.kind, id)
        listed = next((one for one in self._list(organization) if one.alert_id == alert_id), None)
        if listed is None:
            return None
        try:
            alert = self._client.read(AlertShape, api_path_v2(organization, "alerts", alert_id))
        except NotFound:
            return None
        return self._found(organization, listed.folder_id, alert_id, alert.model_dump())

    def create(self, inputs: Inputs, urn: str) -> Found:
        """Make the alert under its chosen id, which the server refuses to use twice."""
        organization, alert_id = split_id(self.kind, self.chosen_id(inputs, urn))
        folder = folder_of(inputs)
        path = api_path_v2(organization, "alerts")
        body = {**self.kind.body(inputs, organization), "id": alert_id}
        try:
            with self._access.lists.changed(path):
                self._client.post(path, body, {"folder": folder, "overwrite": "true"})
        except NotFound as error:
            raise _explained(error, folder) from None
        return self._found(organization, folder, alert_id, body)

    def delete(self, id: str, inputs: Inputs) -> str | None:  # noqa: A002, ARG002 - the protocol's words
        """Remove the alert."""
        organization, alert_id = split_id(self.kind, id)
        try:
            with self._access.lists.changed(api_path_v2(organization, "alerts")):
                self._client.delete(api_path_v2(organization, "alerts", alert_id))
        except NotFound:
            pass  # Somebody else did it.
        return None

    def _put(self, current: Found, target: Inputs) -> Found:
        organization, alert_id = split_id(self.kind, current.id)
        folder = folder_of(current.inputs)
        # What newer servers have and nobody manages here would be reset if it were left out.
        body = {**current.facts, **self.kind.body(target, organization)}
        try:
            with self._access.lists.changed(api_path_v2(organization, "alerts")):
                self._client.put(api_path_v2(organization, "alerts", alert_id), body)
        except NotFound as error:
            raise _explained(error, folder) from None
        return self._found(organization, folder, alert_id, body)

    def _move(self, found: Found, folder: str) -> None:
        organization, alert_id = split_id(self.kind, found.id)
        body = {"alert_ids": [alert_id], "dst_folder_id": folder}
        try:
            with self._access.lists.changed(api_path_v2(organization, "alerts")):
                self._client.patch(api_path_v2(organization, "alerts", "move"), body)
        except NotFound as error:
            raise _explained(error, folder) from None

    def _list(self, organization: str) -> list[ListedAlertShape]:
        path = api_path_v2(organization, "alerts")
        return self._access.lists.read(AlertsShape, path).items

    def _found(self, organization: str, folder: str, alert_id: str, body: dict[str, Any]) -> Found:
        inputs = {"organization": organization, "folder": folder, **unfold_alert(body)}
        return Found(
            join_id(organization, alert_id),
            self.kind.canonical(inputs),
            {"alert_id": alert_id},
            facts={key: value for key, value in body.items() if key not in _KNOWN},
        )


def _explained(error: NotFound, folder: str) -> NotFound:
    said = error.server_message
    hint = next((hint for start, hint in _HINTS.items() if said.startswith(start)), error.hint)
    return NotFound(error.status, said, request=error.request, hint=hint.format(folder=folder))
