"""Alert templates as stored: those of an organization, of `default`, and the prebuilt ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.local.organizations import DEFAULT
from llmcost_infra.local.recorded import prebuilt_templates

if TYPE_CHECKING:
    from llmcost_infra.local.server import Server

__all__ = ["KIND", "find", "home_of", "list_templates", "shown"]

KIND = "templates"


def home_of(server: Server, org: str, name: str) -> str | None:
    """Return the organization whose template a name means: this one's, else that of `default`."""
    for home in (org, DEFAULT):
        if server.objects.get(home, KIND, name):
            return home
    return None


def find(server: Server, org: str, name: str) -> dict[str, Any] | None:
    """Return the template that a name means in an organization, as the server shows it."""
    home = home_of(server, org, name)
    if home is not None:
        return shown(home, server.objects.get(home, KIND, name) or {})
    return next((item for item in prebuilt_templates() if item["name"] == name), None)


def list_templates(server: Server, org: str) -> list[dict[str, Any]]:
    """Return every template that an organization sees, sorted by name."""
    seen = {item["name"]: item for item in prebuilt_templates()}
    for home in (DEFAULT, org):
        for template in server.objects.list(home, KIND):
            seen[template["name"]] = shown(home, template)
    return [seen[name] for name in sorted(seen)]


def shown(home: str, template: dict[str, Any]) -> dict[str, Any]:
    """Return a template as the server shows it."""
    return {
        "name": template["name"],
        "body": template["body"],
        "isDefault": True if home == DEFAULT else None,
        "type": template["type"],
        "title": template["title"] if template["type"] == "email" else "",
    }
