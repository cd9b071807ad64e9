"""Objects of kinds that a project cannot declare: they are found by name, so that none is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from llmcost_infra.errors import ApiError, NotFound, OrganizationNotFound
from llmcost_infra.openobserve.kinds.rules import maps
from llmcost_infra.openobserve.paths import api_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmcost_infra.openobserve import Client

__all__ = ["Left", "other_kinds"]


@dataclass(frozen=True, slots=True)
class Left:
    """Something that stays as it is, because a project cannot declare it or does not want to.

    Args:
        kind: in words, such as ``dashboard``.
        name: what people call it.
        why: what stands against it.
        next: what one can do about it, if anything.
        folder: id of the folder that it lies in, where that is known.
    """

    kind: str
    name: str
    why: str
    next: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class _OtherKind:
    """A kind of objects and the list that shows them.

    Args:
        kind: in words.
        path: of the list, within the organization.
        params: of the request.
        names: keys of an item, the first one that it has being its name.
    """

    kind: str
    path: tuple[str, ...]
    params: Mapping[str, str]
    names: tuple[str, ...] = ("name",)


_OTHERS: Final = (
    _OtherKind("enrichment table", ("streams",), {"type": "enrichment_tables"}),
    _OtherKind("pipeline destination", ("alerts", "destinations"), {"module": "pipeline"}),
    _OtherKind("saved view", ("savedviews",), {}, ("view_name",)),
    _OtherKind("report", ("reports",), {}),
    _OtherKind("action", ("actions",), {}),
)
_WHY: Final = "this provider does not manage objects of its kind"


def other_kinds(client: Client) -> list[Left]:
    """Return what the client's organization holds of other kinds.

    A list that the server does not have, because of its version or edition, holds nothing.
    """
    found: list[Left] = []
    for other in _OTHERS:
        path = api_path(client.organization, *other.path)
        try:
            answer = client.get(path, other.params)
        except (NotFound, OrganizationNotFound):
            continue
        except ApiError as error:
            found.append(Left(f"{other.kind}s", "all", error.message, error.hint))
            continue
        found += [Left(other.kind, name, _WHY) for name in _names(answer, other.names)]
    return found


def _names(answer: Any, keys: tuple[str, ...]) -> Iterator[str]:
    """Yield the names in a list, bare or in an envelope."""
    listed: Any = answer
    if isinstance(answer, dict):
        inside = cast("dict[str, Any]", answer).values()
        listed = [item for value in inside for item in maps(value)]
    for item in maps(listed):
        yield next((str(item[key]) for key in (*keys, "id") if item.get(key)), "without a name")
