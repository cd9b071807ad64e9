"""Names of resources and files: readable, unique, and the same for the same organization."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost_infra.adopt.organization import Object

__all__ = ["Twins", "key_of", "named", "slug", "unique"]

_LONGEST: Final = 60
_OTHERS: Final = re.compile(r"[^\w.-]+|_{2,}")
_LABELS: Final = ("name", "title", "email")
_TOLD_APART_BY: Final[Mapping[str, str]] = {
    "folders": "folder_type",
    "streams": "stream_type",
    "dashboards": "folder",
    "alerts": "folder",
}

Twins = dict[str, list[str]]
"""Names that several objects of a kind have, as ``kind/name``, and what each is called now."""


def slug(text: str, otherwise: str) -> str:
    """Return a text as part of a file name: small letters, no spaces, nothing that leads away.

    Args:
        text: what people call something.
        otherwise: for a text of which nothing is left.
    """
    kept = _OTHERS.sub("-", unicodedata.normalize("NFC", text).casefold())
    return kept[:_LONGEST].strip("-._") or otherwise


def key_of(*words: str) -> str:
    """Return a name of a secret: letters and digits without accents, and a letter first."""
    plain = unicodedata.normalize("NFKD", "_".join(words)).encode("ascii", "ignore").decode()
    key = re.sub(r"\W+", "_", plain).strip("_").casefold()
    return key if key[:1].isalpha() else f"secret_{key}".rstrip("_")


def unique(name: str, taken: set[str], joint: str = "-") -> str:
    """Return the name, numbered if it is taken, and take it.

    Args:
        name: the wanted one.
        taken: names that there are already.
        joint: what stands before the number.
    """
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}{joint}{number}"
    taken.add(found)
    return found


def named(objects: Sequence[Object]) -> tuple[list[tuple[str, Object]], Twins]:
    """Return each object with the name of its resource, and which objects share a name.

    Objects that share one are told apart by their folder or type, and by a number in the order of
    their ids if that is the same as well.
    """
    folders = {one.key: str(one.inputs["name"]) for one in objects if one.folder == "folders"}
    by_kind: dict[str, list[Object]] = defaultdict(list)
    for one in objects:
        by_kind[one.folder].append(one)
    found: list[tuple[str, Object]] = []
    twins: Twins = {}
    for kind, those in by_kind.items():
        wanted = _wanted(kind, sorted(those, key=lambda one: one.id), folders)
        taken = {"default"} if kind == "folders" else set[str]()
        same: Twins = defaultdict(list)
        for name, one in wanted:
            resource = unique(name, taken)
            found.append((resource, one))
            same[name].append(resource)
        twins |= {f"{kind}/{name}": names for name, names in same.items() if len(names) > 1}
    return found, twins


def _wanted(
    kind: str, those: Sequence[Object], folders: Mapping[str, str]
) -> list[tuple[str, Object]]:
    """Return each object of a kind with the name that it would have if it were alone."""
    names = [slug(_called(one), kind[:-1]) for one in those]
    count = Counter(names)
    apart = kind in _TOLD_APART_BY
    return [
        (slug(f"{name}-{_apart(one, folders)}", name) if apart and count[name] > 1 else name, one)
        for name, one in zip(names, those, strict=True)
    ]


def _called(one: Object) -> str:
    return next((str(one.inputs[key]) for key in _LABELS if one.inputs.get(key)), one.folder)


def _apart(one: Object, folders: Mapping[str, str]) -> str:
    value = str(one.inputs.get(_TOLD_APART_BY[one.folder], "default"))
    return folders.get(value, value)
