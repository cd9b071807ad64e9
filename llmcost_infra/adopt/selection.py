"""What a project takes of an organization: all that somebody made, or folders and their routes."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from llmcost_infra.adopt.other_kinds import Left
from llmcost_infra.declarations import nearest
from llmcost_infra.errors import DeclarationError
from llmcost_infra.openobserve.kinds.stream import StreamKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from llmcost_infra.adopt.organization import Object, Organization

__all__ = ["in_folders", "whole"]

_DEFAULT: Final = "default"
_IN_FOLDERS: Final = frozenset({"alerts", "dashboards"})
_IDENTITY: Final = frozenset({"name", "stream_type"})
_MOST_NAMED: Final = 5
_WORD: Final = re.compile(r"[A-Za-z_]\w*")


def whole(organization: Organization) -> Organization:
    """Return all of an organization but the streams that nobody set anything on or refers to.

    There is nothing to manage about those, and there may be thousands: each metric is a stream. Of
    the columns of the others those are declared that a statement reads, because a panel or an alert
    on a column that is not there shows nothing.
    """
    read = _words_by_stream(organization.objects)
    kept: list[Object] = []
    plain: dict[str, list[str]] = defaultdict(list)
    for one in organization.objects:
        if one.folder != "streams":
            kept.append(one)
            continue
        stream = (one.inputs["stream_type"], one.inputs["name"])
        if stream in read:
            kept.append(_with_columns(one, read[stream]))
        elif one.inputs.keys() == _IDENTITY:
            plain[stream[0]].append(stream[1])
        else:
            kept.append(one)
    left = [
        Left(
            f"{len(names)} {stream_type} {'streams' if len(names) > 1 else 'stream'}",
            ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else ""),
            "nothing was set there, and nothing that is adopted refers to it",
        )
        for stream_type, names in sorted(plain.items())
    ]
    return replace(organization, objects=tuple(kept), left=(*organization.left, *left))


def _words_by_stream(objects: Iterable[Object]) -> dict[tuple[str, str], set[str]]:
    """Return every word that stands in an object which names a stream, by type and name of it."""
    words: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in objects:
        if one.folder != "streams" and (named := set(_streams(one.inputs))):
            inside = set(_WORD.findall(str(one.inputs)))
            for stream in named:
                words[stream] |= inside
    return words


def _with_columns(stream: Object, words: set[str]) -> Object:
    """Return a stream that declares those of its columns which are among these words."""
    kind = StreamKind()
    fields = {
        name: column
        for name, column in stream.columns.items()
        if name in words and not kind.problems({**stream.inputs, "fields": {name: column}})
    }
    return replace(stream, inputs={**stream.inputs, "fields": fields}) if fields else stream


def in_folders(organization: Organization, names: Sequence[str]) -> Organization:
    """Return what lies in some folders: dashboards and alerts, and the routes of those alone.

    Streams, functions, pipelines and prices belong to the whole organization; a route that alerts
    of other folders use belongs to them as well. Both are referred to by their names.

    Args:
        organization: as it was read.
        names: of folders, as people see them.

    Raises:
        DeclarationError: there is no folder of a name.
    """
    known: dict[str, set[str]] = defaultdict(set, {_DEFAULT: {_DEFAULT}})
    for one in organization.objects:
        if one.folder == "folders":
            known[one.inputs["name"]].add(one.key)
    for name in names:
        if name not in known:
            raise DeclarationError(
                f"the organization {organization.name} has no folder {name!r}",
                path="--folder",
                hint=nearest(name, sorted(known)),
            )
    keys = {key for name in names for key in known[name]}
    inside = [one for one in organization.objects if _lies_in(one, keys)]
    outside = [one for one in organization.objects if not _lies_in(one, keys)]
    routes, shared = _routes(organization.objects, inside, outside)
    # What could not be read does not say where it lies: it is told rather than lost.
    left = [
        one
        for one in organization.left
        if one.folder in keys or (not one.folder and f"{one.kind}s" in _IN_FOLDERS)
    ]
    return replace(organization, objects=(*inside, *routes), left=(*left, *shared))


def _lies_in(one: Object, keys: set[str]) -> bool:
    if one.folder == "folders":
        return one.key in keys
    return one.folder in _IN_FOLDERS and one.inputs.get("folder", _DEFAULT) in keys


def _routes(
    objects: Iterable[Object], inside: Sequence[Object], outside: Sequence[Object]
) -> tuple[list[Object], list[Left]]:
    """Return destinations and templates that only alerts inside use, and those that others use."""
    by_name = {
        (one.folder, one.inputs["name"]): one
        for one in objects
        if one.folder in {"destinations", "templates"}
    }
    used = _used_by(inside, by_name)
    elsewhere = _used_by([one for one in outside if one.folder == "alerts"], by_name)
    # A destination that stays keeps its template.
    staying = [one for key, one in by_name.items() if key[0] == "destinations" and key not in used]
    elsewhere |= _used_by(staying, by_name)
    shared = [
        Left(
            key[0][:-1],
            key[1],
            "alerts of other folders use it as well",
            "The project refers to it by its name.",
        )
        for key in sorted(used & elsewhere)
    ]
    return [by_name[key] for key in sorted(used - elsewhere)], shared


def _used_by(
    objects: Iterable[Object], by_name: dict[tuple[str, str], Object]
) -> set[tuple[str, str]]:
    """Return the destinations and templates that objects refer to, directly or by another one."""
    found: set[tuple[str, str]] = set()
    for one in objects:
        names = [("destinations", name) for name in one.inputs.get("destinations", [])]
        names += [("templates", one.inputs["template"])] if one.inputs.get("template") else []
        known = [key for key in names if key in by_name]
        found |= {*known, *_used_by((by_name[key] for key in known), by_name)}
    return found


def _streams(value: Any) -> Iterator[tuple[str, str]]:
    """Yield type and name of each stream that an object names."""
    if isinstance(value, dict):
        inside = cast("dict[str, Any]", value)
        name = inside.get("stream_name") or inside.get("stream")
        if isinstance(name, str) and isinstance(inside.get("stream_type"), str):
            yield inside["stream_type"], name
        for inner in inside.values():
            yield from _streams(inner)
    elif isinstance(value, list | tuple):
        for item in cast("list[Any]", value):
            yield from _streams(item)
