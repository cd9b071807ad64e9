"""Templates of notifications over REST: read from the list, written under their name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import AlreadyExists, ApiError
from llmcost_infra.openobserve.kinds.alert_template import PREBUILT, AlertTemplateKind
from llmcost_infra.openobserve.kinds.base import Found, Inputs
from llmcost_infra.openobserve.kinds.secret_text import take_out
from llmcost_infra.openobserve.objects.access import (
    join_id,
    split_id,
    without_secrets,
)
from llmcost_infra.openobserve.objects.named import Named
from llmcost_infra.openobserve.objects.shapes import AlertTemplateShape, AlertTemplatesShape
from llmcost_infra.openobserve.paths import api_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.openobserve.objects.access import Access

__all__ = ["AlertTemplates"]

_SHARING = "default"
"""The organization whose templates every other one sees, changes and deletes as its own."""


class AlertTemplates(Named):
    """Finds, makes, changes and removes templates (``/api/{org}/alerts/templates``).

    Writing is not atomic: the server has no lock for templates.
    """

    def __init__(self, access: Access) -> None:
        super().__init__(access, AlertTemplateKind())

    def read(self, id: str, known: Inputs | None) -> Found | None:  # noqa: A002 - Pulumi's word
        """Return the template, or None when it is gone."""
        organization, name = split_id(self.kind, id)
        own = [one for one in self._named(organization, name) if not _foreign(organization, one)]
        return self._found(organization, own[0], known or {}) if own else None

    def create(self, inputs: Inputs, urn: str) -> Found:
        """Make the template, unless every organization has one of that name from ``default``."""
        organization, name = split_id(self.kind, self.chosen_id(inputs, urn))
        if any(_foreign(organization, one) for one in self._named(organization, name)):
            raise AlreadyExists(
                f"The template {name} of the organization {_SHARING} is there for {organization} "
                "too; nothing was written.",
                hint="Refer to it by its name in a destination, or choose another name.",
            )
        path = api_path(organization, "alerts", "templates")
        return self._write(organization, inputs, lambda body: self._client.post(path, body))

    def update(self, current: Found, target: Inputs) -> Found:
        """Change the template; the next notification reads that way."""
        organization, name = split_id(self.kind, current.id)
        own = api_path(organization, "alerts", "templates", name)
        return self._write(organization, target, lambda body: self._client.put(own, body))

    def delete(self, id: str, inputs: Inputs) -> str | None:  # noqa: A002 - Pulumi's word
        """Remove the template; a destination that just left it may still hold it for a moment."""
        organization, name = split_id(self.kind, id)
        if self.read(id, inputs) is not None:
            # Else the server would take the shared one of that name.
            hint = "Give the destinations and alerts that use it another template, or remove them."
            path = api_path(organization, "alerts", "templates")
            self._access.remove(path, name, f"{hint} Then run this again.")
        return None

    def _names(self, organization: str) -> list[str]:
        # The server's own belong to nobody.
        own = [one.name for one in self._listed(organization) if not _foreign(organization, one)]
        return [name for name in own if not name.startswith(PREBUILT)]

    def _named(self, organization: str, name: str) -> list[AlertTemplateShape]:
        return [one for one in self._listed(organization) if one.name == name]

    def _listed(self, organization: str) -> list[AlertTemplateShape]:
        path = api_path(organization, "alerts", "templates")
        return self._access.lists.read(AlertTemplatesShape, path).items

    def _write(
        self, organization: str, inputs: Inputs, send: Callable[[dict[str, Any]], object]
    ) -> Found:
        secrets = inputs.get("secrets", {})
        body = self.kind.body(inputs, organization)
        try:
            with self._access.lists.changed(api_path(organization, "alerts", "templates")):
                send(body)
        except ApiError as error:
            raise without_secrets(error, secrets) from None
        return self._found(organization, AlertTemplateShape(**body), inputs)

    def _found(self, organization: str, template: AlertTemplateShape, known: Inputs) -> Found:
        body, secrets = take_out(template.body, known.get("body", ""), known.get("secrets", {}))
        inputs: Inputs = {
            "organization": organization,
            "name": template.name,
            "body": body,
            "type": template.type,
            "title": template.title,
            "secrets": secrets,
        }
        return Found(join_id(organization, template.name), self.kind.canonical(inputs))


def _foreign(organization: str, template: AlertTemplateShape) -> bool:
    return organization != _SHARING and bool(template.shared)
