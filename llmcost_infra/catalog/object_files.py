"""Object files: every object of an organization as YAML, with its texts in files of their own.

``objects/<kind>/<name>.yaml`` holds the inputs of one resource. Where it may hold a text, it may
name a file, ``{file: name/panel.sql}``; where it may hold a secret, ``{secret: name}`` names one of
the stack's configuration. Objects refer to each other by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from llmcost_infra.declarations import Document, InvalidDeclaration, KeyPath, nearest, read
from llmcost_infra.errors import DeclarationError
from llmcost_infra.openobserve.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from llmcost_infra.openobserve.kinds.base import Inputs, Kind

__all__ = [
    "FOLDER",
    "KIND_FOLDERS",
    "SECRETS",
    "TEXTS",
    "ObjectFile",
    "SecretName",
    "load_objects",
    "replaced",
]

FOLDER: Final = "objects"
"""Folder of a project that holds its object files."""

_TOKEN: Final = "openobserve:index:"  # noqa: S105 - starts type tokens
KIND_FOLDERS: Final[Mapping[str, str]] = {
    "folders": f"{_TOKEN}Folder",
    "streams": f"{_TOKEN}Stream",
    "functions": f"{_TOKEN}Function",
    "pipelines": f"{_TOKEN}Pipeline",
    "dashboards": f"{_TOKEN}Dashboard",
    "templates": f"{_TOKEN}AlertTemplate",
    "destinations": f"{_TOKEN}AlertDestination",
    "alerts": f"{_TOKEN}Alert",
    "prices": f"{_TOKEN}ModelPriceTable",
    "accounts": f"{_TOKEN}ServiceAccount",
}
"""The folder of each kind, by type token of what is in it, in the order of dependence."""

_PANEL_TEXTS: Final = ("query", "vrl_function_query")
_PANEL: Final = "tabs.*.panels.*"
TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "alerts": (
        "query_condition.sql",
        "query_condition.promql",
        "query_condition.vrl_function",
        "row_template",
    ),
    "dashboards": (
        *(f"{_PANEL}.{key}" for key in _PANEL_TEXTS),
        *(f"{_PANEL}.extra_queries.*.{key}" for key in _PANEL_TEXTS),
        f"{_PANEL}.markdown_content",
        f"{_PANEL}.html_content",
        f"{_PANEL}.custom_chart_content",
    ),
    "functions": ("function",),
    "pipelines": ("nodes.*.query_condition.sql",),
    "templates": ("body",),
}
"""Where objects of a kind hold a text that may be a file; ``*`` is one key or list item."""
SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    "alerts": ("context_attributes.*",),
    "destinations": ("headers.*", "metadata.*", "url"),
    "functions": ("secrets.*",),
    "templates": ("secrets.*",),
}
"""Where objects of a kind may hold a secret."""

_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[]+)")


@dataclass(frozen=True, slots=True)
class SecretName:
    """Stands for a secret of the stack's configuration.

    Args:
        name: its key, without the project's.
    """

    name: str


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """An object as its file declares it.

    Args:
        folder: the kind's folder, such as ``dashboards``.
        name: of the file without its ending; the resource's name.
        path: of the file, relative to the project.
        inputs: with texts read, and with `SecretName` where a secret is named.
        document: the file, for the lines of mistakes.
    """

    folder: str
    name: str
    path: str
    inputs: Inputs
    document: Document = field(repr=False)

    @property
    def kind(self) -> Kind:
        """What class of objects it belongs to."""
        return KINDS[KIND_FOLDERS[self.folder]]

    def problem(self, path: str, message: str, hint: str = "") -> DeclarationError:
        """Return an error about the value at a property path."""
        return self.document.problem(_steps(path), message, hint)


def load_objects(project: Path) -> tuple[ObjectFile, ...]:
    """Return the object files of a project, in the order in which objects depend on each other.

    Args:
        project: folder that holds ``objects/``.

    Raises:
        InvalidDeclaration: with every problem of every file.
    """
    root = project / FOLDER
    problems: list[DeclarationError] = list(_misplaced(root))
    loaded: list[ObjectFile] = []
    for folder in KIND_FOLDERS:
        for path in sorted((root / folder).glob("*.yaml")):
            try:
                loaded.append(_load(folder, path, project))
            except InvalidDeclaration as error:
                problems += error.problems
    if problems:
        raise InvalidDeclaration(problems)
    return tuple(loaded)


def _misplaced(root: Path) -> Iterator[DeclarationError]:
    if not root.is_dir():
        hint = "`llmcost adopt` writes one from what an organization holds."
        yield DeclarationError("there is no such folder", path=root, hint=hint)
        return
    for path in sorted(root.iterdir()):
        if path.name not in KIND_FOLDERS and not path.name.startswith("."):
            yield DeclarationError(
                "is no folder of a kind", path=path, hint=nearest(path.name, list(KIND_FOLDERS))
            )


def _load(folder: str, path: Path, project: Path) -> ObjectFile:
    """Read one file.

    Raises:
        InvalidDeclaration: with every problem of the file.
    """
    document = read(path)
    inputs: Any = document.data
    if not isinstance(inputs, dict):
        raise InvalidDeclaration([document.problem((), "must be a map of the object's inputs")])
    problems: list[DeclarationError] = []

    def text(value: Any, at: KeyPath) -> Any:
        name = _marked(value, "file")
        if name is None:
            return value
        try:
            return _text(path.parent, name)
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) else error
            problems.append(document.problem(at, f"the file {name} cannot be read: {said}"))
            return None

    for pattern in TEXTS.get(folder, ()):
        inputs = replaced(inputs, pattern, text)
    for pattern in SECRETS.get(folder, ()):
        inputs = replaced(inputs, pattern, lambda value, _at: _secret(value))
    relative = path.relative_to(project).as_posix()
    found = ObjectFile(folder, path.stem, relative, cast("Inputs", inputs), document)
    problems += _problems(found)
    if problems:
        raise InvalidDeclaration(sorted(problems, key=lambda problem: problem.line or 0))
    return found


def _problems(found: ObjectFile) -> Iterator[DeclarationError]:
    """Yield what the kind's rules say; a secret is not known here, and nothing is said of it."""
    kind = found.kind
    for problem in kind.problems(kind.defaults(_without_secrets(found.inputs))):
        yield found.problem(problem.path, problem.message)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, SecretName):
        return None
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: _without_secrets(inner) for key, inner in items}
    if isinstance(value, list | tuple):
        return [_without_secrets(item) for item in cast("list[Any]", value)]
    return value


def replaced(value: Any, pattern: str, change: Callable[[Any, KeyPath], Any]) -> Any:
    """Return a value with another one at each path that a pattern means.

    Args:
        value: JSON.
        pattern: dotted path in which ``*`` stands for one key or list item.
        change: gets the value that is there, and its path.
    """
    return _replaced(value, pattern.split("."), change, ())


def _replaced(
    value: Any, pattern: list[str], change: Callable[[Any, KeyPath], Any], at: KeyPath
) -> Any:
    if not pattern:
        return change(value, at)
    head, rest = pattern[0], pattern[1:]
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value).items()
        return {
            key: _replaced(inner, rest, change, (*at, key)) if head in {"*", key} else inner
            for key, inner in known
        }
    if not isinstance(value, list | tuple):
        return value
    items = cast("list[Any]", value)
    if head != "*":
        return items
    return [_replaced(item, rest, change, (*at, index)) for index, item in enumerate(items)]


def _text(folder: Path, name: str) -> str:
    """Return the text of a file without the line end that closes it.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not text, or not within the folder.
    """
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError("it is outside of the folder of its kind")
    try:
        return path.read_bytes().decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None


def _secret(value: Any) -> Any:
    name = _marked(value, "secret")
    return value if name is None else SecretName(name)


def _marked(value: Any, word: str) -> str | None:
    """Return what a map of one key says, if that key is the word."""
    if isinstance(value, dict) and cast("dict[str, Any]", value).keys() == {word}:
        name = cast("dict[str, Any]", value)[word]
        return name if isinstance(name, str) and name else None
    return None


def _steps(path: str) -> KeyPath:
    """Return a property path as keys and list positions."""
    return tuple(int(index) if index else key for index, key in _STEP.findall(path))
