"""Where in a project a program declares its resources, and in which order."""

from __future__ import annotations

import inspect
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost_infra.source import Source

if TYPE_CHECKING:
    import pulumi

__all__ = ["Places"]

_OURS = Path(__file__).resolve().parents[1]


class Places:
    """Notes every resource while its constructor runs.

    Args:
        folder: of the project; places outside of it are not told.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._noted: dict[tuple[str, str], tuple[int, Source | None]] = {}

    def note(self, args: pulumi.ResourceTransformationArgs) -> None:
        """Note a resource: where it says that it is from, else the line that is at work."""
        own = getattr(args.resource, "source", None)
        place = own if isinstance(own, Source) else self._line_at_work()
        self._noted.setdefault((args.type_, args.name), (len(self._noted), place))

    def of(self, type_: str, name: str) -> tuple[int, Source | None]:
        """Return a resource's number in the order of declaration, and its place."""
        return self._noted.get((type_, name), (len(self._noted), None))

    def _line_at_work(self) -> Source | None:
        """Return the innermost line of the project, whatever library was called from there."""
        frame = inspect.currentframe()
        while frame is not None:
            path = _path_in(self._folder, frame.f_code.co_filename)
            if path:
                return Source(path, frame.f_lineno)
            frame = frame.f_back
        return None


@cache
def _path_in(folder: Path, file: str) -> str:
    """Return a file's path in the project, or nothing for one that is not the project's own."""
    path = Path(file).resolve()
    own = path.is_relative_to(folder) and not path.is_relative_to(_OURS)
    if not own or "site-packages" in path.parts or not path.is_file():
        return ""
    return path.relative_to(folder).as_posix()
