"""Changed dashboards in a folder of their own on a real server, to be looked at before a merge."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from llmcost_infra.errors import DeclarationError, NotFound
from llmcost_infra.openobserve.objects import stores
from llmcost_infra.openobserve.objects.shapes import DashboardsShape, FolderShape, FoldersShape
from llmcost_infra.openobserve.paths import api_path, api_path_v2
from llmcost_infra.review.objects import inputs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta

    from llmcost_infra.openobserve import Client
    from llmcost_infra.program import Program
    from llmcost_infra.review.changes import Change

__all__ = ["FOLDER", "Preview", "put_previews", "sweep"]

FOLDER: Final = re.compile(r"pr-[1-9][0-9]*")
"""How a folder of previews is called; no other is ever written to or removed."""

_MARK: Final = "Previews of llmcost review, written "
_DASHBOARD, _FOLDER = "openobserve:index:Dashboard", "openobserve:index:Folder"


@dataclass(frozen=True, slots=True)
class Preview:
    """A dashboard that can be opened.

    Args:
        title: its title.
        address: where.
    """

    title: str
    address: str


def put_previews(  # noqa: PLR0913 - a place, a change and a time
    client: Client,
    folder: str,
    program: Program,
    changes: Iterable[Change],
    now: datetime,
    *,
    prefix: str = "",
) -> tuple[Preview, ...]:
    """Make a folder hold the dashboards that a change adds or changes, and nothing else.

    Another run writes over what it finds, so that links stay.

    Args:
        client: of the server and organization.
        folder: name of the folder, such as ``pr-12``.
        program: what the stack registers with the change.
        changes: what the review found in the stack.
        now: UTC; `sweep` tells by it how old the folder is.
        prefix: of names of the stack.

    Raises:
        DeclarationError: somebody else made a folder of that name.
        OpenObserveError: the server refuses or does not answer.
    """
    touched = {
        change.finding.subject.resource: change.finding.subject
        for change in changes
        if change.finding.subject.parts[0][0] == "dashboard"
    }
    # The dashboards of teams have the same titles: their names in a review are different.
    wanted = [
        {**inputs, "title": subject.parts[0][1]}
        for subject in touched.values()
        if (inputs := inputs_of(program, subject, prefix)) is not None
    ]
    if not wanted:
        return ()
    folder_id = _folder(client, folder, now)
    titles = {str(one["title"]) for one in wanted}
    for dashboard_id, title in _dashboards(client, folder_id):
        if title not in titles:
            client.delete(api_path(client.organization, "dashboards", dashboard_id))
    return tuple(_put(client, folder_id, inputs) for inputs in wanted)


def sweep(client: Client, older_than: timedelta, now: datetime) -> Iterator[str]:
    """Remove folders of previews that nobody wrote to for a time, and yield their names.

    Args:
        client: of the server and organization.
        older_than: since the last write.
        now: UTC.

    Raises:
        OpenObserveError: the server refuses or does not answer.
    """
    for one in sorted(_folders(client), key=lambda found: found.name):
        written = _written(one)
        if written is None or now - written < older_than:
            continue
        for dashboard_id, _ in _dashboards(client, one.folder_id):
            client.delete(api_path(client.organization, "dashboards", dashboard_id))
        client.delete(_path(client, one.folder_id))
        yield one.name


def _folder(client: Client, name: str, now: datetime) -> str:
    """Return the id of the folder, made or marked as written now."""
    there = next((one for one in _folders(client) if one.name == name), None)
    if there is not None and _written(there) is None:
        raise DeclarationError(
            f"somebody else made the folder {name} in {client.organization}",
            path="--preview-folder",
            hint="Rename that folder, or look at what is in it and remove it.",
        )
    inputs = {
        "organization": client.organization,
        "folder_type": "dashboards",
        "name": name,
        "description": f"{_MARK}{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    store, urn = stores(client)[_FOLDER], f"llmcost review::{name}"
    if there is None:
        return str(store.create(inputs, urn).computed["folder_id"])
    client.put(_path(client, there.folder_id), store.kind.body(inputs, client.organization))
    return there.folder_id


def _put(client: Client, folder_id: str, inputs: dict[str, Any]) -> Preview:
    store = stores(client)[_DASHBOARD]
    placed = {**inputs, "organization": client.organization, "folder": folder_id}
    target = store.kind.canonical(placed)
    found = store.find(target, "")
    made = store.update(found, target) if found else store.create(target, "")
    asked = {
        "org_identifier": client.organization,
        "dashboard": made.computed["dashboard_id"],
        "folder": folder_id,
    }
    address = f"{client.url}/web/dashboards/view?{urlencode(asked)}"
    return Preview(str(inputs["title"]), address)


def _folders(client: Client) -> list[FolderShape]:
    found = client.read(FoldersShape, _path(client)).items
    return [one for one in found if FOLDER.fullmatch(one.name)]


def _dashboards(client: Client, folder_id: str) -> Iterator[tuple[str, str]]:
    """Yield id and title of the dashboards of a folder."""
    path = api_path(client.organization, "dashboards")
    try:
        listed = client.read(DashboardsShape, path, {"folder": folder_id}).dashboards
    except NotFound:
        return
    for one in listed:
        body = one.body
        yield str(one.dashboard_id or body.get("dashboardId")), str(body.get("title"))


def _written(folder: FolderShape) -> datetime | None:
    """Return when `put_previews` last wrote to a folder; None for somebody else's."""
    if not folder.description.startswith(_MARK):
        return None
    try:
        return datetime.fromisoformat(folder.description.removeprefix(_MARK))
    except ValueError:
        return None


def _path(client: Client, *folder_id: str) -> str:
    return api_path_v2(client.organization, "folders", "dashboards", *folder_id)
