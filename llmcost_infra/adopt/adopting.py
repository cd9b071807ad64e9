"""From an organization to the files of a project, and what a person has to know about it."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.adopt.declaring import object_files
from llmcost_infra.adopt.naming import named, slug
from llmcost_infra.adopt.organization import Object, label
from llmcost_infra.adopt.other_kinds import Left
from llmcost_infra.adopt.project import IMPORT_FILE, PAGE, page, project_files
from llmcost_infra.adopt.secrets import Vault
from llmcost_infra.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from llmcost_infra.adopt.naming import Twins
    from llmcost_infra.adopt.organization import Organization
    from llmcost_infra.adopt.secrets import Secret

__all__ = ["Adoption", "Place", "adopt", "refuse_existing", "write"]

_DEFAULT: Final = "default"
_IN_FOLDERS: Final = frozenset({"alerts", "dashboards"})
_MAKE_STACK: Final = "pulumi stack init "
_SET: Final = "pulumi config set --secret "


@dataclass(frozen=True, slots=True)
class Place:
    """Where objects come from and what the project is called.

    Args:
        url: address of the server.
        user: who provisions.
        organization: identifier.
        stack: name of the stack.
    """

    url: str
    user: str
    organization: str
    stack: str

    @property
    def project(self) -> str:
        """Name of the Pulumi project."""
        return slug(f"openobserve-{self.organization}", "openobserve")

    @property
    def version(self) -> str:
        """The release of this package that wrote the project."""
        return version("llmcost-infra")


@dataclass(frozen=True, slots=True)
class Adoption:
    """What came of it.

    Args:
        counts: number of adopted objects by the folder of their kind.
        secrets: what the stack's configuration has to hold.
        left: what was not adopted, and why.
        twins: objects that share a name, and what each is called now.
        steps: what to type next, in the folder.
        files: text of each file by its path in the folder.
    """

    counts: Mapping[str, int]
    secrets: tuple[Secret, ...]
    left: tuple[Left, ...]
    twins: Twins
    steps: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict[str, str], repr=False)

    def with_secrets_set(self, place: Place, moment: datetime) -> Adoption:
        """Return it as it is once the stack is there and has the secrets of its objects."""
        done = {f"{_MAKE_STACK}{place.stack}", *(f"{_SET}{one.name}" for one in self.secrets)}
        rest = replace(self, steps=tuple(step for step in self.steps if step not in done))
        return replace(rest, files={**self.files, PAGE: page(rest, place, moment)})

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts, without the secrets' values."""
        return {
            "adopted": dict(self.counts),
            "files": sorted(self.files),
            "secrets": [{"name": one.name, "what": one.what} for one in self.secrets],
            "left": [
                {"kind": one.kind, "name": one.name, "why": one.why, "next": one.next}
                for one in self.left
            ],
            "twins": self.twins,
            "steps": list(self.steps),
        }


def adopt(organization: Organization, place: Place, moment: datetime) -> Adoption:
    """Return a project that declares what an organization holds.

    Args:
        organization: as it was read.
        place: where, and what the stack is called.
        moment: when it was read.
    """
    resources, twins = named(organization.objects)
    folders = {one.key: name for name, one in resources if one.folder == "folders"}
    vault = Vault()
    taken = [
        (name, one, vault.take(one.folder, name, _by_name(one, folders))) for name, one in resources
    ]
    declared: list[tuple[str, Object]] = []
    files: dict[str, str] = {}
    left = list(organization.left)
    lying = {_DEFAULT}  # folders that objects may lie in; they come before what is in them
    for name, one, inputs in taken:
        written = object_files(one.folder, name, inputs)
        if why := _why_not(one, lying, list(vault.shown_in("\n".join(written.values())))):
            left.append(_left(one, name, *why))
            continue
        files |= written
        declared.append((name, one))
        lying |= {one.key} if one.folder == "folders" else set()
    secrets = vault.of({(one.folder, name) for name, one in declared})
    adoption = Adoption(
        dict(Counter(one.folder for _, one in declared)),
        secrets,
        tuple(left),
        twins,
        tuple(_steps(place, secrets)),
    )
    adoption.files.update({**project_files(adoption, place, declared, moment), **files})
    return adoption


def refuse_existing(folder: Path) -> None:
    """Make sure that a folder is free to be written.

    Raises:
        DeclarationError: there is something at that place.
    """
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if os.path.lexists(folder):
        raise DeclarationError(
            "is there already, and not empty; nothing was written",
            path=folder,
            hint="Name a new or an empty folder with --out.",
        )


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write files into a folder, which is made if need be."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def _by_name(one: Object, folders: Mapping[str, str]) -> dict[str, Any]:
    """Return inputs in which the folder is the name of its file instead of an id."""
    inside = one.inputs.get("folder", _DEFAULT)
    if one.folder not in _IN_FOLDERS or inside == _DEFAULT:
        return one.inputs
    return {**one.inputs, "folder": folders.get(inside, inside)}


def _why_not(one: Object, lying: set[str], shown: Sequence[str]) -> tuple[str, str] | None:
    """Return why an object is left, and what one can do about it; None if it is declared."""
    if one.folder in _IN_FOLDERS and one.inputs.get("folder", _DEFAULT) not in lying:
        return "its folder is not adopted", "See why the folder is not."
    if not shown:
        return None
    said = f"its text shows a secret in the open: {', '.join(shown)}"
    return said, "Take it out of the text in the UI, then adopt it."


def _left(one: Object, name: str, why: str, next_: str) -> Left:
    called = str(one.inputs.get("name") or one.inputs.get("title") or name)
    return Left(label(one.folder), called, why, next_, str(one.inputs.get("folder", "")))


def _steps(place: Place, secrets: Sequence[Secret]) -> list[str]:
    """Return what to type, in the folder of the project, after its environment is there."""
    return [
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
        "source .venv/bin/activate",
        f"{_MAKE_STACK}{place.stack}",
        f"{_SET}openobserve:password",
        *(f"{_SET}{one.name}" for one in secrets),
        f"pulumi import --file {IMPORT_FILE} --generate-code=false --protect=false --yes",
        "pulumi preview --expect-no-changes",
    ]
