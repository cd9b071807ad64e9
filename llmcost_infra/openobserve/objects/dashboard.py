"""Dashboards over REST: found by title in a folder, changed under their hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import Conflict, NotFound, OpenObserveError
from llmcost_infra.openobserve.answers import checked
from llmcost_infra.openobserve.kinds.base import Found, Inputs, Kind
from llmcost_infra.openobserve.kinds.dashboard import DashboardKind
from llmcost_infra.openobserve.kinds.dashboard_body import fold_dashboard, unfold_dashboard
from llmcost_infra.openobserve.kinds.dashboard_upgrade import NotUpgradable, upgraded
from llmcost_infra.openobserve.objects.access import CHANGED, join_id, organization_in, split_id
from llmcost_infra.openobserve.objects.in_folder import InFolder, folder_of
from llmcost_infra.openobserve.objects.shapes import DashboardShape, DashboardsShape, FoldersShape
from llmcost_infra.openobserve.paths import api_path, api_path_v2

if TYPE_CHECKING:
    from llmcost_infra.openobserve.objects.access import Access

__all__ = ["Dashboards"]

_STAMPS = ("created", "owner")
"""What the server would set anew if an update left it out."""


class Dashboards(InFolder):
    """Finds, makes, changes, moves and removes dashboards (``/api/{org}/dashboards``)."""

    def __init__(self, access: Access) -> None:
        self.kind: Kind = DashboardKind()
        self._access = access
        self._client = access.client
        # Where each dashboard was when all were listed: where to look first.
        self._listed_in: dict[str, str] = {}

    def chosen_id(self, inputs: Inputs, urn: str) -> str:  # noqa: ARG002 - the protocol's words
        """Return nothing: the server chooses the id."""
        return ""

    def ids(self, organization: str) -> list[str]:
        """Return the ids of all dashboards of an organization, sorted."""
        path = api_path_v2(organization, "folders", "dashboards")
        folders = {one.folder_id for one in self._access.lists.read(FoldersShape, path).items}
        # The default folder is not listed until somebody made it.
        found = {
            join_id(organization, _id_of(listed)): folder
            for folder in folders | {"default"}
            for listed in self._list(organization, folder=folder)
        }
        self._listed_in |= found
        return sorted(found)

    def find(self, inputs: Inputs, urn: str) -> Found | None:  # noqa: ARG002 - the protocol's words
        """Return the dashboard with the same title in the same folder; an equal one first."""
        organization, folder = organization_in(inputs, self._client), folder_of(inputs)
        twins = [
            self._found(organization, folder, listed, inputs)
            for listed in self._list(organization, folder=folder)
            if listed.body.get("title") == inputs["title"]
        ]
        wanted = self.kind.canonical(inputs)
        return min(twins, key=lambda twin: twin.inputs != wanted, default=None)

    def read(self, id: str, known: Inputs | None) -> Found | None:  # noqa: A002 - Pulumi's word
        """Return the dashboard, or None when it is gone."""
        organization, dashboard_id = split_id(self.kind, id)
        try:
            path = api_path(organization, "dashboards", dashboard_id)
            dashboard = self._client.read(DashboardShape, path)
        except NotFound:
            return None
        guess = folder_of(known) if known else self._listed_in.get(id, folder_of({}))
        folder = self._folder_of(organization, dashboard_id, dashboard, guess)
        return None if folder is None else self._found(organization, folder, dashboard, known)

    def create(self, inputs: Inputs, urn: str) -> Found:  # noqa: ARG002 - the protocol's words
        """Make the dashboard; the server would make another one each time."""
        organization, folder = organization_in(inputs, self._client), folder_of(inputs)
        path = api_path(organization, "dashboards")
        try:
            with self._access.lists.changed(path):
                answer = self._client.post(path, fold_dashboard(inputs), {"folder": folder})
        except NotFound as error:
            raise _no_folder(error, folder) from None
        made = checked(DashboardShape, answer, f"POST {path}")
        return self._found(organization, folder, made, inputs)

    def delete(self, id: str, inputs: Inputs) -> str | None:  # noqa: A002, ARG002 - the protocol's words
        """Remove the dashboard."""
        organization, dashboard_id = split_id(self.kind, id)
        try:
            with self._access.lists.changed(api_path(organization, "dashboards")):
                self._client.delete(api_path(organization, "dashboards", dashboard_id))
        except NotFound:
            pass  # Somebody else did it.
        return None

    def _put(self, current: Found, target: Inputs) -> Found:
        organization, dashboard_id = split_id(self.kind, current.id)
        folder = folder_of(current.inputs)
        path = api_path(organization, "dashboards", dashboard_id)
        body = {**fold_dashboard(target), **current.facts, "dashboardId": dashboard_id}
        lock = {"folder": folder, "hash": current.lock or ""}
        try:
            with self._access.lists.changed(api_path(organization, "dashboards")):
                answer = self._client.put(path, body, lock)
        except (Conflict, NotFound) as error:  # not found: it is in another folder now
            error.hint = CHANGED
            raise
        return self._found(
            organization, folder, checked(DashboardShape, answer, f"PUT {path}"), target
        )

    def _move(self, found: Found, folder: str) -> None:
        organization, dashboard_id = split_id(self.kind, found.id)
        try:
            with self._access.lists.changed(api_path(organization, "dashboards")):
                self._client.put(
                    api_path(organization, "folders", "dashboards", dashboard_id),
                    {"from": folder_of(found.inputs), "to": folder},
                )
        except NotFound as error:
            raise _no_folder(error, folder) from None

    def _folder_of(
        self, organization: str, dashboard_id: str, dashboard: DashboardShape, guess: str
    ) -> str | None:
        """Return where a dashboard is, which it does not say itself."""
        if any(_id_of(listed) == dashboard_id for listed in self._list(organization, folder=guess)):
            return guess
        title = dashboard.body.get("title", "")
        listed = self._list(organization, title=title)
        return next((one.folder_id for one in listed if _id_of(one) == dashboard_id), None)

    def _list(self, organization: str, **params: str) -> list[DashboardShape]:
        path = api_path(organization, "dashboards")
        try:
            return self._access.lists.read(DashboardsShape, path, params).dashboards
        except NotFound:
            return []

    def _found(
        self, organization: str, folder: str, dashboard: DashboardShape, known: Inputs | None
    ) -> Found:
        body = _present(dashboard)
        dashboard_id: str = body["dashboardId"]
        inputs = unfold_dashboard(body, known)
        return Found(
            join_id(organization, dashboard_id),
            self.kind.canonical({"organization": organization, "folder": folder, **inputs}),
            {"dashboard_id": dashboard_id},
            lock=dashboard.hash,
            facts={key: body[key] for key in _STAMPS if body.get(key)},
        )


def _present(dashboard: DashboardShape) -> dict[str, Any]:
    """Return the body in the present schema version, as the UI would show it.

    Raises:
        OpenObserveError: it is in another form.
    """
    try:
        return upgraded(dashboard.body, dashboard.version)
    except NotUpgradable as error:
        raise OpenObserveError(
            f"The dashboard {dashboard.body.get('title', '')!r} is stored in schema version "
            f"{dashboard.version}, and {error}.",
            hint="Open it in the UI and save it once: that turns it into the present form.",
        ) from None


def _id_of(listed: DashboardShape) -> str:
    return listed.dashboard_id or str(listed.body.get("dashboardId", ""))


def _no_folder(error: NotFound, folder: str) -> NotFound:
    return NotFound(
        error.status,
        error.server_message,
        request=error.request,
        hint=f"There is no dashboard folder with the id {folder!r}: declare a Folder and pass its "
        "folder_id, not its name.",
    )
