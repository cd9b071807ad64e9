"""What lies on a server under a prefix, read over REST, and how it is removed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.objects import stores
from llmcost_infra.openobserve.paths import api_path, api_path_v2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmcost_infra.openobserve.client import Client

__all__ = ["Held", "census", "held", "sweep"]


@dataclass(frozen=True)
class _List:
    """How objects are listed.

    Args:
        path: after the organization.
        items: key of the objects in the answer; empty: it is them.
        id: key of an object's id.
        name: key of its name.
        version: of the API.
        params: query.
        above: what stands between organization and id in a Pulumi id.
    """

    path: str
    items: str
    id: str
    name: str = "name"
    version: int = 1
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    above: str = ""


def _folders(of: str) -> _List:
    return _List(f"folders/{of}", "list", "folderId", version=2, above=of)


def _streams(of: str) -> _List:
    return _List("streams", "list", "name", params={"type": of, "fetchSchema": "false"}, above=of)


HOLDERS_FIRST: dict[str, tuple[_List, ...]] = {
    "Alert": (_List("alerts", "list", "alert_id", version=2),),
    "Dashboard": (_List("dashboards", "dashboards", "dashboard_id", "title"),),
    "Pipeline": (_List("pipelines", "list", "pipeline_id"),),
    "Folder": (_folders("alerts"), _folders("dashboards")),
    "AlertDestination": (_List("alerts/destinations", "", "name", params={"module": "alert"}),),
    "AlertTemplate": (_List("alerts/templates", "", "name"),),
    "Function": (_List("functions", "list", "name"),),
    "Stream": (_streams("logs"), _streams("metrics"), _streams("traces")),
    "ModelPriceTable": (_List("llm/models", "", "name"),),
    "ServiceAccount": (_List("service_accounts", "data", "email", "email"),),
}
"""How each kind is listed, in an order in which nothing is removed that something still uses."""


@dataclass(frozen=True)
class Held:
    """One object on a server; of a model price table, one row.

    Args:
        kind: name of its kind.
        id: its Pulumi id.
        name: what people call it.
    """

    kind: str
    id: str
    name: str


def held(client: Client, prefix: str, kind: str) -> Iterator[Held]:
    """Yield the objects of a kind whose names start so."""
    for way in HOLDERS_FIRST[kind]:
        path = (api_path, api_path_v2)[way.version - 1](client.organization, *way.path.split("/"))
        # Only a list by title looks into every folder; other lists do not look at it.
        answer = client.get(path, {**way.params, "title": prefix})
        for row in _with_hidden(answer[way.items] if way.items else answer):
            if row[way.name].startswith(prefix):
                parts = (client.organization, way.above, row[way.id])
                yield Held(kind, _id_of(kind, parts), row[way.name])


def census(client: Client, prefix: str, *kinds: str) -> Counter[str]:
    """Count the objects of these kinds, or of every kind, whose names start so."""
    return Counter(
        one.kind for kind in kinds or HOLDERS_FIRST for one in held(client, prefix, kind)
    )


def sweep(client: Client, prefix: str) -> int:
    """Remove every object whose name starts so, streams with their rows; returns how many.

    Raises:
        OpenObserveError: the server does not let go of one.
        ValueError: a prefix so short that it may be somebody else's.
    """
    if not prefix.endswith("_") or len(prefix) < len("t1234_"):
        raise ValueError(f"{prefix!r} is no prefix to remove things by")
    every = {token.rpartition(":")[2]: store for token, store in stores(client).items()}
    removed = 0
    for kind in HOLDERS_FIRST:
        for one in list(held(client, prefix, kind)):
            every[kind].delete(one.id, {"on_destroy": "delete", "models": {one.name: {}}})
            removed += 1
    return removed


def _id_of(kind: str, parts: tuple[str, ...]) -> str:
    """Return a Pulumi id; model prices have that of their table, which is the organization."""
    return parts[0] if kind == "ModelPriceTable" else "/".join(part for part in parts if part)


def _with_hidden(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield rows, and those of model prices that other ones hide."""
    for row in rows:
        yield row
        yield from _with_hidden(row.get("children") or [])
