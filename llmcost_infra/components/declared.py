"""Objects of OpenObserve that object files declare, as resources that refer to each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import pulumi

from llmcost_infra import resources
from llmcost_infra.catalog.object_files import KIND_FOLDERS, SecretName, load_objects
from llmcost_infra.components.reporting import stack_secret, without_traceback
from llmcost_infra.declarations import InvalidDeclaration, nearest
from llmcost_infra.resources import Folder, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmcost_infra.catalog.object_files import ObjectFile
    from llmcost_infra.errors import DeclarationError

__all__ = ["declare_objects"]

_DEFAULT: Final = "default"


def declare_objects(project: Path | None = None) -> Mapping[str, pulumi.CustomResource]:
    """Register every object that the files of ``objects/`` declare.

    Args:
        project: folder that holds ``objects/``; by default the folder of the program.

    Returns:
        The resources by the path of their file within ``objects/``, without its ending.

    Raises:
        pulumi.RunError: a file is wrong: every problem with its line; or a secret is not set.
    """
    with without_traceback():
        files = load_objects(project or Path.cwd())
        if problems := list(_dangling(files)):
            raise InvalidDeclaration(problems)
        declared = _Declared()
        for file in files:
            declared.add(file)
    return declared.resources


def _dangling(files: tuple[ObjectFile, ...]) -> Iterator[DeclarationError]:
    """Yield objects that lie in a folder which no file declares."""
    types = {one.name: one.inputs["folder_type"] for one in files if one.folder == "folders"}
    for file in files:
        folder = file.inputs.get("folder", _DEFAULT)
        if file.folder not in {"alerts", "dashboards"} or folder == _DEFAULT:
            continue
        if folder not in types:
            said = f"there is no file folders/{folder}.yaml"
            yield file.problem("folder", said, nearest(folder, [*types, _DEFAULT]))
        elif types[folder] != file.folder:
            yield file.problem("folder", f"{folder} is a folder of {types[folder]}")


class _Declared:
    """What is registered so far."""

    def __init__(self) -> None:
        self.resources: dict[str, pulumi.CustomResource] = {}
        self._named: dict[tuple[str, ...], pulumi.CustomResource] = {}

    def add(self, file: ObjectFile) -> None:
        """Register one object, after those that it refers to."""
        inputs = self._linked(file.folder, _with_secrets(file.inputs))
        made = cast(
            "pulumi.CustomResource",
            _class(file.folder)(
                file.name,
                **inputs,
                source=Source(file.path),
                opts=pulumi.ResourceOptions(depends_on=list(self._read_streams(file))),
            ),
        )
        self.resources[f"{file.folder}/{file.name}"] = made
        if "name" in file.inputs:
            self._named[_key(file.folder, file.inputs)] = made

    def _linked(self, folder: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """Return inputs that refer to resources where they name what is declared."""
        linked = dict(inputs)
        if folder in {"alerts", "dashboards"} and linked.get("folder", _DEFAULT) != _DEFAULT:
            lies_in = self.resources[f"folders/{linked['folder']}"]
            linked["folder"] = cast("Folder", lies_in).folder_id
        if folder in {"alerts", "destinations"} and "template" in linked:
            linked["template"] = self._name("templates", linked["template"])
        if folder == "alerts":
            linked["destinations"] = [
                self._name("destinations", one) for one in linked["destinations"]
            ]
            linked["stream_name"] = self._stream(linked)
        if folder == "pipelines":
            linked["nodes"] = {name: self._node(node) for name, node in linked["nodes"].items()}
        return linked

    def _node(self, node: dict[str, Any]) -> dict[str, Any]:
        if node["type"] == "function":
            return {**node, "name": self._name("functions", node["name"])}
        return {**node, "stream_name": self._stream(node)} if node["type"] == "stream" else node

    def _stream(self, inputs: Mapping[str, Any]) -> pulumi.Input[str]:
        return self._name("streams", inputs["stream_type"], inputs["stream_name"])

    def _name(self, folder: str, *key: str) -> pulumi.Input[str]:
        """Return the name of a resource of ours, or that of an object which others own."""
        found = self._named.get((folder, *key))
        return key[-1] if found is None else cast("Any", found).name

    def _read_streams(self, file: ObjectFile) -> Iterator[pulumi.CustomResource]:
        """Yield the declared streams that the panels and variables of a dashboard read."""
        if file.folder != "dashboards":
            return
        reads = {(one["stream_type"], one["stream"]) for one in _reading(file.inputs)}
        for stream_type, name in sorted(reads):
            if (found := self._named.get(("streams", stream_type, name))) is not None:
                yield found


def _reading(value: Any) -> Iterator[dict[str, str]]:
    """Yield the parts of a dashboard that name a stream."""
    if isinstance(value, dict):
        inside = cast("dict[str, Any]", value)
        if isinstance(inside.get("stream"), str) and isinstance(inside.get("stream_type"), str):
            yield inside
        for inner in inside.values():
            yield from _reading(inner)
    elif isinstance(value, list | tuple):
        for item in cast("list[Any]", value):
            yield from _reading(item)


def _with_secrets(value: Any) -> Any:
    """Return inputs with the values of the secrets that they name."""
    if isinstance(value, SecretName):
        return stack_secret(value.name)
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: _with_secrets(inner) for key, inner in items}
    if isinstance(value, list | tuple):
        return [_with_secrets(item) for item in cast("list[Any]", value)]
    return value


def _key(folder: str, inputs: Mapping[str, Any]) -> tuple[str, ...]:
    if folder == "streams":
        return folder, inputs["stream_type"], inputs["name"]
    return folder, inputs["name"]


def _class(folder: str) -> Any:
    return getattr(resources, KIND_FOLDERS[folder].rpartition(":")[2])
