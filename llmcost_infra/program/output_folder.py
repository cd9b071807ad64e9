"""Writes what was rendered into a folder, and never touches what somebody else put there."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import DeclarationError

if TYPE_CHECKING:
    from llmcost_infra.program.rendering import Rendering

__all__ = ["MANIFEST", "Written", "write"]

MANIFEST = "rendered.json"
"""Says which files of the folder are ours, where each object comes from, and where it goes."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a run did to the folder.

    Args:
        files: how many files there are now, the manifest among them.
        changed: those that are new or have other bytes than before.
        removed: those of an earlier run that no longer belong.
    """

    files: int
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def write(rendering: Rendering, folder: Path) -> Written:
    """Make a folder hold what was rendered and nothing of an earlier run.

    Args:
        rendering: the objects.
        folder: new, empty, or one that an earlier run filled.

    Raises:
        DeclarationError: the folder, or a file in the way, is not ours; nothing was written.
    """
    own = _own_files(folder)
    # The manifest first: what a run that is killed leaves behind is known to the next one as ours.
    files = {MANIFEST: _manifest(rendering), **rendering.files()}
    for name in files:
        path = folder / name
        if name not in own and (path.exists() or path.is_symlink()):
            raise _foreign(path, "is not a file of an earlier render")
        if not path.resolve().is_relative_to(folder.resolve()):
            raise _foreign(path, "leads out of the folder")
    removed = sorted(name for name in own - files.keys() if (folder / name).is_file())
    for name in removed:
        _remove(folder, name)
    changed = [name for name, text in files.items() if _put(folder / name, text)]
    return Written(len(files), tuple(sorted(changed)), tuple(removed))


def _own_files(folder: Path) -> set[str]:
    """Return what earlier runs wrote into the folder."""
    if not folder.exists():
        return set()
    if not folder.is_dir():
        raise _foreign(folder, "is not a folder")
    if not any(folder.iterdir()):
        return set()
    try:
        manifest: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        listed = [name for one in manifest["objects"] for name in one["files"]]
    except (OSError, ValueError, LookupError, TypeError):
        raise _foreign(folder, "is not empty, and no earlier render filled it") from None
    inside = folder.resolve()
    return {MANIFEST} | {
        name
        for name in listed
        # Whoever edits the manifest must not make us remove a file somewhere else.
        if isinstance(name, str) and (folder / name).resolve().is_relative_to(inside)
    }


def _manifest(rendering: Rendering) -> str:
    return json.dumps(rendering.as_json(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _put(path: Path, text: str) -> bool:
    """Write a file unless it is as it should be; say whether it was written."""
    data = text.encode()
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return True


def _remove(folder: Path, name: str) -> None:
    path = folder / name
    path.unlink()
    with suppress(OSError):  # not empty
        for parent in path.relative_to(folder).parents:
            if parent != Path():
                (folder / parent).rmdir()


def _foreign(path: Path, said: str) -> DeclarationError:
    return DeclarationError(
        f"{said}; nothing was written", path=path, hint="Name a new or an empty folder with --out."
    )
