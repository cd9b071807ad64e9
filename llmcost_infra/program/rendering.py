"""What a program would put on the server, as files that a reviewer can read.

The bytes depend on the program and its stack alone: keys are sorted, and nothing in them is a time
or an id that the server would choose.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.errors import DeclarationError
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.openobserve.kinds.rules import entries, maps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.program.registered import Program, Registered

__all__ = ["RenderedObject", "Rendering", "kind_of", "render"]

_IN_THE_ADDRESS: Final = frozenset({"folder", "folder_type", "stream_type"})


@dataclass(frozen=True, slots=True)
class RenderedObject:
    """One object as the server would get it.

    Args:
        kind: what it is, e.g. ``dashboard``.
        resource: what the program registered.
        beside: inputs that are not in its body: where it goes, and what becomes of it.
        files: path in the output folder to text; the first one is the body.
    """

    kind: str
    resource: Registered
    beside: Mapping[str, Any]
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rendering:
    """All objects of a stack.

    Args:
        project: name of the Pulumi project.
        stack: name of the stack.
        objects: by kind and name.
        others: resource → why it is not rendered.
    """

    project: str
    stack: str
    objects: tuple[RenderedObject, ...]
    others: tuple[tuple[Registered, str], ...]

    def files(self) -> dict[str, str]:
        """Return every file, sorted by path."""
        found = {path: text for one in self.objects for path, text in one.files.items()}
        return dict(sorted(found.items()))

    def as_json(self) -> dict[str, Any]:
        """Return what is rendered, from where, and what is not in the bodies."""
        return {
            "project": self.project,
            "stack": self.stack,
            "objects": [
                {
                    "kind": one.kind,
                    "name": one.resource.name,
                    "urn": one.resource.urn,
                    "source": one.resource.source and asdict(one.resource.source),
                    "beside": dict(one.beside),
                    "files": list(one.files),
                }
                for one in self.objects
            ],
            "not_rendered": [
                {"type": one.type, "name": one.name, "why": why} for one, why in self.others
            ],
        }


def render(program: Program) -> Rendering:
    """Return the bodies of all objects that a program would make.

    Raises:
        InvalidDeclaration: the provider would refuse some of them; all of that.
    """
    if problems := list(_problems(program)):
        raise InvalidDeclaration(problems)
    rendered: list[RenderedObject] = []
    others: list[tuple[Registered, str]] = []
    taken: set[str] = set()
    for resource in sorted(program.resources, key=lambda one: (one.type, one.name, one.urn)):
        why = _why_not(resource)
        if why is None:
            try:
                rendered.append(_rendered(resource, taken))
                continue
            except (AttributeError, LookupError, TypeError, ValueError):
                if not resource.unknown:
                    raise
                why = f"{', '.join(resource.unknown)}: known only during an update"
        if why:
            others.append((resource, why))
    return Rendering(program.project, program.stack, tuple(rendered), tuple(others))


def kind_of(resource: Registered) -> str:
    """Return what a resource is in a word, e.g. ``dashboard``, ``model_price_table``."""
    name = resource.type.rpartition(":")[2]
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _problems(program: Program) -> Iterator[DeclarationError]:
    for resource in program.resources:
        for problem in resource.problems:
            yield DeclarationError(
                f"{kind_of(resource)} {resource.name!r}: {problem.path}: {problem.message}",
                path=resource.source.path if resource.source else f"Pulumi.{program.stack}.yaml",
                line=resource.source.line if resource.source else None,
            )


def _why_not(resource: Registered) -> str | None:
    """Return why a resource has no file: nothing to say for components, None if it has one."""
    if resource.read:
        return "looked up, not managed"
    if resource.type in KINDS:
        return None
    return "of another provider" if resource.custom else ""


def _rendered(resource: Registered, taken: set[str]) -> RenderedObject:
    kind = KINDS[resource.type]
    inputs = dict(resource.inputs)
    # What a text takes from its secrets then stays ${secret:NAME}.
    inputs.pop("secrets", None)
    body = kind.body(inputs, str(inputs["organization"]))
    beside = kind.replace_on | kind.local_only | _IN_THE_ADDRESS
    name = kind_of(resource)
    stem = _free(f"{name}/{_file_name(resource.name)}", taken)
    return RenderedObject(
        name,
        resource,
        {key: inputs[key] for key in sorted(beside & inputs.keys())},
        {
            f"{stem}.json": _json(body),
            **dict(sorted(_texts(name, stem, inputs, body))),
        },
    )


def _texts(kind: str, stem: str, inputs: Inputs, body: Inputs) -> Iterator[tuple[str, str]]:
    """Yield the programs in a body once more, as files of their own that one can read."""
    if kind == "function":
        yield f"{stem}.vrl", _ended(body["function"])
    for tab_id, tab in entries(inputs.get("tabs")).items() if kind == "dashboard" else ():
        for panel_id, panel in entries(tab.get("panels")).items():
            start = f"{stem}/{_file_name(tab_id)}/{_file_name(panel_id)}"
            if panel.get("query"):
                yield f"{start}.sql", _ended(panel["query"])
            for number, query in enumerate(maps(panel.get("extra_queries")), start=2):
                if query.get("query"):
                    yield f"{start}.{number}.sql", _ended(query["query"])


def _json(body: Inputs) -> str:
    return json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _file_name(name: str) -> str:
    """Return a name as every file system takes it."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".")
    return plain or "_"


def _free(stem: str, taken: set[str]) -> str:
    """Return a path that no other object has; some file systems know no upper case."""
    free, number = stem, 2
    while free.lower() in taken:
        free, number = f"{stem}-{number}", number + 1
    taken.add(free.lower())
    return free
