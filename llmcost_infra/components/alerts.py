"""The alert pack: its alerts in their folder, and the routes that they are told on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi

from llmcost_infra.catalog import load_alerts, load_notification, render_alerts
from llmcost_infra.components.reporting import stack_secret, without_traceback
from llmcost_infra.errors import DeclarationError
from llmcost_infra.resources import Alert, AlertDestination, AlertTemplate, Folder, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from llmcost_infra.catalog import RenderedAlert
    from llmcost_infra.components.streams import LlmStreams
    from llmcost_infra.settings import Route, Settings

__all__ = ["CostAlerts"]

_UNHEARD: Final = "heartbeat"
"""The severity that may have no route: not everybody has something that waits for it."""
_ROUTING_KEY: Final = "routing_key"
_PAGERDUTY: Final = "https://events.pagerduty.com/v2/enqueue"
_SUBJECT: Final = "{title} in {environment} ({severity})"


class CostAlerts(pulumi.ComponentResource):
    """A folder with the alerts of a stack, a template and a destination for each of its routes.

    Args:
        name: Pulumi name.
        settings: routes, budget, streams and column profile.
        streams: the streams that the alerts read; None where another stack owns them.
        project: folder whose declarations override the shipped ones.
        opts: Pulumi options.

    Raises:
        pulumi.RunError: a declaration is wrong, a secret is missing, or an alert would tell nobody.
    """

    folder_id: pulumi.Output[str]
    """Id of the folder."""
    alert_ids: dict[str, pulumi.Output[str]]
    """Ids of the alerts by name."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        streams: LlmStreams | None,
        *,
        project: Path | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llmcost:index:CostAlerts", name, None, opts)
        self._name, self._settings, self._project = name, settings, project
        with without_traceback():
            alerts = render_alerts(load_alerts(project), settings)
            _refuse_unheard(alerts, settings)
            texts = {
                route.kind: load_notification(route.kind, project)
                for route in settings.routes.values()
            }
        folder = Folder(
            f"{name}-folder",
            name=settings.folder,
            folder_type="alerts",
            organization=settings.organization,
            opts=pulumi.ResourceOptions(parent=self),
        )
        destinations = {
            route_name: self._destination(route_name, route, texts[route.kind])
            for route_name, route in settings.routes.items()
        }
        self.folder_id = folder.folder_id
        self.alert_ids = {
            made.name: self._alert(made, folder, [destinations[one] for one in heard_on], streams)
            for alert in alerts
            for made, heard_on in _by_rows(alert, settings)
        }
        self.register_outputs({"folder_id": self.folder_id, "alert_ids": self.alert_ids})

    def _destination(self, route_name: str, route: Route, text: str) -> AlertDestination:
        settings, mail = self._settings, route.kind == "email"
        secret = stack_secret(route.secret) if route.secret else None
        inside = pulumi.ResourceOptions(parent=self)
        paged = route.kind == "pagerduty" and secret is not None
        template = AlertTemplate(
            f"{self._name}-{route_name}-template",
            name=settings.named(f"llm_cost_{route_name}"),
            body=text,
            type="email" if mail else "http",
            title=_SUBJECT if mail else None,
            secrets={_ROUTING_KEY: secret} if paged and secret is not None else None,
            organization=settings.organization,
            opts=inside,
        )
        return AlertDestination(
            f"{self._name}-{route_name}",
            name=settings.named(f"llm_cost_{route_name}"),
            template=template.name,
            type="email" if mail else "http",
            url=None if mail else (_PAGERDUTY if paged else secret),
            emails=[address.lower() for address in route.recipients] if mail else None,
            organization=settings.organization,
            opts=inside,
        )

    def _alert(
        self,
        alert: RenderedAlert,
        folder: Folder,
        destinations: list[AlertDestination],
        streams: LlmStreams | None,
    ) -> pulumi.Output[str]:
        made = Alert(
            f"{self._name}-{alert.name}",
            **alert.inputs,
            destinations=[destination.name for destination in destinations],
            folder=folder.folder_id,
            organization=self._settings.organization,
            source=Source(alert.file),
            # A stream has to be there, with all columns, before an alert can name it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[streams] if streams else None),
        )
        return made.alert_id


def _heard_on(alert: RenderedAlert, settings: Settings) -> list[str]:
    """Return the routes that take an alert."""
    if alert.routes is not None:
        return list(alert.routes)
    routes = settings.routes.items()
    return [name for name, route in routes if alert.severity in route.takes]


def _by_rows(alert: RenderedAlert, settings: Settings) -> Iterator[tuple[RenderedAlert, list[str]]]:
    """Yield an alert with its routes, and once more where two of them take different rows.

    Rows belong to the alert, and what Slack takes for one Teams does not.
    """
    heard_on = _heard_on(alert, settings)
    cards = [name for name in heard_on if settings.routes[name].kind == "teams"]
    if not any(settings.routes[name].kind == "slack" for name in heard_on):
        made = alert.with_card_rows() if cards else alert
        yield from [(made, heard_on)] * bool(heard_on)
        return
    yield alert, [name for name in heard_on if name not in cards]
    if cards:
        yield alert.with_card_rows("_teams"), cards


def _refuse_unheard(alerts: Iterable[RenderedAlert], settings: Settings) -> None:
    """Refuse alerts that would fire and tell nobody.

    Raises:
        DeclarationError: with the severities and their alerts.
    """
    lost: dict[str, list[str]] = {}
    for alert in alerts:
        if alert.severity != _UNHEARD and not _heard_on(alert, settings):
            lost.setdefault(alert.severity, []).append(alert.name)
    if lost:
        said = "; ".join(f"{severity} ({', '.join(names)})" for severity, names in lost.items())
        wanted = ", ".join(lost)
        raise DeclarationError(
            f"routes: none takes the alerts of severity {said}",
            path="llmcost:settings",
            hint=f"name {wanted} in severities of a route, beside what it takes already",
        )
