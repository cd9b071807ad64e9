"""A Pulumi project's files: the program, and the configuration of one stack without its secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.declarations import InvalidDeclaration, nearest, read
from llmcost_infra.errors import DeclarationError
from llmcost_infra.program.registered import SECRET
from llmcost_infra.provider.configuration import problems
from llmcost_infra.provider.values import UNKNOWN
from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmcost_infra.declarations import Document, KeyPath

__all__ = ["Stack", "read_stack", "stack_names"]

_PROJECT = "Pulumi.yaml"
_PROVIDER = "openobserve"
_SETTINGS = "llmcost:settings"
"""As every project may write it, whatever it is called."""
_OF_A_TYPED_KEY = frozenset({"description", "items", "secret", "type"})


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack of a project, as its files describe it.

    Args:
        folder: of ``Pulumi.yaml``.
        project: name of the project.
        name: of the stack.
        working_folder: in which the engine runs the program.
        program: file or folder, relative to the working folder.
        config: ``namespace:key`` to the text that a program gets; ``[secret]`` for what is
            encrypted, which nobody decrypts here.
        secret: keys whose value is secret as a whole or in part.
        document: the stack's file.
    """

    folder: Path
    project: str
    name: str
    working_folder: Path
    program: str
    config: Mapping[str, str]
    secret: frozenset[str]
    document: Document

    def settings(self) -> Settings:
        """Return the settings of the stack.

        Raises:
            DeclarationError: it has none, or something is wrong with them; with file and line.
        """
        text = self.config.get(f"{self.project}:settings", self.config.get(_SETTINGS))
        if text is None:
            raise self.document.problem(("config",), f"has no {self.project}:settings")
        try:
            return Settings.from_mapping(json.loads(text))
        except InvalidDeclaration as error:
            raise InvalidDeclaration([self.placed(one) for one in error.problems]) from error

    def provider_problems(self) -> Iterator[DeclarationError]:
        """Yield what is wrong with ``openobserve:*``, with file and line; secrets are not read."""
        given = {
            name: UNKNOWN if key in self.secret else text
            for key, text in self.config.items()
            for namespace, _, name in [key.partition(":")]
            if namespace == _PROVIDER
        }
        for problem in problems(given):
            key, (said, _, hint) = f"{_PROVIDER}:{problem.path}", problem.message.partition("; ")
            line = self.document.line(("config", key))
            yield DeclarationError(f"{key}: {said}", path=self.document.path, line=line, hint=hint)

    def placed(self, problem: DeclarationError) -> DeclarationError:
        """Return a problem with its file as seen from here; one about settings with its line."""
        if str(problem.path) != _SETTINGS:
            path, inside = Path(problem.path), self.folder.resolve()
            if path.is_relative_to(inside):
                path = self.folder / path.relative_to(inside)
            return DeclarationError(
                problem.message, path=path, line=problem.line, hint=problem.hint
            )
        own = self.document.data["config"]
        keys = (f"{self.project}:settings", "settings", _SETTINGS)
        start: KeyPath = ("config", next((key for key in keys if key in own), keys[0]))
        dotted = problem.message.partition(": ")[0].split(".")
        at = (*start, *(int(part) if part.isdecimal() else part for part in dotted))
        return DeclarationError(
            problem.message,
            path=self.document.path,
            line=self.document.line(at),
            hint=problem.hint,
        )


def read_stack(folder: Path, name: str) -> Stack:
    """Read a project's files for one stack.

    Args:
        folder: of ``Pulumi.yaml``.
        name: of the stack, alone or as ``organization/project/stack``.

    Raises:
        DeclarationError: there is no such stack, a file is wrong, or the program is not in Python.
    """
    project = _mapping(read(folder / _PROJECT))
    name = name.rpartition("/")[2]
    document = read(_stack_file(folder, project, name))
    _mapping(document)
    project_name = str(project.data.get("name"))
    values = _qualified(_defaults(project.data.get("config")), project_name)
    values |= _qualified(_config(document), project_name)
    working_folder, program = _program(folder, project)
    return Stack(
        folder,
        project_name,
        name,
        working_folder,
        program,
        {key: _text(_without_secrets(value)) for key, value in values.items()},
        frozenset(key for key, value in values.items() if _without_secrets(value) != value),
        document,
    )


def _mapping(document: Document) -> Document:
    if not isinstance(document.data, dict):
        raise document.problem((), "must be a map")
    return document


def _stack_file(folder: Path, project: Document, name: str) -> Path:
    files = folder / str(project.data.get("stackConfigDir", ""))
    path = files / f"Pulumi.{name}.yaml"
    if path.is_file():
        return path
    hint = nearest(name, _names_in(files))
    raise DeclarationError(f"there is no stack {name!r} in this project", path=path, hint=hint)


def stack_names(folder: Path) -> list[str]:
    """Return the stacks of a project that have a file, sorted.

    Args:
        folder: of ``Pulumi.yaml``.

    Raises:
        DeclarationError: there is no such file, or it is wrong.
    """
    project = _mapping(read(folder / _PROJECT))
    return _names_in(folder / str(project.data.get("stackConfigDir", "")))


def _names_in(files: Path) -> list[str]:
    return sorted(
        one.name.removeprefix("Pulumi.").removesuffix(".yaml")
        for one in files.glob("Pulumi.*.yaml")
    )


def _config(document: Document) -> dict[str, Any]:
    config: Any = document.data.get("config") or {}
    if not isinstance(config, dict):
        raise document.problem(("config",), "must be a map")
    return cast("dict[str, Any]", config)


def _defaults(config: Any) -> dict[str, Any]:
    """Return what a project says for all its stacks: values, or keys with a type and a default."""
    found: dict[str, Any] = {}
    for key, value in cast("dict[str, Any]", config or {}).items():
        typed: Mapping[str, Any] = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        if given := [typed[word] for word in ("value", "default") if word in typed]:
            found[key] = given[0]
        elif not typed or not typed.keys() <= _OF_A_TYPED_KEY:
            found[key] = value
    return found


def _qualified(config: Mapping[str, Any], project: str) -> dict[str, Any]:
    return {key if ":" in key else f"{project}:{key}": value for key, value in config.items()}


def _without_secrets(value: Any) -> Any:
    """Return a value of the configuration with a placeholder for what is encrypted in it."""
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        if set(items) == {"secure"}:
            return SECRET
        return {key: _without_secrets(below) for key, below in items.items()}
    if isinstance(value, list):
        return [_without_secrets(below) for below in value]  # pyright: ignore[reportUnknownVariableType] # JSON
    return value


def _text(value: Any) -> str:
    """Return a value as a program gets it: text as it is, all else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _program(folder: Path, project: Document) -> tuple[Path, str]:
    runtime: Any = project.data.get("runtime")
    if isinstance(runtime, dict):
        runtime = cast("dict[str, Any]", runtime).get("name")
    if runtime != "python":
        raise project.problem(("runtime",), f"{runtime!r} programs are not read, only python ones")
    path = folder / str(project.data.get("main") or ".")
    if path.is_file():
        return path.parent, path.name
    if (path / "__main__.py").is_file():
        return path, "."
    raise project.problem(("main",), f"there is no program in {path}", "write its __main__.py")
