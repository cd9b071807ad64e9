"""Declarations: where a YAML file is found, and how it is read with every problem at its line.

YAML is read as JSON with comments: `yes`, `off` and dates stay text, a key appears once, and
a model decides what a value means.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NoReturn, TypeVar, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from llmcost_infra.errors import DeclarationError

try:
    from yaml import CBaseLoader as _Loader
except ImportError:  # pragma: no cover - PyYAML built without libyaml: slower, otherwise the same
    from yaml import BaseLoader as _Loader  # type: ignore[assignment] # same use, other class

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Document",
    "InvalidDeclaration",
    "KeyPath",
    "Kind",
    "Name",
    "Number",
    "Strict",
    "file",
    "find",
    "fitting",
    "load",
    "misplaced",
    "names",
    "nearest",
    "plain_scalar",
    "problems_of",
    "read",
    "roots",
    "single",
]

Kind = Literal["alerts", "contracts", "dashboards", "pipelines", "pricing"]
"""The folders of declarations."""

KeyPath = tuple[str | int, ...]
"""Where a value stands in a file: keys and list positions from the top."""

ModelT = TypeVar("ModelT", bound=BaseModel)

_PACKAGE: Final = Path(__file__).resolve().parent
_SUFFIX: Final = ".yaml"
_KEY: Final = "[key]"
"""Ends pydantic's location when a key itself is wrong, not its value."""


class Strict(BaseModel):
    """Base of every model of a declaration: nothing unknown, nothing converted, nothing changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def fitting(pattern: str, words: str) -> Any:
    """Return the field of a text that fits a pattern.

    Args:
        pattern: regular expression.
        words: what people read who wrote something else, here and in their editor.
    """
    if _FITTING.setdefault(pattern, words) != words:
        raise AssertionError(f"{pattern} has words already: {_FITTING[pattern]}")
    return Field(pattern=pattern, json_schema_extra={"patternErrorMessage": words})


_FITTING: Final[dict[str, str]] = {}
"""Pattern → words. A schema has no place for those of a key, and an error names the pattern."""

Name = Annotated[
    str, fitting(r"^[a-z][a-z0-9_]*$", "use lower-case letters, digits and _, a letter first")
]
"""Of an object or a column, as OpenObserve and SQL take it without quotes."""

Number = Annotated[
    str, fitting(r"^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$", 'write a number in quotes, like "2.5"')
]
"""Exact, so written as text; not below zero."""


class InvalidDeclaration(DeclarationError):  # noqa: N818 - it names what happened
    """All that is wrong with one file, each problem with its line.

    Args:
        problems: at least one problem, in the order of the file.
    """

    def __init__(self, problems: list[DeclarationError]) -> None:
        first = problems[0]
        super().__init__(first.message, path=first.path, line=first.line, hint=first.hint)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def roots(kind: Kind, project: Path | None = None) -> tuple[Path, ...]:
    """Return the folders that hold declarations of a kind, the first one winning.

    Args:
        kind: folder of declarations.
        project: a project whose own files of the same id override the shipped ones.
    """
    return tuple(folder for one in _bases(project) if (folder := one / kind).is_dir())


def single(name: str, project: Path | None = None) -> Path:
    """Return the file of a declaration that there is once, a project's own before the shipped one.

    Args:
        name: of the file without its ending.
        project: where an own one would stand.
    """
    candidates = [base / (name + _SUFFIX) for base in _bases(project)]
    return next((path for path in candidates if path.is_file()), candidates[-1])


def _bases(project: Path | None) -> list[Path]:
    shipped = _PACKAGE / "declarations_data"
    base = shipped if shipped.is_dir() else _PACKAGE.parent
    if project is None or project.resolve() == base:
        return [base]
    # Another checkout of this package, such as an older one, ships all that it has.
    own = (project / "llmcost_infra" / "declarations.py").is_file()
    return [project] if own else [project, base]


def file(kind: Kind, relative: str, project: Path | None = None) -> Path | None:
    """Return the file that stands for a relative path, a project's own before the shipped one."""
    candidates = (root / relative for root in roots(kind, project))
    return next((path for path in candidates if path.is_file()), None)


def names(kind: Kind, project: Path | None = None) -> list[str]:
    """Return the ids of all declarations of a kind, sorted."""
    return sorted({path.stem for root in roots(kind, project) for path in root.glob(f"*{_SUFFIX}")})


def find(kind: Kind, name: str, project: Path | None = None) -> Path:
    """Return the file that declares a name.

    Raises:
        DeclarationError: there is none; the nearest existing name is the hint.
    """
    found = file(kind, name + _SUFFIX, project)
    if found is None:
        known = names(kind, project)
        missing = (project or Path()) / kind / (name + _SUFFIX)
        raise DeclarationError(
            f"there is no declaration {name!r} in {kind}", path=missing, hint=nearest(name, known)
        )
    return found


def nearest(word: str, valid: list[str]) -> str:
    """Return the hint for a word that is none of the valid ones."""
    close = difflib.get_close_matches(word, valid, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"valid: {', '.join(valid)}" if valid else "none is valid here"


def misplaced(message: str, *at: str, hint: str = "") -> PydanticCustomError:
    """Return the error by which a model's own rule names the key below it that breaks the rule.

    Args:
        message: what is wrong.
        at: path of the key, relative to the model.
        hint: what to write instead.
    """
    # Braces would be read as placeholders by pydantic.
    context = {"at": at, "hint": hint, "said": message}
    return PydanticCustomError("declaration_rule", "{said}", context)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values, with the line of every key.

    Args:
        path: the file.
        data: mappings, lists, text, numbers, booleans and None.
        lines: 1-based line of each key or list item.
    """

    path: Path
    data: Any
    lines: Mapping[KeyPath, int] = field(repr=False)

    def line(self, at: KeyPath) -> int | None:
        """Return the line of a key, or of the nearest key above it that the file has."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at)

    def problem(self, at: KeyPath, message: str, hint: str = "") -> DeclarationError:
        """Return an error about the value at a path."""
        where = f"{'.'.join(map(str, at))}: " if at else ""
        return DeclarationError(f"{where}{message}", path=self.path, line=self.line(at), hint=hint)

    def parse(self, model: type[ModelT]) -> ModelT:
        """Return the file's content as a model.

        Raises:
            InvalidDeclaration: with every problem of the file.
        """
        try:
            return model.model_validate_json(json.dumps(self.data))
        except ValidationError as error:
            problems = [
                self.problem(at, message, hint) for at, message, hint in problems_of(error, model)
            ]
        raise InvalidDeclaration(sorted(problems, key=lambda problem: problem.line or 0))


def load(path: Path, model: type[ModelT]) -> ModelT:
    """Read a YAML file into a model.

    Raises:
        InvalidDeclaration: the file is not YAML, repeats a key, or does not fit the model.
    """
    return read(path).parse(model)


def read(path: Path) -> Document:
    """Read a YAML file as plain values with lines.

    Raises:
        InvalidDeclaration: it cannot be read, is not YAML, or repeats a key.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=_Loader)
    except OSError as error:
        raise _invalid(path, None, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _invalid(path, None, "is not UTF-8 text") from error
    except yaml.MarkedYAMLError as error:
        _refuse_yaml(path, error)
    except yaml.YAMLError as error:
        raise _invalid(path, None, f"is not YAML: {error}") from error
    if node is None:
        raise _invalid(path, 1, "is empty")
    builder = _Builder(path)
    data = builder.value(node, ())
    if builder.problems:
        raise InvalidDeclaration(builder.problems)
    return Document(path, data, builder.lines)


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[tuple[KeyPath, str, str]]:
    """Return what pydantic found as (path of keys in the file, message, hint)."""
    schema = model.model_json_schema()
    found: list[dict[str, Any]] = [dict(one) for one in error.errors(include_url=False)]
    # What is refused in a list does not make the list empty, though pydantic says so as well.
    refused = {one["loc"][:-1] for one in found}
    told = (one for one in found if one["type"] != "too_short" or one["loc"] not in refused)
    return [_explained(one, schema) for one in told]


_SAID: Final = {
    "missing": "is missing",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "too_short": "is empty",
    "string_too_short": "is empty",
    "string_type": "write text, in quotes",
}
"""Type of an error of pydantic → our words."""


def _explained(found: dict[str, Any], schema: dict[str, Any]) -> tuple[KeyPath, str, str]:
    """Say in a declaration's own terms what pydantic found."""
    context = found.get("ctx", {})
    at = _keys(found["loc"], schema)
    lowered = f"{found['msg'][:1].lower()}{found['msg'][1:]}"
    said, hint = _SAID.get(found["type"], lowered), ""
    match found["type"]:
        case "extra_forbidden":
            valid = sorted(_node(found["loc"][:-1], schema).get("properties", {}))
            said, hint = "unknown key", nearest(str(found["loc"][-1]), valid)
        case "string_pattern_mismatch":
            # What was written stays out of it: it may be a secret in the place of a secret's name.
            key = found["loc"][-1] == _KEY
            said = "is not valid as a key" if key else "is not valid here"
            hint = _FITTING.get(context["pattern"], f"it has to match {context['pattern']}")
        case "literal_error":
            valid = _choices(_node(found["loc"], schema))
            said, hint = _refused(found["input"], valid)
        case "union_tag_invalid":
            at = (*at, context["discriminator"].strip("'"))
            valid = context["expected_tags"].replace("'", "").split(", ")
            said, hint = _refused(context["tag"], valid)
        case "union_tag_not_found":
            at, said = (*at, context["discriminator"].strip("'")), "is missing"
        case "value_error":
            said = str(context["error"])
        case "declaration_rule":
            at, said, hint = (*at, *context["at"]), found["msg"], context["hint"]
        case _:
            pass
    return at, said, hint


def _refused(value: object, valid: list[str]) -> tuple[str, str]:
    return f"{value!r} is not valid here", nearest(str(value), valid)


def _keys(location: KeyPath, schema: dict[str, Any]) -> KeyPath:
    """Leave out of a pydantic location what names a union's member and no key of the file."""
    return tuple(
        segment
        for index, segment in enumerate(location)
        if segment != _KEY and not _names_member(_node(location[:index], schema))
    )


def _names_member(node: dict[str, Any]) -> bool:
    return "oneOf" in node or "anyOf" in node


def _node(location: KeyPath, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a JSON schema that a pydantic location leads to."""
    node = _resolved(schema, schema)
    for segment in location:
        node = _resolved(_child(node, segment), schema)
    return node


def _child(node: dict[str, Any], segment: str | int) -> dict[str, Any]:
    below: Any
    if "discriminator" in node:
        below = {"$ref": node["discriminator"]["mapping"].get(segment, "#")}
    elif "anyOf" in node:
        # A model with rules of its own is called function-after[rule(), Model].
        words = re.findall(r"\w+", str(segment))
        refs = (part for part in node["anyOf"] if "$ref" in part)
        below = next((part for part in refs if part["$ref"].rpartition("/")[2] in words), None)
    elif isinstance(segment, int):
        below = node.get("items", {})
    else:
        others = next(iter(node.get("patternProperties", {}).values()), None)
        others = node.get("additionalProperties", {}) if others is None else others
        below = node.get("properties", {}).get(segment, others)
    return cast("dict[str, Any]", below) if isinstance(below, dict) else {}


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        return cast("dict[str, Any]", schema.get("$defs", {}).get(name, {}))
    members = [part for part in node.get("anyOf", []) if part.get("type") != "null"]
    return _resolved(members[0], schema) if len(members) == 1 else node


def _choices(node: dict[str, Any]) -> list[str]:
    return [str(value) for value in node.get("enum", [node["const"]] if "const" in node else [])]


def _invalid(path: Path, line: int | None, message: str, hint: str = "") -> InvalidDeclaration:
    return InvalidDeclaration([DeclarationError(message, path=path, line=line, hint=hint)])


def _refuse_yaml(path: Path, error: yaml.MarkedYAMLError) -> NoReturn:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else None
    lines = path.read_text(encoding="utf-8").splitlines()[mark.line :] if mark else []
    tab = bool(lines) and lines[0].lstrip(" ").startswith("\t")
    hint = "indent with spaces; this line has a tab" if tab else ""
    raise _invalid(path, line, f"is not YAML: {error.problem or error.context}", hint) from error


class _Builder:
    """Turns YAML nodes into plain values and notes the line of every key."""

    def __init__(self, path: Path) -> None:
        self.problems: list[DeclarationError] = []
        self.lines: dict[KeyPath, int] = {(): 1}
        self._path = path
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, at: KeyPath) -> Any:
        if id(node) in self._seen:
            # The node stands at the anchor; the reader looks for the alias.
            self._refuse(at, node, "aliases are not read", "write the value out where it is used")
            return None
        self._seen.add(id(node))
        if node.tag not in _PLAIN_TAGS:
            self._refuse((), node, f"the tag {node.tag} is not read", "write plain YAML")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node, at)
        return str(node.value) if cast("yaml.ScalarNode", node).style else plain_scalar(node.value)

    def _mapping(self, node: yaml.MappingNode, at: KeyPath) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key, below in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse((), key, "a key must be a word", "")
            elif key.value in built:
                first = self.lines[(*at, key.value)]
                said = f"the key {key.value!r} stands twice"
                self._refuse((), key, said, f"first on line {first}")
            else:
                here = (*at, key.value)
                self.lines[here] = key.start_mark.line + 1
                built[key.value] = self.value(below, here)
        return built

    def _sequence(self, node: yaml.SequenceNode, at: KeyPath) -> list[Any]:
        for index, below in enumerate(node.value):
            self.lines[(*at, index)] = below.start_mark.line + 1
        return [self.value(below, (*at, index)) for index, below in enumerate(node.value)]

    def _refuse(self, at: KeyPath, node: yaml.Node, message: str, hint: str) -> None:
        line = self.lines[at] if at else node.start_mark.line + 1
        self.problems.append(DeclarationError(message, path=self._path, line=line, hint=hint))


_PLAIN_TAGS: Final = frozenset(f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str"))
_WORDS: Final[Mapping[str, bool | None]] = {
    "": None, "null": None, "~": None, "true": True, "false": False,
}  # fmt: skip
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


def plain_scalar(text: str) -> str | float | bool | None:
    """Return what an unquoted scalar is in JSON; any other text stays text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
